"""The numbers of an axis: a list, or a range that is computed a part at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgesym.architectures.extents import LARGEST_EXTENT
from edgesym.engine.compile import Input
from edgesym.errors import ConfigError, UnitError
from edgesym.numbers import as_double, checked_number
from edgesym.scenario.run import FIELDS
from edgesym.symbols import REAL, describe
from edgesym.units import parse
from edgesym.workload import LARGEST

__all__ = ["WIDE", "Listed", "Numbers", "Spaced", "numbers_of"]

#: Ends further apart than this are spaced evenly on a logarithmic scale where nothing is said.
WIDE = 20
#: Units that are words: a number of them is a number.
_WORDS = ("bits", "sequences")
#: What Python goes through item by item, and no list of numbers is.
_NO_LISTS = (dict, bytes, bytearray)
#: Most numbers of a list, or of a range on a logarithmic scale, which are held.
_MOST_HELD = 10**7
#: Above this some whole numbers are no doubles.
_DOUBLE = 2**53
#: Most numbers of a range, which are not.
_MOST = 10**12


@dataclass(frozen=True, slots=True)
class Listed:
    """Numbers one by one."""

    numbers: tuple[Any, ...]

    @property
    def most(self) -> float:
        """The largest of them."""
        return float(max(self.numbers))

    def __len__(self) -> int:
        return len(self.numbers)

    def part(self, start: int, stop: int) -> NDArray[np.float64]:
        """The numbers from one place up to another."""
        return np.array(self.numbers[start:stop], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Spaced:
    """Numbers at equal distances, both ends among them; whole ones are rounded to."""

    low: float
    high: float
    count: int
    whole: bool

    @property
    def most(self) -> float:
        """The largest of them."""
        return max(self.low, self.high)

    def __len__(self) -> int:
        return self.count

    def part(self, start: int, stop: int) -> NDArray[np.float64]:
        """The numbers from one place up to another.

        >>> Spaced(0, 10, 5, whole=True).part(1, 4)
        array([3., 5., 8.])
        """
        places = np.arange(start, stop, dtype=np.float64)
        found = self.low + places * ((self.high - self.low) / max(self.count - 1, 1))
        return np.floor(found + 0.5) if self.whole else found


Numbers = Listed | Spaced


def numbers_of(axis: Input, given: Any, points: int = 0) -> Numbers:
    """The numbers that a text, a list or an array gives an axis.

    A text is a list (``1,2,4``) or a range: ``1..64`` of whole numbers, or ``low..high:lin:N``,
    ``low..high:log:N`` and ``low..high:step:X``, with units.

    >>> from edgesym.scenario.axes import axis_of
    >>> numbers_of(axis_of("context"), "1k..4k:log:3").numbers
    (1024, 2048, 4096)
    >>> numbers_of(axis_of("bandwidth"), "10GB/s..20GB/s:lin:3").part(0, 3).tolist()
    [10000000000.0, 15000000000.0, 20000000000.0]

    Args:
        points: how many numbers a range has that does not say it, in place of every whole one;
            they are spaced evenly on a logarithmic scale where its ends are far apart.

    Raises:
        ConfigError, UnitError: naming the axis, what is wrong, and what is understood.
    """
    if isinstance(given, str):
        ranged = ".." in given
        found = _range(axis, given, points) if ranged else _listed(axis, given.split(","))
    elif isinstance(given, Iterable) and not isinstance(given, _NO_LISTS) and _axes(given):
        found = _listed(axis, given)
    else:
        found = _listed(axis, [given])
    return found


def _axes(given: Any) -> int:
    """How many axes an array has; what is none has one."""
    return int(getattr(given, "ndim", 1))


def _listed(axis: Input, given: Iterable[Any]) -> Listed:
    found = []
    for item in given:
        if isinstance(item, str) and not item.strip():
            continue
        number = _number(axis, item) if isinstance(item, str) else _checked(axis, item, item)
        found.append(number)
        if len(found) > _MOST_HELD:
            raise ConfigError(f"axis {axis.name}: a list of more than {_MOST_HELD} numbers")
    if not found:
        raise ConfigError(f"axis {axis.name}: no numbers; give a list (1,2,4) or a range (1..64)")
    return Listed(tuple(found))


def _whole(axis: Input) -> bool:
    return axis.scale == 1 and describe(axis.symbol).domain != REAL


def _checked(axis: Input, number: Any, shown: Any) -> Any:
    """A number that the symbol can have, as it is given."""
    name = f"axis {axis.name}: {shown}" if isinstance(shown, str) else f"axis {axis.name}"
    made = checked_number(axis.symbol, number, name)
    if isinstance(made, Fraction) or made > _DOUBLE:
        as_double(axis.symbol, made)
    row = describe(axis.symbol)
    most = LARGEST if row.word in FIELDS else LARGEST_EXTENT
    if _whole(axis) and made > most:
        raise ConfigError(f"axis {axis.name}: {made:.6g} must be {most} at most")
    return made


def _number(axis: Input, text: str) -> Any:
    row = describe(axis.symbol)
    unit = "1" if axis.unit in _WORDS else axis.unit
    try:
        value = parse(_bare(text, axis), unit, bare=row.is_bare)
    except UnitError as error:
        raise UnitError(f"axis {axis.name}: {error}") from error
    return _checked(axis, value, text.strip())


def _bare(text: str, axis: Input) -> str:
    """A number without a unit that is but a word."""
    return text.strip().removesuffix(axis.unit) if axis.unit in _WORDS else text.strip()


def _range(axis: Input, text: str, usual: int) -> Numbers:
    """The numbers of a range.

    Raises:
        ConfigError: its ends, its way or its count make no sense.
    """
    ends, _, how = text.partition(":")
    way, _, count = how.partition(":")
    first, _, last = ends.partition("..")
    low, high = _number(axis, first), _number(axis, last)
    where = f"axis {axis.name}: {text.strip()!r}"
    if low > high:
        raise ConfigError(
            f"axis {axis.name}: {ends.strip()!r} is empty: give the lower number first"
        )
    whole = _whole(axis)
    if usual and how in ("", "lin", "log"):
        way, count = how or ("log" if low > 0 and high / low >= WIDE else "lin"), str(usual)
    elif not how and whole:
        way, count = "step", "1"
    if way == "step":
        return _stepped(axis, low, high, count, where)
    if way not in ("lin", "log") or not count.strip().isdigit() or int(count) < 1:
        hint = "" if whole else ", for numbers that are not counted"
        raise ConfigError(
            f"{where} is no range{hint}; write low..high:lin:20, low..high:log:20 or "
            "low..high:step:0.5, with units"
        )
    points = int(count)
    if points > (_MOST if way == "lin" else _MOST_HELD):
        most = _MOST if way == "lin" else _MOST_HELD
        raise ConfigError(f"{where}: {points} numbers are more than {most}, the most of :{way}:")
    if points == 1 or low == high:
        return Listed((low,))
    if way == "log" and low <= 0:
        raise ConfigError(f"{where}: a logarithmic range begins above 0")
    if way == "log":
        spaced = np.geomspace(float(low), float(high), points)
        spaced[0], spaced[-1] = low, high
        found = np.unique(np.floor(spaced + 0.5)) if whole else spaced
        return Listed(tuple(int(n) for n in found) if whole else tuple(found.tolist()))
    if whole and points > high - low + 1:
        return Spaced(low, high, int(high - low) + 1, whole)
    return Spaced(low, high, points, whole)


def _stepped(axis: Input, low: Any, high: Any, text: str, where: str) -> Numbers:
    step = _number(axis, text) if text.strip() else 0
    if step <= 0:
        raise ConfigError(f"{where}: a step is a number above 0, such as :step:64")
    times = int((high - low) / step * (1 + 1e-12))
    if times + 1 > _MOST:
        raise ConfigError(f"{where}: {times + 1} numbers are more than {_MOST}")
    return Spaced(low, low + times * step, times + 1, _whole(axis))
