"""Exact evaluation: integers stay integers, fractions stay fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor, prod

import sympy

from edgesym.errors import EdgesymError
from edgesym.symbols import describe

__all__ = ["exact"]

Number = int | Fraction | float

#: Above this exponent a power of a fraction is computed in floating point.
_LARGEST_EXPONENT = 64


def exact(expression: sympy.Expr, values: Mapping[sympy.Symbol, Number]) -> Number:
    """The value of an expression at a point, without rounding where none is needed.

    >>> from edgesym.symbols import symbol
    >>> H = symbol("hidden")
    >>> exact(2 * H**2 / 3, {H: 6})
    24

    Raises:
        EdgesymError: a symbol without a value, or a function with no exact rule.
    """
    seen: dict[sympy.Basic, Number] = dict(values)

    def value(node: sympy.Basic) -> Number:
        if node not in seen:
            seen[node] = _tidy(_apply(node, [value(a) for a in node.args]))
        return seen[node]

    return value(expression)


def _tidy(number: Number) -> Number:
    if isinstance(number, Fraction) and number.denominator == 1:
        return number.numerator
    return number


def _apply(node: sympy.Basic, arguments: list[Number]) -> Number:
    match node:
        case sympy.Integer():
            return int(node)
        case sympy.Rational():
            return Fraction(int(node.p), int(node.q))
        case sympy.Float():
            return float(node)
        case sympy.Add():
            return sum(arguments)
        case sympy.Mul():
            return prod(arguments)
        case sympy.Pow():
            return _power(arguments[0], arguments[1])
        case sympy.Min():
            return min(arguments)
        case sympy.Max():
            return max(arguments)
        case sympy.Mod():
            return arguments[0] % arguments[1]
        case sympy.floor():
            return floor(arguments[0])
        case sympy.Symbol():
            row = describe(node)
            raise EdgesymError(f"{row.word} ({node}: {row.meaning}) has no value")
    raise EdgesymError(f"{type(node).__name__} has no rule for exact evaluation")


def _power(base: Number, exponent: Number) -> Number:
    if exponent == int(exponent):
        power = int(exponent)
        if isinstance(base, float) or abs(power) <= _LARGEST_EXPONENT:
            return Fraction(base) ** power if isinstance(base, int) and power < 0 else base**power
        if isinstance(base, int) and power >= 0 and base.bit_length() * power <= 2**20:
            return base**power
    return float(base) ** float(exponent)
