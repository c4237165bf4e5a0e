"""A closed form with its unit: what conditions compare, add and multiply."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy

from edgesym.errors import UnitError
from edgesym.units import COUNTED, canonical, units_of

__all__ = ["Measured", "number", "of_unit"]

#: Counts carry no dimension: tokens per second are a rate as 1/s is.
_COUNTS = ("1", "tokens", "sequences")
#: Units that are others multiplied.
_MADE = {"W": "J/s"}
_NUMBER = re.compile(r"(\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,2}))?")
_LONGEST = 40

Dimensions = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A closed form and the powers of base units that it is measured in.

    Attributes:
        text: how it was written, for messages.
        unit: the unit as it is written where it has a name.
    """

    text: str
    expression: sympy.Expr
    dimensions: Dimensions
    unit: str

    def __add__(self, other: Any) -> Measured:
        """The sum, of what is measured alike."""
        return self._sum("+", other, 1)

    def __sub__(self, other: Any) -> Measured:
        """The difference, of what is measured alike."""
        return self._sum("-", other, -1)

    def __neg__(self) -> Measured:
        """The same below zero."""
        return Measured(f"-{self.text}", -self.expression, self.dimensions, self.unit)

    def __mul__(self, other: Any) -> Measured:
        """The product, in the product of the units."""
        return self._product("*", other, 1)

    def __truediv__(self, other: Any) -> Measured:
        """The quotient, in the quotient of the units."""
        if other.expression == 0:
            raise UnitError(f"{self.text} / {other.text}: division by zero")
        return self._product("/", other, -1)

    def measured_as(self, other: Measured) -> Measured:
        """A bare number in the unit of another, where that can be written in one unit alone."""
        bare = not self.dimensions and self.expression.is_number
        if not bare or not other.dimensions or len(units_of(other.unit)) > 1:
            return self
        return replace(
            self,
            text=f"{self.text} {other.unit}",
            dimensions=other.dimensions,
            unit=other.unit,
        )

    def agrees_with(self, other: Measured) -> None:
        """Check that two are measured alike.

        Raises:
            UnitError: they are not; says with which unit a bare number should be written.
        """
        if self.dimensions == other.dimensions:
            return
        for one, two in ((self, other), (other, self)):
            if not two.dimensions and two.expression.is_number:
                units = ", ".join(units_of(one.unit)) or one.unit
                raise UnitError(
                    f"{two.text} has no unit where {one.text} is in {one.unit}; "
                    f"write one behind it: {units}"
                )
        raise UnitError(
            f"{self.text} is in {self.unit} and {other.text} in {other.unit}: "
            "they cannot be compared or added"
        )

    def _sum(self, sign: str, other: Measured, factor: int) -> Measured:
        self.agrees_with(other)
        unit = self.unit if self.unit != "1" else other.unit
        total = self.expression + factor * other.expression
        return Measured(f"{self.text} {sign} {other.text}", total, self.dimensions, unit)

    def _product(self, sign: str, other: Measured, power: int) -> Measured:
        powers = dict(self.dimensions)
        for name, exponent in other.dimensions:
            powers[name] = powers.get(name, 0) + power * exponent
        made = tuple(sorted((name, p) for name, p in powers.items() if p))
        unit = next((m.unit for m in (self, other) if m.dimensions == made), _spelled(made))
        result = self.expression * other.expression**power
        return Measured(f"{self.text} {sign} {other.text}", result, made, unit)


def of_unit(text: str, expression: sympy.Expr, unit: str) -> Measured:
    """An expression that is in a unit.

    >>> from edgesym.symbols import symbol
    >>> of_unit("idle_power", symbol("idle_power"), "W").dimensions
    (('J', 1), ('s', -1))
    """
    powers: dict[str, int] = {}
    for place, name in enumerate(_MADE.get(unit, unit).split("/")):
        if name not in _COUNTS:
            powers[name] = powers.get(name, 0) + (-1 if place else 1)
    return Measured(text, expression, tuple(sorted(powers.items())), unit)


def number(digits: str, unit: str) -> Measured:
    """A number as written, exactly, in a unit or in none; a count may be in k or M.

    >>> number("7.5", "GiB").expression, number("50", "ms").expression
    (8053063680, 1/20)
    >>> number("8", "k").expression
    8192

    Raises:
        UnitError: an unknown unit, or a number out of bounds.
    """
    match = _NUMBER.fullmatch(digits)
    if not match or len(digits) > _LONGEST:
        raise UnitError(f"{digits[:_LONGEST]!r} is not a number that can be computed with")
    base, factor = ("1", COUNTED[unit]) if unit in COUNTED else canonical(unit or "1")
    value = Fraction(match[1].replace("_", "")) * Fraction(10) ** int(match[2] or 0) * factor
    exact = sympy.Rational(value.numerator, value.denominator)
    return of_unit(digits + unit if unit in COUNTED else f"{digits} {unit}".strip(), exact, base)


def _spelled(dimensions: Dimensions) -> str:
    """Powers of base units as text.

    >>> _spelled((("B", 1), ("s", -1)))
    'B/s'
    """
    above = [name if p == 1 else f"{name}^{p}" for name, p in dimensions if p > 0]
    below = [name if p == -1 else f"{name}^{-p}" for name, p in dimensions if p < 0]
    return "/".join([" ".join(above) or "1", *below])
