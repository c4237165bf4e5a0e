"""Elasticities: how a quantity answers to each of its symbols, and to two of them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import isclose
from typing import Any

import sympy

from edgesym.algebra.derivative import branch_at, kinked, slope, without_steps
from edgesym.algebra.tidy import tidy
from edgesym.domain import checked
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.symbols import describe

__all__ = ["Partial", "elasticities", "interactions", "partials"]

Values = Mapping[sympy.Symbol, Any]
#: Elasticities that are this close are taken for equal.
_SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Partial:
    """How a quantity Q answers to one symbol x at a point.

    Attributes:
        symbol: x.
        slope: dQ/dx in closed form, on the branch that holds at the point; where the point
            is a kink in x, just above it.
        value: the number of dQ/dx, in the unit of Q per unit of x.
        elasticity: d ln Q / d ln x: per cent more Q for one per cent more x.
        below: the elasticity just below the point, where it is a kink in x.
        average: where x moves a rounding, the elasticity with the steps smoothed out.
    """

    symbol: sympy.Symbol
    slope: sympy.Expr
    value: float
    elasticity: float
    below: float | None = None
    average: float | None = None

    @property
    def derivative(self) -> sympy.Expr:
        """dQ/dx as a person would write it."""
        return _tidied(self.slope)

    @property
    def strength(self) -> float:
        """The largest of the elasticities, sign left out."""
        return max(abs(e) for e in (self.elasticity, self.below, self.average) if e is not None)


@checked
def partials(
    expression: sympy.Expr,
    values: Values,
    with_respect_to: Iterable[sympy.Symbol] | None = None,
) -> list[Partial]:
    """The partial derivatives at a point, the strongest first.

    >>> from edgesym.symbols import symbol
    >>> work, rate = symbol("hidden"), symbol("peak_flops")
    >>> for p in partials(2 * work**2 / rate, {work: 8, rate: 4.0}):
    ...     print(p.symbol, p.derivative, p.value, p.elasticity)
    H 4*H/P 8.0 2.0
    P -2*H**2/P**2 -8.0 -1.0

    Args:
        with_respect_to: symbols; all that the expression contains if none are given.

    Raises:
        EdgesymError: a symbol has no number, or the expression is 0 at the point and has no
            elasticities.
    """
    total = _total(expression, values)
    kinks = kinked(expression, values)
    form, smooth = branch_at(expression, values), without_steps(expression, values)
    level = branch_at(smooth, values)

    def elasticity(branch: sympy.Expr, made: sympy.Symbol) -> float:
        rate = evaluate(slope(branch, made), values)
        return float(rate * evaluate(made, values) / total)

    def partial(made: sympy.Symbol) -> Partial:
        above, below, average = form, form, level
        if made in kinks:
            above, average = (branch_at(e, values, made) for e in (expression, smooth))
            below = branch_at(expression, values, made, -1)
        rate, own = slope(above, made), elasticity(above, made)
        others = (elasticity(branch, made) for branch in (below, average))
        differing = (None if isclose(e, own, rel_tol=_SAME, abs_tol=_SAME) else e for e in others)
        return Partial(made, rate, float(evaluate(rate, values)), own, *differing)

    chosen = expression.free_symbols if with_respect_to is None else with_respect_to
    return sorted(map(partial, sorted(chosen, key=str)), key=lambda p: -p.strength)


@checked
def elasticities(expression: sympy.Expr, values: Values) -> dict[sympy.Symbol, float]:
    """d ln Q / d ln x at a point for every symbol x, the strongest first; none where Q is 0.

    An elasticity of -1 says: one percent more x, one percent less Q. At a kink of a
    maximum it is that just above.

    >>> from edgesym.symbols import symbol
    >>> work, rate = symbol("hidden"), symbol("peak_flops")
    >>> elasticities(2 * work**2 / rate, {work: 8, rate: 4.0})
    {H: 2.0, P: -1.0}

    Raises:
        EdgesymError: a symbol without a value, or a value that is no number.
    """
    if evaluate(expression, values) == 0:
        return {}
    found = sorted(partials(expression, values), key=lambda p: -abs(p.elasticity))
    return {p.symbol: p.elasticity for p in found}


@checked
def interactions(
    expression: sympy.Expr, values: Values, symbols: Sequence[sympy.Symbol]
) -> list[tuple[sympy.Symbol, sympy.Symbol, float]]:
    """d^2 ln Q / (d ln x d ln y) at a point for every two of the symbols, the strongest first.

    It is the rate at which the elasticity of x changes as y grows; 0 where each acts on Q
    whatever the other is. At a kink in x, or else in y, it is that just above.

    >>> from edgesym.symbols import symbol
    >>> H, I, P = symbol("hidden"), symbol("intermediate"), symbol("peak_flops")
    >>> interactions((H**2 + H * I) / P, {H: 1, I: 1, P: 1}, [H, I, P])[0]
    (H, H, 0.25)

    Raises:
        EdgesymError: as for :func:`partials`.
    """
    total = _total(expression, values)
    kinks, form = kinked(expression, values), branch_at(expression, values)
    slopes = {
        made: slope(branch_at(expression, values, made) if made in kinks else form, made)
        for made in symbols
    }

    def relative(rate: sympy.Expr, *by: sympy.Symbol) -> Any:
        return evaluate(sympy.Mul(rate, *by), values) / total

    def second(x: sympy.Symbol, y: sympy.Symbol) -> float:
        own = relative(slopes[x], x) if x == y else 0
        both = slope(slopes[x], y) if x in kinks else slope(slopes[y], x)
        product = relative(slopes[x], x) * relative(slopes[y], y)
        return float(own + relative(both, x, y) - product)

    pairs = combinations_with_replacement(symbols, 2)
    return sorted(((x, y, second(x, y)) for x, y in pairs), key=lambda found: -abs(found[2]))


def _total(expression: sympy.Expr, values: Values) -> Any:
    """The value of an expression that has elasticities."""
    missing = [describe(s) for s in sorted(expression.free_symbols - values.keys(), key=str)]
    if missing:
        named = ", ".join(f"{row.word} ({row.letter}: {row.meaning})" for row in missing)
        remedy = " ".join(f"--set {row.word}=VALUE" for row in missing)
        raise EdgesymError(f"no number for {named}; give one with {remedy}")
    total = evaluate(expression, values)
    if total == 0:
        raise EdgesymError("the quantity is 0 at this point, and has no elasticities")
    return total


def _tidied(expression: sympy.Expr) -> sympy.Expr:
    """An expression tidied, quotients of sums left as they are with their sums tidied."""
    if not _divides_by_sum(expression):
        return tidy(expression)
    if not expression.is_Add:
        return expression.func(*map(_tidied, expression.args))
    quotients = [term for term in expression.args if _divides_by_sum(term)]
    rest = sympy.Add(*(term for term in expression.args if term not in quotients))
    return sympy.Add(tidy(rest), *map(_tidied, quotients))


def _divides_by_sum(expression: sympy.Expr) -> bool:
    return any(p.base.is_Add and p.exp.is_negative for p in expression.atoms(sympy.Pow))
