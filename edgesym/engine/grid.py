"""Where the sign of an expression of one unknown is taken.

A grid holds both ends of a range, every small integer or many numbers of each order of
magnitude, and either side of every jump of a rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from edgesym.engine.evaluate import evaluate
from edgesym.numbers import Number

__all__ = ["Column", "Range", "Values", "grid_of"]

Column = NDArray[np.float64]
Values = Mapping[sympy.Symbol, Any]

#: Integers from the lowest on that are looked at one by one.
_DENSE = 2**16
#: Numbers per order of magnitude beyond them.
_PER_DECADE = 256
#: Jumps of roundings that are looked at one by one.
_MOST_JUMPS = 2**18


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers that an unknown may take: whole ones, or all in between."""

    low: Number
    high: Number
    whole: bool = False


def grid_of(
    expression: sympy.Expr, unknown: sympy.Symbol, values: Values, within: Range
) -> tuple[Column, bool]:
    """The points of a grid in order, and whether every jump of a rounding is among them.

    >>> from edgesym.symbols import symbol
    >>> S, N = symbol("context"), symbol("chunk")
    >>> points, complete = grid_of(S % N, S, {N: 10**6}, Range(1, 10**7, whole=True))
    >>> complete, {999_999, 1_000_000, 1_000_001} <= set(points.astype(int).tolist())
    (True, True)
    """
    low, high = float(within.low), float(within.high)
    jumps, complete = _jumps(expression, unknown, values, within)
    decades = np.log10(high / max(low, 1e-300)) if low else 18.0
    spaced = np.geomspace(low or high * 1e-18, high, 2 + int(_PER_DECADE * decades))
    if not within.whole:
        points = np.concatenate([[low], spaced, np.nextafter(jumps, 0), jumps, [high]])
    else:
        dense = np.arange(low, min(high, low + _DENSE) + 1)
        near = (np.floor(jumps) - 1, np.floor(jumps), np.ceil(jumps), np.ceil(jumps) + 1)
        points = np.concatenate([dense, np.round(spaced), *near, [high]])
    return np.unique(points[(points >= low) & (points <= high)]), complete


def _jumps(
    expression: sympy.Expr, unknown: sympy.Symbol, values: Values, within: Range
) -> tuple[Column, bool]:
    """Where the roundings of an expression jump: p x + q is a multiple of m."""
    found: list[Column] = [np.empty(0)]
    complete = True
    for node in expression.atoms(sympy.Mod, sympy.floor, sympy.ceiling):
        quotient = node.args[0] / node.args[1] if isinstance(node, sympy.Mod) else node.args[0]
        if unknown not in quotient.free_symbols:
            continue
        first, last = (
            evaluate(quotient, {**values, unknown: Fraction(x)}) for x in (within.low, within.high)
        )
        slope = Fraction(last - first) / Fraction(Fraction(within.high) - Fraction(within.low) or 1)
        if sympy.diff(quotient, unknown, 2) != 0 or slope == 0:
            complete = False
            continue
        lowest, highest = sorted((first, last))
        count = floor(highest) - ceil(lowest) + 1
        complete = complete and count <= _MOST_JUMPS
        levels = np.linspace(ceil(lowest), floor(highest), max(0, min(count, _MOST_JUMPS)))
        jumps = (np.round(levels) - float(first)) / float(slope) + float(within.low)
        found.append(jumps.astype(np.float64))
    return np.unique(np.concatenate(found)), complete
