"""What each operation of a formula does to plain numbers, exactly where they are exact.

Whole numbers and fractions stay what they are; a float, or a complex number, makes the result
one. The same operations on NumPy columns are in :mod:`edgesym.engine.columns`, and as text in
:mod:`edgesym.engine.code`.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from edgesym.engine.series import power_sum
from edgesym.errors import EdgesymError

__all__ = ["EXACT", "OPERATIONS", "Rules", "constant", "rounded_times", "times", "whole"]

Rules = Mapping[str, Callable[..., Any]]

#: Class of a node -> the operation that computes it from its arguments.
OPERATIONS: dict[type[sympy.Basic], str] = {
    sympy.Add: "add",
    sympy.Mul: "multiply",
    sympy.Pow: "power",
    sympy.Max: "maximum",
    sympy.Min: "minimum",
    sympy.Mod: "remainder",
    sympy.floor: "floor",
    sympy.ceiling: "ceiling",
    sympy.log: "log",
    power_sum: "power_sum",
}

#: Above this exponent a power of a fraction is computed in floating point.
_LARGEST_EXPONENT = 64
#: Above this many bits so is a power of an integer.
_LARGEST_BITS = 2**20


def constant(node: sympy.Basic) -> Any:
    """The number that a node without symbols is.

    >>> constant(sympy.Rational(9, 16)), constant(sympy.Integer(2))
    (Fraction(9, 16), 2)

    Raises:
        EdgesymError: it is no number, or one without a rule, such as infinity.
    """
    match node:
        case sympy.Integer():
            return int(node)
        case sympy.Rational():
            return Fraction(int(node.p), int(node.q))
        case sympy.Float():
            return float(node)
    raise EdgesymError(f"{type(node).__name__} has no rule for evaluation")


def whole(number: Any) -> Any:
    """A fraction that is a whole number, as one."""
    if type(number) is Fraction and number.denominator == 1:
        return number.numerator
    return number


def _add(*terms: Any) -> Any:
    return whole(sum(terms))


def _multiply(*factors: Any) -> Any:
    """A product: what is exact first and in one fraction, then the rest."""
    above, below = 1, 1
    others = []
    for factor in factors:
        if type(factor) is int:
            above *= factor
        elif type(factor) is Fraction:
            above *= factor.numerator
            below *= factor.denominator
        else:
            others.append(factor)
    if others:
        return math.prod(others, start=above / below)
    return _fraction(above, below)


def _fraction(above: int, below: int) -> int | Fraction:
    """A quotient, exactly; most are whole, and a fraction takes long to make."""
    if below == 1:
        return above
    quotient, rest = divmod(above, below)
    return Fraction(above, below) if rest else quotient


def times(number: Any, factor: int) -> int | Fraction:
    """A whole number or fraction times a whole number, exactly."""
    return _fraction(number.numerator * factor, number.denominator)


def rounded_times(number: Any, factor: int) -> float:
    """:func:`times` in double precision, rounded once."""
    product: float = number.numerator * factor / number.denominator
    return product


def _power(base: Any, exponent: Any) -> Any:
    """base^exponent, in floating point where the exact power would be of no use."""
    if isinstance(base, complex) or isinstance(exponent, complex):
        return base**exponent
    if exponent != int(exponent):
        return float(base) ** float(exponent)
    power = int(exponent)
    if isinstance(base, float):
        return base**power
    if base == 0 and power < 0:
        raise EdgesymError("division by zero: a symbol that is divided by is 0")
    if abs(power) <= _LARGEST_EXPONENT:
        return base**power if power >= 0 else whole(1 / Fraction(base) ** -power)
    if isinstance(base, int) and power > 0 and base.bit_length() * power <= _LARGEST_BITS:
        return base**power
    try:
        return float(base) ** power
    except OverflowError as error:
        raise EdgesymError(f"a power of {power} is beyond double precision") from error


def _log(number: Any) -> Any:
    return cmath.log(number) if isinstance(number, complex) else math.log(number)


def _power_sum(ratio: Any, terms: Any) -> Any:
    """1 + a + ... + a^(n - 1)."""
    if ratio == 1:
        return terms
    above, below = _add(1, _multiply(-1, _power(ratio, terms))), _add(1, _multiply(-1, ratio))
    return _multiply(above, _power(below, -1))


#: Operation -> what it does to plain numbers.
EXACT: dict[str, Callable[..., Any]] = {
    "add": _add,
    "multiply": _multiply,
    "power": _power,
    "maximum": max,
    "minimum": min,
    "remainder": lambda number, modulus: whole(number % modulus),
    "floor": lambda above, below=1: math.floor(above // below),
    "ceiling": lambda above, below=1: -math.floor(-above // below),
    "log": _log,
    "power_sum": _power_sum,
}
