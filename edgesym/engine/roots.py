"""Where a closed form of one unknown is negative, zero or positive, on a range.

The sign is taken on a grid, a column at a time, and each change of it is bisected: integers
to neighbours that exact arithmetic tells apart, other numbers to neighbouring doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from edgesym.engine.evaluate import evaluate
from edgesym.engine.grid import Column, Range, Values, grid_of
from edgesym.numbers import Number

__all__ = ["RELATIONS", "Interval", "Scan", "intersect", "root_between", "scan"]

#: What is asked of the sign of an expression.
RELATIONS: dict[str, Callable[[Any], Any]] = {
    "<=": lambda value: value <= 0,
    "<": lambda value: value < 0,
    ">=": lambda value: value >= 0,
    ">": lambda value: value > 0,
}
#: Columns of this length stay in cache.
_CHUNK = 2**13
#: Ends of intervals that exact arithmetic checks, from either side.
_MOST_EXACT = 32
#: Values this small beside others are 0, and differences this small are rounding.
_RELATIVE, _ROUNDING = 1e-9, 1e-12
#: Doublings of the last digit in which a double settles.
_MOST_STEPS = 16


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from ``low`` to ``high``, both included."""

    low: Number
    high: Number


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found.

    Attributes:
        intervals: where the relation holds, in order.
        monotone: whether the expression never turns on the grid.
        closest: where it holds, or comes closest to holding.
        complete: whether every jump of a rounding was looked at.
    """

    intervals: tuple[Interval, ...]
    monotone: bool
    closest: Number
    complete: bool = True


def scan(
    expression: sympy.Expr, relation: str, unknown: sympy.Symbol, values: Values, within: Range
) -> Scan:
    """The values of an unknown at which an expression stands in a relation to 0.

    >>> from edgesym.symbols import symbol
    >>> S, b = symbol("context"), symbol("batch")
    >>> scan(2 * S * b - 1000, "<=", S, {b: 3}, Range(1, 10**9, whole=True)).intervals
    (Interval(low=1, high=166),)

    Args:
        relation: ``<=``, ``<``, ``>=``, ``>`` or ``=``.
        values: a number for every other symbol.

    Raises:
        EdgesymError: a symbol has no value.
    """
    function = _Function(expression, unknown, values)
    grid, complete = grid_of(expression, unknown, values, within)
    column = function.column(grid)

    def where(relation: str) -> tuple[Interval, ...]:
        return _where(function, grid, column, RELATIONS[relation], within)

    at: float = grid[_closest(column, relation)]
    closest: Number = int(at) if within.whole else float(at)
    if relation != "=":
        return Scan(where(relation), _is_monotone(column), closest, complete)
    at_most = where("<=")
    ends = sorted({x for interval in at_most for x in (interval.low, interval.high)})
    if within.whole:
        found = intersect(at_most, where(">="))
    else:
        found = tuple(Interval(x, x) for x in ends if _is_root(function, float(x)))
    closest = min([*ends, closest], key=lambda x: abs(float(function.exact(x))))
    return Scan(found, _is_monotone(column), closest, complete)


def root_between(
    expression: sympy.Expr, unknown: sympy.Symbol, values: Values, low: Number, high: Number
) -> float:
    """The real number between two others at which an expression changes its sign.

    >>> from edgesym.symbols import symbol
    >>> S = symbol("context")
    >>> round(root_between(S**2 - 2, S, {}, 1, 2), 12)
    1.414213562373
    """
    function = _Function(expression, unknown, values)
    ends = (np.array([low], dtype=np.float64), np.array([high], dtype=np.float64))
    exact = [x for x in (low, high) if function.exact(x) == 0]
    return float(exact[0]) if exact else _bisected_reals(function, RELATIONS["<="], *ends)[0][0]


def intersect(one: Sequence[Interval], other: Sequence[Interval]) -> tuple[Interval, ...]:
    """The numbers that lie in two unions of intervals, both in order.

    >>> intersect([Interval(1, 5), Interval(8, 9)], [Interval(4, 8)])
    (Interval(low=4, high=5), Interval(low=8, high=8))
    """
    found, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        low, high = max(one[i].low, other[j].low), min(one[i].high, other[j].high)
        if low <= high:
            found.append(Interval(low, high))
        if one[i].high < other[j].high:
            i += 1
        else:
            j += 1
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Function:
    """An expression of one unknown: on columns in double precision, and exactly at a point."""

    expression: sympy.Expr
    unknown: sympy.Symbol
    values: Values

    def column(self, at: Column) -> Column:
        """The values at a column; not a number where there is none."""
        rounded = {s: v if isinstance(v, int) else float(v) for s, v in self.values.items()}
        out = np.empty(at.shape)
        with np.errstate(all="ignore"):
            for start in range(0, len(at), _CHUNK):
                part = slice(start, start + _CHUNK)
                out[part] = evaluate(self.expression, {**rounded, self.unknown: at[part]})
        return out

    def exact(self, at: Number) -> Number:
        """The value at a point, exact where every number is."""
        try:
            value: Number = evaluate(self.expression, {**self.values, self.unknown: at})
        except ArithmeticError:  # no value there, hence no root
            return float("nan")
        return value

    def holds(self, relation: Callable[[Any], Any], at: Number) -> bool:
        """Whether a relation holds at a point, in exact arithmetic."""
        return bool(relation(self.exact(Fraction(at) if isinstance(at, float) else at)))


def _closest(column: Column, relation: str) -> int:
    """Where on a grid a relation comes closest to holding; an end of it, where that is as close."""
    score = np.abs(column) if relation == "=" else column * (-1 if relation[0] == ">" else 1)
    score = np.where(np.isnan(score), np.inf, score)
    best = int(np.argmin(score))
    near = score[best] + _RELATIVE * abs(score[best])
    return next((end for end in (len(score) - 1, 0) if score[end] <= near), best)


def _is_monotone(column: Column) -> bool:
    """Whether a column never turns, beyond rounding."""
    steps = np.diff(column)
    noise = _ROUNDING * (np.abs(column[1:]) + np.abs(column[:-1]))
    return bool(np.all(steps >= -noise) or np.all(steps <= noise))


def _is_root(function: _Function, x: float) -> bool:
    """Whether an expression is 0 at a point, next to what it is around it, and does not jump."""
    value, *around = np.abs(function.column(x * np.array([1, 0.99, 1.01]))).tolist()
    return bool(value <= _RELATIVE * max(around))


def _where(
    function: _Function,
    grid: Column,
    column: Column,
    holds: Callable[[Any], Any],
    within: Range,
) -> tuple[Interval, ...]:
    """The intervals in which a relation holds."""
    truth = holds(column)
    if within.whole:
        for place in {0, _closest(column, "="), len(grid) - 1}:
            truth[place] = function.holds(holds, int(grid[place]))
    cells = np.flatnonzero(truth[1:] != truth[:-1])
    low, high = grid[cells], grid[cells + 1]
    ends: list[tuple[Number, Number]]
    if within.whole:
        ends = _bisected_integers(function, holds, low, high, truth[cells])
    else:
        reals = _bisected_reals(function, holds, low, high)
        ends = [_settled(function, holds, *pair) for pair in reals]
    last, first = ([e[0] for e in ends], [e[1] for e in ends])
    edges = [within.low, *(x for pair in zip(last, first, strict=True) for x in pair), within.high]
    starts = bool(truth[0])
    spans = [Interval(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return tuple(span for span in spans[0 if starts else 1 :: 2] if span.low <= span.high)


def _bisected_reals(
    function: _Function, holds: Callable[[Any], Any], low: Column, high: Column
) -> list[tuple[float, float]]:
    """Neighbouring doubles between which a relation begins or ceases to hold."""
    if not low.size:
        return []
    before = holds(function.column(low))
    while True:
        middle = low + (high - low) / 2
        moving = (middle > low) & (middle < high)
        if not moving.any():
            return list(zip(low.tolist(), high.tolist(), strict=True))
        same = holds(function.column(middle)) == before
        low = np.where(moving & same, middle, low)
        high = np.where(moving & ~same, middle, high)


def _settled(
    function: _Function, holds: Callable[[Any], Any], low: float, high: float
) -> tuple[Number, Number]:
    """Two doubles, the one on the good side of a relation moved until it holds exactly."""
    good = bool(holds(function.column(np.array([low])))[0])
    x, away = (low, -1.0) if good else (high, 1.0)
    step = float(np.spacing(x))
    for _ in range(_MOST_STEPS):
        if function.holds(holds, x):
            break
        x, step = x + away * step, 2 * step
    return (x, high) if good else (low, x)


def _bisected_integers(
    function: _Function, holds: Callable[[Any], Any], low: Column, high: Column, before: Any
) -> list[tuple[Number, Number]]:
    """Neighbouring integers between which a relation begins or ceases to hold."""
    bottom, top = (low.min(initial=np.inf), high.max(initial=0))
    while (high - low).max(initial=0) > 1:
        middle = np.floor((low + high) / 2)
        same = holds(function.column(middle)) == before
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    found: list[tuple[Number, Number]] = []
    for place, (at, was) in enumerate(zip(low.tolist(), before.tolist(), strict=True)):
        n = int(at)
        if min(place, len(low) - 1 - place) < _MOST_EXACT:
            while n > bottom and function.holds(holds, n) != was:
                n -= 1
            while n + 1 < top and function.holds(holds, n + 1) == was:
                n += 1
        found.append((n, n + 1))
    return found
