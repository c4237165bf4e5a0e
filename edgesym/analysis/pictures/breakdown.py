"""What a step, memory or a generation is made of, over models, formats and devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edgesym.analysis.crossovers.waits import waits
from edgesym.analysis.pictures.axis import in_common, read_axis, series_labels
from edgesym.analysis.pictures.chart import Bar, Bars, refuse_many
from edgesym.errors import UnknownNameError
from edgesym.scenario.setup import Setup

__all__ = ["BREAKDOWNS", "breakdown", "breakdown_along"]

_MOST_BARS = 24

Parts = tuple[tuple[str, float], ...]


def _step(setup: Setup) -> Parts:
    """What a decode step waits for."""
    _ = setup.machine
    return tuple((name, value) for name, value in waits(setup).items() if value > 0)


def _memory(setup: Setup) -> Parts:
    """Weights, cache and what is computed with, as the runtime holds them."""
    rows = {
        "weights": "weight_memory_bytes",
        "cache": "kv_cache_memory_bytes",
        "activations": "compute_buffer_bytes",
    }
    return tuple((part, float(setup.number(name))) for part, name in rows.items())


def _generation(setup: Setup) -> Parts:
    """Loading once, where the device says how fast it reads; the prompt; the tokens after."""
    _ = setup.machine
    first = float(setup.number("time_to_first_token"))
    whole = float(setup.number("generation_time"))
    loading = [("loading", float(setup.number(n))) for n in setup.known(["load_time"])]
    return (*loading, ("prompt", first), ("generated tokens", whole - first))


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What is broken down: its unit, its parts of a setup, the quantities that these add up to."""

    title: str
    unit: str
    parts: Callable[[Setup], Parts]
    quantities: tuple[str, ...]


#: Every breakdown by name.
BREAKDOWNS = {
    "step": Breakdown("What a decode step waits for", "s", _step, ("step_time",)),
    "memory": Breakdown("What fills memory", "B", _memory, ("memory_footprint",)),
    "generation": Breakdown(
        "What a generation takes", "s", _generation, ("generation_time", "load_time")
    ),
}


def breakdown(setups: Sequence[Setup], of: str = "step") -> Bars:
    """A stacked bar of each setup; of memory with the room that devices have.

    Raises:
        UnknownNameError: none of :data:`BREAKDOWNS`.
        DeviceError: a setup has no device; OutputError: too many bars, or none.
    """
    refuse_many("bars", setups, _MOST_BARS)
    return _bars(setups, series_labels(setups), in_common(setups), of)


def breakdown_along(setup: Setup, of: str, contexts: Sequence[int]) -> Bars:
    """A stacked bar of a setup at each of some contexts.

    Raises:
        UnknownNameError, DeviceError, OutputError: as of :func:`breakdown`.
    """
    refuse_many("bars", contexts, _MOST_BARS)
    at = [
        replace(setup, run=replace(setup.run, context=n, prompt=None, generate=None))  # type: ignore[arg-type]
        for n in contexts
    ]
    same = in_common([setup], [read_axis("context=1,2"), read_axis("prompt_tokens=1,2")])
    return _bars(at, [f"{n:,} tokens" for n in contexts], same, of)


def _bars(setups: Sequence[Setup], labels: Sequence[str], same: str, of: str) -> Bars:
    if of not in BREAKDOWNS:
        raise UnknownNameError("breakdown", of, BREAKDOWNS)
    row = BREAKDOWNS[of]
    bars = [Bar("", label, row.parts(each)) for each, label in zip(setups, labels, strict=True)]
    devices = dict.fromkeys(setup.device for setup in setups if setup.device is not None)
    limits = [(f"room on {one.name}", float(one.room)) for one in devices] if of == "memory" else []
    return Bars(row.title, same, of, row.unit, tuple(bars), tuple(limits))
