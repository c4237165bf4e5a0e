"""An estimate: what a model, in some formats, does on a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from edgesym.analysis.crossovers.waits import as_shares, kernel_forms, waits_from
from edgesym.analysis.uncertainty import Uncertain, uncertain_in
from edgesym.architectures.model import Model
from edgesym.catalogue import REGISTRY, find_quantity
from edgesym.document.shown import Shown
from edgesym.domain import checked, checked_but
from edgesym.engine.evaluate import symbols_of
from edgesym.engine.point import Point
from edgesym.engine.program import Program, program_of
from edgesym.frozen import Frozen
from edgesym.graph.tensor import BYTES, Role
from edgesym.memo import memo
from edgesym.quantities.registry import tagged
from edgesym.runtimes.placement import HOST
from edgesym.scenario.defaults import defaults_of, defaults_rows
from edgesym.scenario.possible import possible
from edgesym.scenario.setup import Setup, as_setup
from edgesym.symbols import symbol
from edgesym.units import human

__all__ = [
    "Estimate",
    "as_counted",
    "estimate",
    "key_with_unit",
]


@dataclass(frozen=True, slots=True, repr=False)
class Estimate(Shown, Frozen):
    """The numbers of a setup, by quantity, in base units.

    Attributes:
        shares: fractions of a decode step that wait for compute, weights, cache,
            activations and launches.
        bound: the largest of them.
        helps_most: the single change that shortens a decode step most, and by how much.
        uncertain: the quantities that the spread of a figure of the device moves.
    """

    setup: Setup
    quantities: Mapping[str, float]
    shares: Mapping[str, float]
    bound: str
    helps_most: tuple[str, float]
    uncertain: Mapping[str, Uncertain]

    @property
    def memory_size(self) -> float:
        """Bytes of memory of the device."""
        return self.setup.machine.figures["memory_size"].value

    @property
    def memory_reserve(self) -> float | None:
        """Bytes kept by the system and the runtime; none where that is not known."""
        return self.setup.machine.memory_reserve

    @property
    def left(self) -> float:
        """Bytes of memory left beside the model, the system and the runtime; negative if none."""
        return self.setup.machine.room - self.quantities["memory_footprint"]

    @property
    def fits(self) -> bool:
        """Whether the model has room beside what the system and the runtime keep."""
        return self.left >= 0 and (self.left_on_host or 0) >= 0

    @property
    def left_on_host(self) -> float | None:
        """Bytes of memory left on the host, whose own system keeps some; none if it holds none."""
        host = self.setup.host if "host_memory" in self.quantities else None
        return None if host is None else host.room - self.quantities["host_memory"]

    @property
    def tight(self) -> bool:
        """Whether it fits with less than a tenth of the memory left."""
        return self.fits and self.left < _TIGHT * self.memory_size

    @property
    def verdict(self) -> str:
        """Whether it fits, in words: no more than that it may, of a lower bound."""
        if self.left < 0:
            return f"does not fit: {human(-self.left, 'B')} too much"
        lower = self.setup.lower_bound
        verb = "may fit" if lower else "fits"
        tight = self.left < _TIGHT * self.memory_size
        said = f"{verb} tightly: {human(self.left, 'B')} left" if tight else verb
        return f"{said}, as {lower}" if lower else said

    def std(self, name: str) -> float:
        """One standard deviation of a quantity; 0 where no figure that it needs has a spread."""
        return self.uncertain[name].std if name in self.uncertain else 0.0

    def as_json(self) -> dict[str, Any]:
        """Quantity names with their unit, and what was assumed."""
        spreads = {name: found.as_json() for name, found in self.uncertain.items()}
        stands = list(dict.fromkeys(part.fit.stands for part in self.setup.fits))
        return {
            **self.setup.labels(),
            **{key_with_unit(name): as_counted(name, v) for name, v in self.quantities.items()},
            **{f"{key_with_unit(name)}_std": found.std for name, found in self.uncertain.items()},
            "memory_size_bytes": int(self.memory_size),
            "memory_reserve_bytes": _whole(self.memory_reserve),
            **self._of_host(),
            "fits": self.fits,
            "tight": self.tight,
            "bound": self.bound,
            "shares": dict(self.shares),
            "helps_most": {"change": self.helps_most[0], "faster_by": self.helps_most[1]},
            **({"uncertainty": spreads} if spreads else {}),
            **({"stands_on": stands} if stands else {}),
            "defaults": defaults_rows(defaults_of(self.setup, self._letters)),
        }

    @property
    def _letters(self) -> frozenset[sympy.Symbol]:
        """The symbols of its quantities, and of the room that they may fill."""
        forms, _ = _asked(self.setup)
        room = (symbol("memory_size"), symbol("memory_reserve"))
        return frozenset(room).union(*map(symbols_of, forms.values()))

    def _of_host(self) -> dict[str, Any]:
        """The memory of the host, where the recipe of places fills it."""
        host = self.setup.host if self.left_on_host is not None else None
        if host is None:
            return {}
        return {
            "host_memory_size_bytes": int(host.figures["memory_size"].value),
            "host_memory_reserve_bytes": _whole(host.memory_reserve),
        }


_SUFFIXES = {"s": "_s", "B": "_bytes", "J": "_J", "FLOP/B": "_flop_per_byte"}
#: Of the memory: less left is tight.
_TIGHT = 0.1
#: Units of quantities that no device figure enters, and that are therefore whole numbers.
_WHOLE = ("1", "FLOP", "B")


@checked
def key_with_unit(name: str) -> str:
    """A quantity's name with its unit, unless the name says it.

    >>> key_with_unit("load_time"), key_with_unit("kv_cache_bytes")
    ('load_time_s', 'kv_cache_bytes')
    """
    unit = REGISTRY[name].unit if name in REGISTRY else "s"
    suffix = _SUFFIXES.get(unit, "")
    return name if name.endswith(suffix) else name + suffix


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


@checked
def as_counted(name: str, value: float) -> float:
    """A number of a quantity as programs get it: whole where no figure of a device enters."""
    return round(value) if find_quantity(name).unit in _WHOLE else value


@checked_but("setup")
def estimate(setup: Setup | Model | str) -> Estimate:
    """Evaluate a setup.

    Quantities that need a figure the device does not have are left out: a device with
    unified memory has no link to copy over.

    Raises:
        DeviceError: there is no device, or it has no peak for the dtype.
    """
    setup = as_setup(setup, "estimate")
    _ = setup.machine  # without a device there is no estimate
    forms, program = _asked(setup)
    values = setup.values()
    point = program.at(values)
    of_forms, of_kernels = point.results[: len(forms)], point.results[len(forms) :]
    each = zip(forms, map(float, of_forms), strict=True)
    numbers = {name: possible(name, number, setup.title) for name, number in each}
    parts = as_shares(waits_from(setup, of_kernels))
    return Estimate(
        setup,
        numbers,
        parts,
        max(parts, key=parts.__getitem__),
        _helps_most(point, list(forms).index(_STEP)),
        uncertain_in(setup, forms, point, values),
    )


@memo(key=lambda setup: setup.shape, size=64)
def _asked(setup: Setup) -> tuple[Mapping[str, sympy.Expr], Program]:
    """The closed forms of an estimate, and the program of these and of the kernels."""
    elsewhere = ("host_memory", "copy_time") if setup.placement.split else ()
    forms = setup.known((*tagged("estimate"), *elsewhere))
    return forms, program_of([*forms.values(), *kernel_forms(setup)])


_STEP = "time_per_output_token"
#: Changes that an estimate tries: what it says, the symbol, and the factor.
CHANGES: tuple[tuple[str, sympy.Symbol, Fraction], ...] = (
    ("twice the memory bandwidth", symbol("memory_bandwidth"), Fraction(2)),
    ("twice the peak rate", symbol("peak_flops"), Fraction(2)),
    ("twice the host's memory bandwidth", symbol("memory_bandwidth", HOST), Fraction(2)),
    ("twice the host's peak rate", symbol("peak_flops", HOST), Fraction(2)),
    ("twice the link bandwidth", symbol("link_bandwidth"), Fraction(2)),
    ("twice the storage bandwidth", symbol("storage_bandwidth"), Fraction(2)),
    ("half the launch overhead", symbol("launch_overhead"), Fraction(1, 2)),
    ("weights in half the bytes", BYTES[Role.WEIGHT], Fraction(1, 2)),
    ("a cache in half the bytes", BYTES[Role.CACHE], Fraction(1, 2)),
    ("activations in half the bytes", BYTES[Role.ACTIVATION], Fraction(1, 2)),
)


def _helps_most(point: Point, row: int) -> tuple[str, float]:
    """The best change of the form in a row of a program."""
    now = float(point.results[row])

    def faster(change: tuple[str, sympy.Symbol, Fraction]) -> float:
        _, changed, factor = change
        if changed not in point.tape.inputs:
            return 1.0
        number = point.number(changed)
        scaled = number * (factor if not isinstance(number, float) else float(factor))
        return now / float(*point.moved({changed: scaled}, row + 1, row))

    return max(((change[0], faster(change)) for change in CHANGES), key=lambda pair: pair[1])
