"""An estimate as a document."""

from __future__ import annotations

from collections.abc import Mapping

from edgesym.analysis.estimate import Estimate
from edgesym.analysis.uncertainty import Uncertain
from edgesym.catalogue import REGISTRY
from edgesym.document.nodes import (
    Amount,
    Cell,
    Column,
    Document,
    Facts,
    Mark,
    Section,
    Table,
    Text,
    table,
)
from edgesym.symbols import describe
from edgesym.units import human

__all__ = ["estimate_document", "estimate_rows"]

#: Quantities whose uncertainty is told, and what they are called.
_TOLD = {
    "time_to_first_token": "the first token",
    "time_per_output_token": "the time per token",
    "energy_per_token": "the energy",
}
#: Quantities whose interval is told beside the rows that it stands on.
_RANGES = {
    "time_to_first_token": "first token",
    "time_per_output_token": "per token",
    "tokens_per_second": "or",
}
#: The smallest share that is told: of a step's time, and of a variance.
_SHORTEST, _SMALLEST = 0.0005, 0.005

Row = tuple[str, Cell]


def estimate_document(found: Estimate) -> Document:
    """The findings, and where their uncertainty comes from."""
    setup = found.setup
    blocks = (
        Text(setup.describe()),
        Facts((*estimate_rows(found), *_stands(found))),
        Section("", (Facts(tuple(_uncertainty(found.uncertain))),), detail=True),
    )
    return Document(setup.title, blocks, found.as_json, lambda: _records(found))


def estimate_rows(found: Estimate) -> list[Row]:
    """A label and a sentence for each finding."""
    setup, numbers = found.setup, found.quantities

    def shown(name: str) -> Amount:
        return Amount(numbers[name], REGISTRY[name].unit, found.std(name))

    once: list[Cell] = []
    if "load_time" in numbers:
        once += ["loading from storage ", shown("load_time")]
    if "transfer_time" in numbers:
        once += [", " if once else "", "copying to the device ", shown("transfer_time")]
    energy: Cell = "no energy figures"
    if "energy_per_token" in numbers:
        each, all_ = shown("energy_per_token"), shown("generation_energy")
        energy = (each, " per token, ", all_, " for all of them")
    spoken = f" for prompt and {setup.run.generate} tokens"
    change, factor = found.helps_most
    drafts: list[Row] = [("draft", _draft(found))] if setup.run.draft else []
    return [
        ("memory", _memory(found)),
        *([("on the host", _on_host(found))] if found.left_on_host is not None else []),
        *drafts,
        ("once", tuple(once) or "no storage figure"),  # type: ignore[arg-type]
        ("first token", shown("time_to_first_token")),
        ("per token", (shown("time_per_output_token"), ", ", shown("tokens_per_second"))),
        ("generation", (shown("generation_time"), spoken)),
        ("energy", energy),
        ("bound by", _bound(found)),
        ("helps most", (f"{change}: ", Amount(factor, form=".2f"), " times as fast")),
    ]


def _stands(found: Estimate) -> list[Row]:
    """What 90 % of measurements should lie within, and the rows that the fit stands on."""
    fits = found.setup.fits
    if not fits:
        return []
    told: list[Cell] = []
    for name, label in _RANGES.items():
        if name in found.uncertain:
            low, high = (Amount(end, REGISTRY[name].unit) for end in found.uncertain[name].interval)
            told += [", " if told else "", f"{label} ", low, " to ", high]
    stands = "; ".join(dict.fromkeys(part.fit.stands for part in fits))
    return [
        ("90 % within", tuple(told)),  # type: ignore[arg-type]
        ("stands on", stands),
    ]


def _memory(found: Estimate) -> Cell:
    """The footprint, whether it fits, and what it is made of."""
    numbers, size = found.quantities, found.memory_size
    footprint, held = numbers["memory_footprint"], found.setup.runtime.memory is not None
    sure = found.fits and not found.tight and not found.setup.lower_bound
    kept = found.memory_reserve
    reserve: str | Amount = "unknown" if kept is None else Amount(kept, "B")
    verdict = Mark(found.verdict, "good" if sure else "caution" if found.fits else "bad")
    return (
        *(Amount(footprint, "B"), " of ", Amount(size, "B"), ": ", verdict),
        *(" (weights ", Amount(numbers["weight_memory_bytes"], "B")),
        *(", KV cache ", Amount(numbers["kv_cache_memory_bytes"], "B")),
        *(", buffers " if held else ", activations ", Amount(numbers["compute_buffer_bytes"], "B")),
        *("; system and runtime ", reserve, ")"),
    )


