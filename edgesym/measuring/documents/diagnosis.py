"""A diagnosis as a document: in words, with the numbers behind them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Document,
    Facts,
    Section,
    Span,
    Text,
    table,
)
from edgesym.measuring.diagnosis import Change, Diagnosis

__all__ = ["diagnosis_document"]

#: What a step waits for -> what it is bound by, in words.
_BOUND = {
    "weights": "memory bandwidth: it waits for weights to be read",
    "cache": "memory bandwidth: it waits for the cache of the context to be read",
    "activations": "memory bandwidth: it waits for activations to be moved",
    "compute": "arithmetic: it waits for products",
    "launch": "overhead: it waits for operations to be started",
    "loading": "loading: it waits for weights to come from storage",
}
_FIGURES = {
    "memory_utilisation": "share of the bandwidth",
    "compute_utilisation": "share of the arithmetic",
    "launch_overhead": "time of a launch",
}
_UNITS = {"launch_overhead": "s"}


def diagnosis_document(found: Diagnosis, notes: tuple[str, ...] = ()) -> Document:
    """Why it is that fast, and what would help most.

    Args:
        notes: how it was measured.
    """
    what = found.found
    low, high = what.predicted.interval
    facts: tuple[tuple[str, Cell], ...] = (
        ("measured", Amount(what.measured, "tokens/s")),
        (
            "expected",
            (
                Amount(what.predicted.value, "tokens/s"),
                *(", within ", Amount(low, "tokens/s"), " to ", Amount(high, "tokens/s")),
            ),
        ),
        ("verdict", what.verdict),
        ("a token moves", (Amount(sum(found.moved.values()), "B"), *_of(found.moved))),
        (
            "that is",
            (
                Amount(found.bandwidth, "B/s"),
                *(", ", Amount(found.bandwidth / found.sustained, form=".0%"), " of the "),
                *(Amount(found.sustained, "B/s"), " that this machine sustains"),
            ),
        ),
        ("waits for", _shares(found.waits)),
        ("time goes to", _shares(found.parts)),
    )
    blocks: tuple[Block, ...] = (
        Text(what.asked.setup.describe()),
        *(Text(note, note=True) for note in notes),
        Facts(facts),
        *(Text(sentence) for sentence in _sentences(found)),
        *([_helps(found.changes)] if found.changes else []),
    )
    title = f"{what.asked.setup.title}: why {what.measured:.3g} tokens/s"
    return Document(title, blocks, partial(_data, found))


def _sentences(found: Diagnosis) -> list[str]:
    """The diagnosis in words."""
    what, bound = found.found, next(iter(found.waits))
    said = [f"Generation is bound by {_BOUND[bound]}, {found.waits[bound]:.0%} of its time."]
    if what.impossible:
        why = "weights that lie in a cache are read faster than memory"
        said = [f"This cannot be: {what.impossible}. Either {why}, or the device file is wrong."]
    elif (one := found.implied) is not None and one.needed is not None:
        unit = _UNITS.get(one.word, "")
        now, needed = _plain(one.figure.value, unit), _plain(one.needed, unit)
        fits = "within its spread" if one.plausible else "outside of its spread"
        said.append(
            f"The {_FIGURES[one.word]} that explains the speed is {needed}, where {now} was "
            f"expected: {fits}."
        )
    else:
        said.append("No single figure of the device explains the speed.")
    if found.context:
        said.append(f"The context that is cached costs {found.context:.0%} of a token's time.")
    said.append(
        f"Reading at all of what the machine sustains, with nothing else to wait for, would give "
        f"{found.limit:.3g} tokens/s."
    )
    said += _best([each for each in found.changes if each.kind != "machine"], what.measured)
    said += _best(
        [each for each in found.changes if each.kind == "machine"],
        what.measured,
        "Of another machine, ",
    )
    return said


def _best(changes: list[Change], measured: float, where: str = "") -> list[str]:
    """Which of some changes helps most."""
    if not changes:
        return []
    best = max(changes, key=lambda change: change.speed)
    what = f"{where}what helps most: {best.what}, {best.speed:.3g} tokens/s"
    return [f"{what[0].upper()}{what[1:]} ({best.speed / measured:.2f} times)."]


def _plain(number: float, unit: str) -> str:
    return f"{number * 1e6:.3g} us" if unit == "s" else f"{number:.0%}"


def _helps(changes: tuple[Change, ...]) -> Section:
    columns = ("change", "of", Column("then", "number"))
    rows = [(each.what, each.kind, Amount(each.speed, "tokens/s")) for each in changes]
    return Section("What would help, all else as it is", (table(columns, rows),))


def _of(moved: Mapping[str, float]) -> tuple[Span, ...]:
    """How many of the bytes are what."""
    rows = sorted(moved.items(), key=lambda item: -item[1])
    spans: list[Span] = []
    for name, size in rows:
        spans += [", " if spans else " (", f"{name} ", Amount(size, "B")]
    return (*spans, ")") if spans else ()


def _shares(found: Mapping[str, float]) -> Cell:
    spans: list[Span] = []
    for name, share in found.items():
        spans += [", " if spans else "", f"{name} ", Amount(share, form=".0%")]
    return tuple(spans) or "nothing"


def _data(found: Diagnosis) -> dict[str, Any]:
    what = found.found
    return {
        **what.asked.setup.labels(),
        "measured_tokens_per_second": what.measured,
        "predicted_tokens_per_second": what.predicted.value,
        "interval_90": list(what.predicted.interval),
        "verdict": what.verdict,
        "impossible": what.impossible or None,
        "bytes_per_step": dict(found.moved),
        "bandwidth_bytes_per_s": found.bandwidth,
        "sustained_bytes_per_s": found.sustained,
        "share_of_sustained": found.bandwidth / found.sustained,
        "limit_tokens_per_second": found.limit,
        "bound": next(iter(found.waits)),
        "waits": found.waits,
        "parts": found.parts,
        "context_share": found.context,
        "implied": None
        if found.implied is None
        else {
            "figure": found.implied.word,
            "now": found.implied.figure.value,
            "needed": found.implied.needed,
            "plausible": found.implied.plausible,
        },
        "changes": [
            {"what": each.what, "kind": each.kind, "tokens_per_second": each.speed}
            for each in found.changes
        ],
        "said": _sentences(found),
    }
