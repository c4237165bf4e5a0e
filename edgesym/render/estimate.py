"""An estimate in words."""

from __future__ import annotations

from collections.abc import Mapping

from edgesym.analysis.estimate import Estimate
from edgesym.analysis.uncertainty import Uncertain
from edgesym.catalogue import REGISTRY
from edgesym.symbols import describe
from edgesym.units import human, human_spread

__all__ = ["estimate_lines", "estimate_rows"]

#: Quantities whose uncertainty is told, and what they are called.
_TOLD = {
    "time_to_first_token": "the first token",
    "time_per_output_token": "the time per token",
    "energy_per_token": "the energy",
}
#: The smallest share of a variance that is told.
_SMALLEST = 0.005


def estimate_lines(found: Estimate) -> list[str]:
    """The lines that a person reads."""
    heading = f"{found.setup.model.name} on {found.setup.machine.name}"
    rows = (f"{label:12} {text}" for label, text in estimate_rows(found))
    return [heading, found.setup.describe(), "", *rows]


def estimate_rows(found: Estimate) -> list[tuple[str, str]]:
    """A label and a sentence for each finding."""
    setup, numbers = found.setup, found.quantities
    size = found.memory_size
    footprint = numbers["memory_footprint"]

    def shown(name: str, unit: str = "s") -> str:
        return human_spread(numbers[name], found.std(name), unit)

    parts = ", ".join(
        f"{label} {human(numbers[name], 'B')}"
        for label, name in (
            ("weights", "weight_storage_bytes"),
            ("KV cache", "kv_cache_bytes"),
            ("activations", "activation_bytes"),
        )
    )
    once = [f"loading from storage {shown('load_time')}"] if "load_time" in numbers else []
    if "transfer_time" in numbers:
        once.append(f"copying to the device {shown('transfer_time')}")
    energy = "no energy figures"
    if "energy_per_token" in numbers:
        energy = f"{shown('energy_per_token', 'J')} per token, "
        energy += f"{shown('generation_energy', 'J')} for all of them"
    waits = sorted(found.shares.items(), key=lambda item: -item[1])
    return [
        ("memory", f"{human(footprint, 'B')} of {human(size, 'B')}: {found.verdict} ({parts})"),
        ("once", ", ".join(once) or "no storage figure"),
        ("first token", shown("time_to_first_token")),
        (
            "per token",
            f"{shown('time_per_output_token')}, {shown('tokens_per_second', 'tokens/s')}",
        ),
        (
            "generation",
            f"{shown('generation_time')} for prompt and {setup.run.generate} tokens",
        ),
        ("energy", energy),
        ("bound by", ", ".join(f"{name} {share:.1%}" for name, share in waits if share >= 0.0005)),
        ("helps most", f"{found.helps_most[0]}: {found.helps_most[1]:.2f} times as fast"),
        *_uncertainty(found.uncertain),
    ]


def _uncertainty(uncertain: Mapping[str, Uncertain]) -> list[tuple[str, str]]:
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
        *([("caution", caution)] if turns else []),
    ]


def _sources(found: Uncertain) -> str:
    shares = found.contributions.items()
    return ", ".join(f"{describe(s).word} {share:.0%}" for s, share in shares if share >= _SMALLEST)