def _on_host(found: Estimate) -> Cell:
    """The host's share of the footprint, and whether that fits."""
    host, left = found.setup.host, found.left_on_host
    assert host is not None
    assert left is not None
    said = "fits" if left >= 0 else f"does not fit: {human(-left, 'B')} too much"
    kept = host.memory_reserve
    reserve: str | Amount = "unknown" if kept is None else Amount(kept, "B")
    return (
        Amount(found.quantities["host_memory"], "B"),
        *(" of ", Amount(host.figures["memory_size"].value, "B"), ": "),
        Mark(said, "good" if left >= 0 else "bad"),
        *(f" ({host.name}; system ", reserve, ")"),
    )


def _draft(found: Estimate) -> Cell:
    """What a step with drafts yields, what drafting takes of it, and what that is worth."""
    setup = found.setup
    names = ("expected_tokens_per_step", "drafting_time", "verification_time")
    made, drafting, checking = (float(setup.number(name)) for name in names)
    said: list[Cell] = [Amount(made, form=".3g"), " tokens a step of "]
    said += [Amount(drafting, "s"), " to draft and ", Amount(checking, "s"), " to check: "]
    said += [Amount(float(setup.number("speculative_speedup")), form=".2f"), " times as fast"]
    if setup.draft is not None:
        stored = setup.draft.number("weight_storage_bytes")
        said += [" as without; its weights ", Amount(float(stored), "B")]
    return tuple(said)  # type: ignore[arg-type]


def _bound(found: Estimate) -> Cell:
    """What a decode step waits for, the most first."""
    waits = sorted(found.shares.items(), key=lambda item: -item[1])
    told = [(name, share) for name, share in waits if share >= _SHORTEST]
    spans = [
        (", " if i else "", f"{name} ", Amount(s, form=".1%")) for i, (name, s) in enumerate(told)
    ]
    return tuple(span for group in spans for span in group)


def _uncertainty(uncertain: Mapping[str, Uncertain]) -> list[Row]:
    """Where the standard deviations come from, and what they leave out."""
    told = [(label, name, uncertain[name]) for name, label in _TOLD.items() if name in uncertain]
    sources = [f"{label}: {_sources(found)}" for label, _, found in told if found.std]
    turns = [
        f"{label} by up to {human(off, REGISTRY[name].unit)} ({describe(s).word})"
        for label, name, found in told
        for s, off in found.kinks.items()
    ]
    variance = f"+- is one standard deviation; variance of {'; '.join(sources)}"
    near = "kernels turn between compute and memory within two standard deviations"
    caution = f"{near}, which moves {', '.join(turns)}"
    return [
        *([("uncertain", variance)] if sources else []),
        *([("caution", Mark(caution, "caution"))] if turns else []),
    ]


def _sources(found: Uncertain) -> str:
    shares = {describe(s).word: share for s, share in found.contributions.items()}
    shares["scatter of measured steps"] = found.scatter
    told = sorted(shares.items(), key=lambda item: -item[1])
    adds = [f"{word} {share:.0%}" for word, share in told if share >= _SMALLEST]
    # what was fitted together may make up for another: that is no share of a variance
    takes = [f"{word} takes {-share:.0%} off" for word, share in told if -share >= _SMALLEST]
    return ", ".join(adds + takes)


def _records(found: Estimate) -> Table:
    """A row per quantity, in base units."""
    stds = {name: spread.std for name, spread in found.uncertain.items()}
    columns = ("quantity", Column("value", "number"), Column("std", "number"), "unit")
    rows = [
        (name, Amount(int(value) if value == int(value) else value), Amount(stds.get(name)), unit)
        for name, value in found.quantities.items()
        for unit in [REGISTRY[name].unit]
    ]
    return table(columns, rows)
