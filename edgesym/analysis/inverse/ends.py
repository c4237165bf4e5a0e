"""The ends of feasible values: what limits them, and where that is exactly an equality."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.algebra.derivative import branch_at
from edgesym.algebra.invert import Formula, root_formula
from edgesym.analysis.inverse.conditions import Condition
from edgesym.analysis.inverse.unknown import Unknown
from edgesym.engine.evaluate import evaluate
from edgesym.engine.roots import root_between
from edgesym.numbers import Number

__all__ = ["End", "end_at"]

#: Sides that differ by no more than this part are equal.
_EQUAL = 1e-9
_STEPPED = (sympy.Min, sympy.floor, sympy.ceiling, sympy.Mod)


@dataclass(frozen=True, slots=True)
class End:
    """An end of the feasible values.

    Attributes:
        value: the last value that meets all conditions.
        limits: the conditions that end there; none at an end of the range.
        root: where the first of them is an equality; for a whole unknown it may lie between
            ``value`` and its neighbour. None where one side jumps past the other.
        formula: that root in the other symbols, where algebra gives one.
        branch: minima and roundings that hold the unknown, and what they are there.
    """

    value: Number
    limits: tuple[Condition, ...] = ()
    root: Number | None = None
    formula: Formula | None = None
    branch: tuple[tuple[sympy.Expr, sympy.Expr], ...] = ()

    @property
    def closed_form(self) -> sympy.Expr | None:
        """The formula as one expression."""
        return None if self.formula is None else self.formula.expression


def end_at(
    value: Number,
    side: int,
    limits: tuple[Condition, ...],
    unknown: Unknown,
    values: Mapping[sympy.Symbol, Any],
) -> End:
    """The end at a value, beyond which (``side`` is 1 or -1) the first of its limits fails."""
    if not limits:
        return End(value)
    condition, x = limits[0], unknown.symbol
    root = value
    if unknown.within.whole:
        root = root_between(condition.difference, x, values, *sorted((value, value + side)))
    known = {**values, x: root}
    expression = condition.difference
    if abs(evaluate(expression, known)) > _EQUAL * abs(evaluate(condition.left.expression, known)):
        return End(value, limits)
    stepped = [
        n for n in expression.atoms(*_STEPPED) if x in n.free_symbols and not n.has(sympy.Max)
    ]
    if condition.bound is not None:
        known[condition.bound] = evaluate(condition.right.expression, {})
        expression = condition.left.expression - condition.bound
    formula = root_formula(expression, x, known)
    branch = tuple((node, branch_at(node, known)) for node in sorted(stepped, key=str))
    return End(value, limits, root, formula, branch)
