"""Setups side by side: the quantities of each, and how each differs from the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.analysis.comparison.difference import Difference, difference
from edgesym.analysis.comparison.overtaking import Overtaking, overtakings
from edgesym.architectures.model import Model
from edgesym.catalogue import Quantity, find_quantity
from edgesym.document.shown import Shown
from edgesym.domain import checked_but, held
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError
from edgesym.scenario.setup import Setup, as_setup

__all__ = ["Comparison", "Contrast", "Row", "compare"]

#: What stands side by side, in the order it is shown; what a setup has no figures for is left out.
SIDE_BY_SIDE = (
    "parameters",
    "active_parameters",
    "flops",
    "memory_traffic",
    "arithmetic_intensity",
    "weight_storage_bytes",
    "kv_cache_bytes",
    "activation_bytes",
    "memory_footprint",
    "load_time",
    "time_to_first_token",
    "time_per_output_token",
    "tokens_per_second",
    "generation_time",
    "energy_per_token",
)
#: Of which the difference is taken apart.
TAKEN_APART = ("flops", "memory_traffic", "memory_footprint", "time_per_output_token")


@dataclass(frozen=True, slots=True)
class Row:
    """A quantity of every setup; None where one has no figure for it."""

    quantity: Quantity
    numbers: tuple[Any, ...]

    @property
    def ratios(self) -> tuple[float | None, ...]:
        """Each over the first."""
        first = self.numbers[0]
        return tuple(
            float(n) / float(first) if first and n is not None else None for n in self.numbers
        )


@dataclass(frozen=True, slots=True)
class Contrast:
    """A quantity of the first setup and of another: the difference, and where it turns."""

    names: tuple[str, str]
    difference: Difference
    overtakings: tuple[Overtaking, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Shown):
    """Setups side by side.

    Attributes:
        names: what each is called.
        rows: the quantities of all.
        contrasts: quantity by quantity, the first and each of the others.
    """

    names: tuple[str, ...]
    setups: tuple[Setup, ...]
    rows: tuple[Row, ...]
    contrasts: tuple[Contrast, ...]

    @property
    def common(self) -> dict[str, Any]:
        """What is the same in every setup, by name."""
        first, *others = map(_labels, self.setups)
        return {k: v for k, v in first.items() if all(o.get(k) == v for o in others)}

    @property
    def differing(self) -> dict[str, tuple[Any, ...]]:
        """What is not, by name, for each of the setups."""
        labels = [_labels(setup) for setup in self.setups]
        common = self.common
        names = dict.fromkeys(name for found in labels for name in found if name not in common)
        return {name: tuple(found.get(name) for found in labels) for name in names}

    @property
    def fits(self) -> tuple[bool, ...]:
        """Whether the footprint fits in the room that the device has; nothing without devices."""
        rooms = [None if s.device is None else s.device.room for s in self.setups]
        footprints = [row.numbers for row in self.rows if row.quantity.name == "memory_footprint"]
        known = [room for room in rooms if room is not None]
        if not footprints or len(known) < len(rooms):
            return ()
        return tuple(n <= room for n, room in zip(footprints[0], known, strict=True))

    @property
    def symbols(self) -> dict[sympy.Symbol, tuple[Any, ...]]:
        """Symbols of the closed forms that every setup has a number for, where those differ."""
        points = [setup.values() for setup in self.setups]
        met = {s for c in self.contrasts for f in c.difference.forms for s in f.free_symbols}
        known = [s for s in points[0] if s in met and all(s in values for values in points)]
        found = {s: tuple(values[s] for values in points) for s in known}
        return {s: numbers for s, numbers in found.items() if len(set(numbers)) > 1}


@checked_but("setups")
def compare(
    names: Sequence[str], setups: Sequence[Setup | Model | str], quantities: Sequence[str] = ()
) -> Comparison:
    """Setups side by side; the first is what the others are measured against.

    >>> from edgesym import load
    >>> names = ["llama-3.2-1b", "llama-3.2-3b"]
    >>> found = compare(names, [Setup(load(name)) for name in names], ["kv_cache_bytes"])
    >>> found.rows[0].numbers, found.rows[0].ratios
    ((8388608, 29360128), (1.0, 3.5))

    Args:
        quantities: what is compared; by default :data:`SIDE_BY_SIDE`, and of those
            :data:`TAKEN_APART` taken apart.

    Raises:
        UnknownNameError: no such quantity.
        ConfigError: not one name for each setup.
        DeviceError, ConfigError: a quantity is asked for that some setup has no number for.
    """
    if len(names) != len(held("compare", "setups", setups, tuple[Any, ...])) or not names:
        raise ConfigError(
            f"compare: {len(names)} names for {len(setups)} setups; give each setup a name, and "
            "two of them or more"
        )
    compared = [as_setup(setup, "compare") for setup in setups]
    for setup in compared:
        for name in quantities:
            setup.require(name, setup.expression(name).free_symbols)
    rows = tuple(_rows(compared, quantities or SIDE_BY_SIDE))
    known = [row.quantity.name for row in rows if None not in row.numbers]
    first, *others = zip(names, compared, strict=True)
    contrasts = tuple(
        Contrast(
            (first[0], name),
            difference(first[1], setup, quantity),
            tuple(overtakings(first[1], setup, quantity)),
        )
        for name, setup in others
        for quantity in quantities or [q for q in TAKEN_APART if q in known]
    )
    return Comparison(tuple(names), tuple(compared), rows, contrasts)


def _labels(setup: Setup) -> dict[str, Any]:
    """What is run, by name; notes are no label."""
    return {name: label for name, label in setup.labels().items() if name != "notes"}


def _rows(setups: Sequence[Setup], quantities: Sequence[str]) -> Iterator[Row]:
    """The quantities that any of the setups has a number for."""
    points = [setup.values() for setup in setups]
    for name in quantities:
        forms = [setup.expression(name) for setup in setups]
        for setup, form in zip(setups, forms, strict=True):
            setup.require(name, form.free_symbols & {*setup.model.operators})
        numbers = tuple(
            evaluate(form, values) if form.free_symbols <= values.keys() else None
            for form, values in zip(forms, points, strict=True)
        )
        if any(number is not None for number in numbers):
            yield Row(find_quantity(name), numbers)
