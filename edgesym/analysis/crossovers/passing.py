"""Where one quantity passes another: the root, its closed form, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy

from edgesym.algebra.derivative import branch_at
from edgesym.algebra.invert import Formula, root_formula
from edgesym.analysis.crossovers.crossover import CROSSOVERS, Crossover, sides, spoken
from edgesym.architectures.model import Model
from edgesym.catalogue import REGISTRY
from edgesym.domain import checked_but
from edgesym.engine.evaluate import evaluate
from edgesym.engine.grid import Range
from edgesym.engine.roots import Interval, root_between, scan
from edgesym.numbers import Number
from edgesym.scenario.setup import Setup, as_setup
from edgesym.symbols import describe, symbol

__all__ = ["Crossing", "Passing", "crossings"]

Values = Mapping[sympy.Symbol, Any]

_S_p, _C = symbol("prompt_tokens"), symbol("cached_tokens")
_RANGE = Range(1, 10**9, whole=True)
#: Beyond every crossing: from here to twice as far, growth is what it is for ever.
_FAR = 2**40
#: Quantities that differ by no more than this part are equal; growth by no more is none.
_EQUAL = 1e-9


@dataclass(frozen=True, slots=True)
class Passing:
    """A point at which one quantity passes the other.

    Attributes:
        first: the first whole number at which the order is the other one.
        ahead: whether the left quantity is ahead from there on.
        at: the unknown where the two are equal, exact where it is a fraction of exact
            numbers; None where one jumps past the other.
        value: what both are there.
        formula: the unknown there in closed form; None where algebra gives none.
        branch: maxima, minima and roundings, and what they are there.
    """

    first: int
    ahead: bool
    at: Number | None = None
    value: Number | None = None
    formula: Formula | None = None
    branch: tuple[tuple[sympy.Expr, sympy.Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """What became of a crossover at a setup.

    Attributes:
        left, right: the closed forms of the two quantities.
        unit: of both.
        ahead: whether the left quantity is ahead at 1, or at the first token that is not cached.
        passings: every change of order from 1 to 10^9.
        complete: whether every jump of a rounding was looked at.
        reason: why there is no passing, where there is none.
    """

    crossover: Crossover
    left: sympy.Expr
    right: sympy.Expr
    unit: str
    ahead: bool
    passings: tuple[Passing, ...]
    complete: bool
    reason: str


@checked_but("setup")
def crossings(setup: Setup | Model | str) -> tuple[list[Crossing], list[Crossover]]:
    """Every crossover at a setup, and those that need a device, where there is none.

    >>> from edgesym import load
    >>> found, needing = crossings(Setup(load("llama-3.2-1b")))
    >>> found[0].passings[0].first, [crossover.name for crossover in needing]
    (75428, ['decode turns compute-bound', 'prefill turns compute-bound'])

    Raises:
        ConfigError, UnknownNameError: neither a setup nor a model.
    """
    setup = as_setup(setup, "crossings")
    known = setup.values().keys()
    found, needing = [], []
    for crossover in CROSSOVERS:
        left, right = sides(crossover, setup)
        if left.free_symbols | right.free_symbols <= known:
            found.append(_crossing(crossover, left, right, setup.values()))
        else:
            needing.append(crossover)
    return found, needing


def _crossing(
    crossover: Crossover, left: sympy.Expr, right: sympy.Expr, values: Values
) -> Crossing:
    unknown = crossover.unknown
    least = int(values.get(_C, 0)) + 1 if unknown == _S_p else 1
    within = replace(_RANGE, low=least)
    found = scan(left - right, ">", unknown, values, within)
    passings = tuple(
        Passing(first, ahead, **_equality(left, right, unknown, values, first))
        for first, ahead in _changes(found.intervals, within)
    )
    ahead = bool(found.intervals) and found.intervals[0].low == within.low
    reason = "" if passings else _why_not(crossover, left, right, values, least)
    unit = REGISTRY[crossover.left].unit
    return Crossing(crossover, left, right, unit, ahead, passings, found.complete, reason)


def _changes(intervals: tuple[Interval, ...], within: Range) -> Iterator[tuple[int, bool]]:
    """Where the left quantity comes to be ahead, and where it no longer is."""
    for interval in intervals:
        if interval.low > within.low:
            yield int(interval.low), True
        if interval.high < _RANGE.high:
            yield int(interval.high) + 1, False


def _equality(
    left: sympy.Expr, right: sympy.Expr, unknown: sympy.Symbol, values: Values, first: int
) -> dict[str, Any]:
    """Where two sides are equal between a whole number and the one before; none if one jumps."""
    difference = left - right
    near = {**values, unknown: root_between(difference, unknown, values, first - 1, first)}
    if abs(evaluate(difference, near)) > _EQUAL * abs(evaluate(left, near)):
        return {}
    formula = root_formula(difference, unknown, near)
    at = near[unknown] if formula is None else evaluate(formula.expression, values)
    stepped = difference.atoms(sympy.Max, sympy.Min, sympy.floor, sympy.ceiling, sympy.Mod)
    return {
        "at": at,
        "value": evaluate(left, {**values, unknown: at}),
        "formula": formula,
        "branch": tuple((n, branch_at(n, near)) for n in sorted(stepped, key=str)),
    }


def _why_not(
    crossover: Crossover, left: sympy.Expr, right: sympy.Expr, values: Values, least: int
) -> str:
    """Why the order of two quantities never changes."""
    one, other = spoken(crossover.left), spoken(crossover.right)
    for name, side in ((one, left), (other, right)):
        if side == 0:
            return f"there is no {name}"

    def at(count: int) -> tuple[float, float]:
        point = {**values, crossover.unknown: count}
        return float(evaluate(left, point)), float(evaluate(right, point))

    first, first_other = at(least)
    if first > first_other:
        return f"{first / first_other:.4g} times as much {one} as {other} at {least} already"
    (far, far_other), (end, end_other) = at(_FAR), at(2 * _FAR)
    row = describe(crossover.unknown)
    if far >= far_other:
        return f"not up to {_RANGE.high:,}"
    if end - far <= _EQUAL * far:
        return f"in the end there is {far / far_other:.3g} times as much {one} as {other}"
    each, ratio = row.unit.removesuffix("s"), (end_other - far_other) / (end - far)
    return (
        f"each further {each} brings {ratio:.3g} times as much {other} as {one} in the end: "
        f"no {spoken(row.word)} is large enough"
    )
