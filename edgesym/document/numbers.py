"""Numbers in place of letters, as one would write them to recompute a formula by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from edgesym.units import human

__all__ = ["digits", "exact", "literal", "substituted"]

_NAME = re.compile(r"(?<![\w.])[A-Za-z]\w*")
_LONGEST_PLAIN = 10**6


def substituted(formula: str, numbers: Mapping[str, Any]) -> str:
    """The text of a formula with each letter that has a number replaced by it.

    >>> substituted("2*L*min(S, W)", {"L": 16, "S": 4096, "W": 512})
    '2*16*min(4096, 512)'
    """

    def number(match: re.Match[str]) -> str:
        name = match[0]
        return literal(numbers[name]) if name in numbers else name

    return _NAME.sub(number, formula)


def literal(value: Any) -> str:
    """A number as it stands in a formula, exact; large and small ones in powers of 1000.

    >>> literal(17.07e9), literal(3e-06), literal(Fraction(9, 16)), literal(2048), literal(0.67)
    ('17.07e9', '3e-6', '(9/16)', '2048', '0.67')
    """
    if isinstance(value, Fraction) and value.denominator != 1:
        return f"({value})"
    if isinstance(value, int | Fraction):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < _LONGEST_PLAIN:
        return repr(value).removesuffix(".0")
    number = Decimal(repr(value))
    power = number.adjusted() // 3 * 3
    return f"{number.scaleb(-power).normalize():f}e{power}"


def digits(value: Any) -> str:
    """A whole number in full; another to ten digits.

    >>> digits(2471493632), digits(0.0555912345678), digits(930475206310.25)
    ('2,471,493,632', '0.05559123457', '930.4752063e9')
    """
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return literal(float(f"{float(value):.10g}"))


def exact(value: Any, unit: str) -> str:
    """A number with its digits and its unit, and as a person reads it.

    >>> exact(2471493632, "B"), exact(16, "1"), exact(0.0555912345678, "s")
    ('2,471,493,632 B (2.302 GiB)', '16', '0.05559123457 s (55.59 ms)')
    """
    full = f"{digits(value)} {unit}".removesuffix(" 1")
    short = human(float(value), unit)
    same = short.replace(",", "") == full.replace(",", "")
    return full if same or unit in ("1", "tokens") else f"{full} ({short})"
