"""Exact numbers, within bounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy

from edgesym.notation.errors import NotationError

__all__ = ["bits", "exact"]

_DIGITS = 120
_HIGHEST = 300


def exact(text: str) -> sympy.Rational:
    """The rational number that a decimal says.

    >>> exact("2.5"), exact("52e12")
    (5/2, 52000000000000)
    """
    digits, _, power = text.lower().partition("e")
    if len(digits) > _DIGITS:
        raise NotationError(f"number of {len(digits)} characters; {_DIGITS} at most")
    if power and abs(int(power[:9])) > _HIGHEST:
        raise NotationError(f"power of ten {power[:9]} is beyond {_HIGHEST}")
    value = Fraction(digits) * Fraction(10) ** int(power or 0)
    return sympy.Rational(value.numerator, value.denominator)


def bits(value: Any) -> int:
    """How many bits a rational number takes; 0 for what is not one.

    >>> bits(sympy.Integer(1024)), bits(sympy.pi)
    (12, 0)
    """
    if not isinstance(value, sympy.Rational):
        return 0
    return int(value.p).bit_length() + int(value.q).bit_length()
