"""First-order sensitivity: how a quantity answers to each of its symbols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from edgesym.numeric.evaluate import evaluate

__all__ = ["elasticities", "smooth_at"]


def smooth_at(expression: sympy.Expr, values: Mapping[sympy.Symbol, Any]) -> sympy.Expr:
    """The branch of an expression that holds at a point.

    A maximum or minimum is replaced by the argument that it takes there, and a
    rounding by its value there: what is left has a derivative.

    >>> from edgesym.symbols import symbol
    >>> S, W = symbol("context"), symbol("window")
    >>> smooth_at(sympy.Min(S, W), {S: 100, W: 512})
    S
    """
    if not expression.has(sympy.Max, sympy.Min, sympy.Mod, sympy.floor, sympy.ceiling):
        return expression
    if isinstance(expression, sympy.Max | sympy.Min):
        choose = max if isinstance(expression, sympy.Max) else min
        return smooth_at(choose(expression.args, key=lambda a: evaluate(a, values)), values)
    if isinstance(expression, sympy.floor | sympy.ceiling):
        return sympy.Integer(evaluate(expression, values))
    if isinstance(expression, sympy.Mod):
        number, modulus = expression.args
        return smooth_at(number - modulus * sympy.floor(number / modulus), values)
    return expression.func(*(smooth_at(a, values) for a in expression.args))


def elasticities(
    expression: sympy.Expr, values: Mapping[sympy.Symbol, Any]
) -> dict[sympy.Symbol, float]:
    """d ln Q / d ln x at a point for every symbol x, the strongest first.

    An elasticity of -1 says: one percent more x, one percent less Q. At a kink of a
    maximum it is that of one of the two sides.

    >>> from edgesym.symbols import symbol
    >>> work, rate = symbol("hidden"), symbol("peak_flops")
    >>> elasticities(2 * work**2 / rate, {work: 8, rate: 4.0})
    {H: 2.0, P: -1.0}
    """
    smooth = smooth_at(expression, values)
    total = evaluate(smooth, values)
    if total == 0:
        return {}
    found = {
        symbol: float(evaluate(sympy.diff(smooth, symbol) * symbol, values) / total)
        for symbol in sorted(smooth.free_symbols, key=str)
    }
    return dict(sorted(found.items(), key=lambda item: -abs(item[1])))
