"""The space of a sweep: which names and numbers are combined, and how many points that makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from edgesym.analysis.sweep.numbers import Listed, Numbers, numbers_of
from edgesym.engine.compile import Input
from edgesym.errors import ConfigError
from edgesym.scenario.axes import axis_of

__all__ = ["NAMED", "Case", "Dimension", "Space", "space_of"]

#: Axes of names: what is run, by its field of a run or of a setup.
NAMED = {
    "model": "model",
    "device": "device",
    "runtime": "kernels",
    "recipe": "weights",
    "weights": "weights",
    "activations": "activations",
    "cache": "cache",
    "prune": "prune",
    "draft": "draft",
    "compute": "compute",
    "composition": "composition",
}
#: Most combinations of names: each is derived on its own.
_MOST_CASES = 10**5
#: Most points that any sweep has.
_MOST_POINTS = 2**62


@dataclass(frozen=True, slots=True)
class Dimension:
    """Axes of numbers that go together, number by number; mostly one."""

    axes: tuple[Input, ...]
    numbers: tuple[Numbers, ...]

    def __len__(self) -> int:
        return len(self.numbers[0])


@dataclass(frozen=True, slots=True)
class Case:
    """A combination of names, with the numbers that go with them."""

    names: Mapping[str, str]
    numbers: tuple[tuple[Input, Any], ...]


@dataclass(frozen=True, slots=True)
class Space:
    """Every combination of cases and dimensions; the last dimension varies fastest.

    Attributes:
        cases: combinations of names, the slowest.
    """

    cases: tuple[Case, ...]
    dimensions: tuple[Dimension, ...]

    @property
    def axes(self) -> tuple[Input, ...]:
        """All axes of numbers, those that go with names first."""
        own = tuple(axis for axis, _ in self.cases[0].numbers)
        return own + tuple(axis for dimension in self.dimensions for axis in dimension.axes)

    @property
    def per_case(self) -> int:
        """Points of one case."""
        return prod(len(dimension) for dimension in self.dimensions)

    @property
    def points(self) -> int:
        """Points in all."""
        return len(self.cases) * self.per_case


def space_of(over: Iterable[Mapping[str, Any]]) -> Space:
    """The space of groups of axes: those of a group go together, the groups are multiplied.

    >>> space = space_of([{"batch": "1,2,4"}, {"layers": [16, 32], "hidden": [2048, 4096]}])
    >>> space.points, [axis.name for axis in space.axes]
    (6, ['batch', 'layers', 'hidden'])

    Raises:
        ConfigError, UnknownNameError, UnitError: naming the axis.
    """
    named: list[list[Case]] = []
    dimensions: list[Dimension] = []
    for group in over:
        read = {name: _values(name, given) for name, given in group.items()}
        _refuse_lengths({name: len(values) for name, values in read.items()})
        if any(name in NAMED for name in read):
            named.append(list(_cases(read)))
        elif read:
            axes = tuple(map(axis_of, read))
            if len(read) == 1:
                _refuse_twins(*read.items())
            dimensions.append(Dimension(axes, tuple(read.values())))
    count = prod(map(len, named))
    if count > _MOST_CASES:
        raise ConfigError(
            f"{count} combinations of models, devices and the like are more than {_MOST_CASES}: "
            "each is derived on its own; sweep their numbers instead"
        )
    _refuse_twice(case for cases in named for case in cases[:1])
    cases = tuple(_merged(chosen) for chosen in product(*named))
    found = Space(cases, tuple(dimensions))
    if found.points > _MOST_POINTS:
        raise ConfigError(f"{found.points:.3g} points are more than any machine can go through")
    return found


def _values(name: str, given: Any) -> Any:
    if name not in NAMED:
        return numbers_of(axis_of(name, NAMED), given)
    listed = given.split(",") if isinstance(given, str) else given
    found = [str(item).strip() for item in listed]
    if not any(found):
        raise ConfigError(f"axis {name}: no names; write {name}=A,B")
    if len(set(found)) < len(found):
        raise ConfigError(f"axis {name}: a name is there twice; each is run once")
    return found


def _refuse_twins(axis: tuple[str, Numbers]) -> None:
    name, values = axis
    if isinstance(values, Listed) and len(set(values.numbers)) < len(values):
        twin, times = Counter(values.numbers).most_common(1)[0]
        raise ConfigError(f"axis {name}: {twin} is there {times} times; each is run once")


def _refuse_lengths(lengths: Mapping[str, int]) -> None:
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {count}" for name, count in lengths.items())
        raise ConfigError(f"axes that go together have as many values each; {told}")


def _cases(group: Mapping[str, Any]) -> Iterator[Case]:
    names = {name: values for name, values in group.items() if name in NAMED}
    numbers: dict[Input, Numbers] = {axis_of(n): v for n, v in group.items() if n not in NAMED}
    for axis, values in numbers.items():
        if not isinstance(values, Listed):
            raise ConfigError(f"axis {axis.name}: beside names, list its numbers one by one")
    for place in range(len(next(iter(group.values())))):
        yield Case(
            {name: values[place] for name, values in names.items()},
            tuple((axis, values.part(place, place + 1)[0]) for axis, values in numbers.items()),
        )


def _refuse_twice(groups: Iterable[Case]) -> None:
    seen: dict[str, str] = {}
    for name in (name for case in groups for name in case.names):
        if NAMED[name] in seen:
            raise ConfigError(f"axis {name}: {seen[NAMED[name]]} is an axis already; leave one out")
        seen[NAMED[name]] = name


def _merged(chosen: Sequence[Case]) -> Case:
    names = {name: value for case in chosen for name, value in case.names.items()}
    return Case(names, tuple(pair for case in chosen for pair in case.numbers))
