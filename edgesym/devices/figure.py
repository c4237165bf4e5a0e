"""A figure of a device: a number with its spread, its kind and its source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from edgesym.devices.spread import EXACT, Spread
from edgesym.errors import DeviceError
from edgesym.symbols import TABLE
from edgesym.units import human, human_spread

__all__ = [
    "BY_DTYPE",
    "FIGURES",
    "KINDS",
    "REQUIRED",
    "ROOM",
    "UNSURE",
    "Figure",
    "checked_figure",
    "in_dtype",
]

#: The figures of a device: words of the symbol table, each with its unit there.
FIGURES = (
    "memory_size",
    "memory_reserve",
    "memory_bandwidth",
    "storage_bandwidth",
    "link_bandwidth",
    "network_bandwidth",
    "compute_utilisation",
    "memory_utilisation",
    "storage_utilisation",
    "link_utilisation",
    "network_utilisation",
    "launch_overhead",
    "handover_overhead",
    "sequence_overhead",
    "energy_per_flop",
    "energy_per_byte",
    "idle_power",
    "power_limit",
)
#: The figures that may differ from one arithmetic dtype to the next, as peaks do: given as
#: ``compute_utilisation.int8``, or as ``compute_utilisation`` for all that have none of their own.
BY_DTYPE = ("compute_utilisation", "energy_per_flop")
#: The figures without which a step has no time; a launch_overhead of 0 is the bare roofline.
REQUIRED = (
    "memory_size",
    "memory_bandwidth",
    "compute_utilisation",
    "memory_utilisation",
    "launch_overhead",
)
#: The figures that say how much a model may fill.
ROOM = ("memory_size", "memory_reserve")
KINDS = ("stated", "measured", "derived", "fitted", "inherited", "assumed", "override")
#: Kinds that nobody found for this device: they have a spread, for ignorance is never exact.
UNSURE = ("inherited", "assumed")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a device in its base unit.

    Attributes:
        kind: stated by the vendor, measured, derived by arithmetic, fitted to measured rows,
            inherited from another device, assumed, or an override.
        condition: what the number holds for, or what the terms of its arithmetic are.
        source: where it comes from.
        spread: how far it may lie from its value.
        arithmetic: what the value was computed by, as written; empty for a plain number.
    """

    value: float
    unit: str
    kind: str
    condition: str
    source: str
    spread: Spread = EXACT
    arithmetic: str = ""

    @property
    def explained(self) -> str:
        """The arithmetic, and what it or the number holds for."""
        return ": ".join(text for text in (self.arithmetic, self.condition) if text)

    @property
    def std(self) -> float:
        """One standard deviation in the base unit; 0 where the figure is taken as exact."""
        return self.spread.std

    def __str__(self) -> str:
        """The number with a readable unit, and its spread."""
        if self.spread.bounds:
            low, high = (human(bound, self.unit) for bound in self.spread.bounds)
            return f"{human(self.value, self.unit)}, between {low} and {high}"
        return human_spread(self.value, self.std, self.unit)


def in_dtype(figures: Mapping[str, Figure], dtype: str) -> dict[str, Figure]:
    """The figures by word, computing in ``dtype``: those of the dtype, or those for all."""
    general = {name: figure for name, figure in figures.items() if "." not in name}
    named = ((word, f"{word}.{dtype}") for word in BY_DTYPE)
    return general | {word: figures[name] for word, name in named if name in figures}


def checked_figure(where: str, figure: Figure) -> Figure:
    """The figure, if its numbers make sense for what it is.

    Raises:
        DeviceError: a number out of its range, or a guess without one; ``where`` ends with
            the name of the figure.
    """
    name, unit = where.rpartition(" ")[2].partition(".")[0], figure.unit
    std, bounds = figure.std, figure.spread.bounds
    if bounds and not bounds[0] < bounds[1]:
        raise DeviceError(f"{where}: the range {_range(figure)} must go from low to high")
    if not 0 <= std < math.inf:
        raise DeviceError(f"{where}: std {std:g} {unit} must be finite and not negative")
    if bounds and not bounds[0] <= figure.value <= bounds[1]:
        value = human(figure.value, unit)
        raise DeviceError(f"{where} = {value} lies outside its range {_range(figure)}")
    for value in (figure.value, *(bounds or ())):
        _check(where, name, value, unit)
    if figure.kind in UNSURE and not std:
        raise DeviceError(
            f"{where} is {figure.kind}, and what is not known is not exact: "
            f"add range = [low, high] or std, in {unit} or a multiple of it"
        )
    return figure


def _range(figure: Figure) -> str:
    return " to ".join(human(bound, figure.unit) for bound in figure.spread.bounds or ())


def _check(where: str, name: str, value: float, unit: str) -> None:
    may_be_zero = name in TABLE and TABLE[name].may_be_zero
    floor_ok = value > 0 or (value == 0 and may_be_zero)
    if not floor_ok or not math.isfinite(value):
        raise DeviceError(f"{where} = {value:g} {unit}: must be positive")
    if name.endswith("_utilisation") and value > 1:
        raise DeviceError(f"{where} = {value:g}: a utilisation lies between 0 and 1")
