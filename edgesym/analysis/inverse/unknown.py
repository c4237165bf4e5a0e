"""What can be solved for: a symbol, the numbers it may take, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from edgesym.engine.grid import Range
from edgesym.engine.roots import Interval
from edgesym.errors import ConfigError, UnitError, UnknownNameError, nearest
from edgesym.formats import formats
from edgesym.frozen import FrozenMap
from edgesym.numbers import Number
from edgesym.scenario.names import ALIASES, BITS, symbol_of
from edgesym.symbols import NATURAL, REAL, TABLE, describe, symbol
from edgesym.units import human, parse

__all__ = ["Unknown", "format_within", "unknown_of"]

_LARGEST = 10**9
#: The numbers that a real symbol may take, by its unit; any rate or size otherwise.
_REALS: dict[str, tuple[float, float]] = {
    "1": (1e-9, 1.0),
    "s": (1e-15, 1e6),
    "J/FLOP": (1e-18, 1e3),
    "J/B": (1e-18, 1e3),
    "W": (1e-6, 1e9),
}
_S_p, _C = symbol("prompt_tokens"), symbol("cached_tokens")
_RATES, _ELEMENTS = (1.0, 1e21), (1 / 64, 64.0)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A symbol that is solved for.

    Attributes:
        name: what it was called.
        symbol: it, in base units.
        within: the numbers it may take, in base units.
        unit: the unit it is written in.
        scale: how many of these a base unit is: 8 bits a byte.
        open: whether the range ends only because looking must end somewhere.
    """

    name: str
    symbol: sympy.Symbol
    within: Range
    unit: str
    scale: int = 1
    open: bool = True

    def written(self, value: Number, digits: int = 6) -> str:
        """A value with its unit.

        >>> unknown_of("batch", {}).written(1), unknown_of("bits", {}).written(0.5)
        ('1 sequence', '4 bits')
        """
        if self.unit in _WORDS:
            number = human(float(value) * self.scale, "1", digits)
            return f"{number} {self.unit.removesuffix('s') if number == '1' else self.unit}"
        return human(float(value), self.unit, digits)

    def listed(self, intervals: tuple[Interval, ...], most: int = 4) -> str:
        """Intervals in words, the last of many."""
        shown = intervals if len(intervals) <= most else intervals[-most:]
        texts = [self._span(interval) for interval in shown]
        hidden = len(intervals) - len(shown)
        return (f"{hidden} more intervals, then " if hidden else "") + ", ".join(texts)

    def _span(self, interval: Interval) -> str:
        """An interval in words, open where it ends with the range."""
        low, high = self.written(interval.low), self.written(interval.high)
        number, low_unit, high_unit = low.partition(" ")[0], *map(_unit_of, (low, high))
        if interval.low == interval.high:
            return low
        if interval.high == self.within.high and self.open:
            return f"{low} or more"
        if interval.low == self.within.low and self.open and not self.within.whole:
            return f"up to {high}"
        return f"{number if low_unit == high_unit else low} to {high}"


_WORDS = ("sequences", "tokens", "bits")


def unknown_of(
    name: str,
    values: Mapping[sympy.Symbol, Any],
    between: tuple[str, str] | None = None,
    most: Mapping[sympy.Symbol, int] = FrozenMap(),
) -> Unknown:
    """What a name asks for.

    Args:
        values: the numbers of all symbols.
        between: the range to look in, with units.
        most: symbol -> the most that it can be, of those that count layers.

    >>> unknown_of("batch", {}).within
    Range(low=1, high=1000000000, whole=True)
    >>> unknown_of("bits", {}, ("2", "8")).within
    Range(low=Fraction(1, 4), high=Fraction(1, 1), whole=False)

    Raises:
        UnknownNameError: no such symbol.
        ConfigError, UnitError: a range that is none.
    """
    made = symbol(BITS[name]) if name in BITS else symbol_of(name)
    if made is None:
        usual = ["batch", "context", *BITS, *ALIASES]
        known = [*usual, *TABLE]
        raise UnknownNameError(
            "symbol to solve for", name, known if nearest(name, known) else usual
        )
    row = describe(made)
    unit, scale = ("bits", 8) if name in BITS else (row.unit, 1)
    whole = row.domain != REAL
    natural = Range(*_natural(made, values), whole)
    if made in most:
        natural = Range(0, most[made], whole)
    if between is None:
        bounded = natural.high < _LARGEST if whole else unit == "1"
        return Unknown(name, made, natural, unit, scale, open=not bounded)
    low, high = (_bound(text, unit, scale, whole=whole, bare=row.is_bare) for text in between)
    if not (natural.low if whole else 0) <= low <= high or high == 0:
        raise ConfigError(
            f"--between {' '.join(between)}: {name} runs from {natural.low if whole else 'above 0'}"
            " up, the lower number first"
        )
    if low == 0 and not whole:
        raise ConfigError(f"--between {' '.join(between)}: {name} is above 0; give its least value")
    return Unknown(name, made, Range(low, high, whole), unit, scale, open=False)


def _unit_of(written: str) -> str:
    """The unit behind a number, of one or of many."""
    return written.partition(" ")[2].removesuffix("s")


def _bound(text: str, unit: str, scale: int, *, whole: bool, bare: bool) -> Number:
    """An end of the range, in base units."""
    try:
        if unit in _WORDS:
            value = Fraction(str(parse(text.strip().removesuffix(unit), "1"))) / scale
        else:
            value = Fraction(str(parse(text, unit, bare=bare)))
    except UnitError as error:
        raise UnitError(f"--between: {error}") from error
    if whole and value.denominator != 1:
        raise ConfigError(f"--between: {text} is not a whole number")
    if value > 10 * Fraction(_RATES[1]) or (whole and value > _LARGEST):
        raise ConfigError(f"--between: {text} is too large to solve up to")
    return int(value) if whole else value


def _natural(made: sympy.Symbol, values: Mapping[sympy.Symbol, Any]) -> tuple[Number, Number]:
    """The numbers that a symbol may take."""
    row = describe(made)
    if made == _C:
        return 0, int(values.get(_S_p, _LARGEST)) - 1
    if made == _S_p:
        return int(values.get(_C, 0)) + 1, _LARGEST
    if made == symbol("experts_per_token"):
        return 1, int(values.get(symbol("experts"), _LARGEST))
    if made == symbol("experts"):
        return int(values.get(symbol("experts_per_token"), 1)), _LARGEST
    if row.domain != REAL:
        return (0 if row.domain == NATURAL else 1), _LARGEST
    if row.unit == "B" and row.scope == "format":
        return _ELEMENTS
    return _REALS.get(row.unit, _RATES)


def format_within(unknown: Unknown, intervals: tuple[Interval, ...], *, narrowest: bool) -> str:
    """The number format with the most or the fewest bits that lies in the intervals.

    Empty if none does, or the unknown is not of bits.
    """
    fitting = [
        (f.bytes_per_element, f.name)
        for f in formats().values()
        if any(i.low <= f.bytes_per_element <= i.high for i in intervals)
    ]
    if unknown.name not in BITS or not fitting:
        return ""
    size, name = (min if narrowest else max)(fitting, key=lambda item: item[0])
    return f"{name} ({float(8 * size):g} bits)"
