"""Where a cost of several terms is least, in closed form."""

from __future__ import annotations

import sympy

from edgesym.algebra.polynomial import terms_at_most
from edgesym.errors import ExpressionError

__all__ = ["ArgMin", "Minimum", "optimised"]

#: Terms of a cost whose least value is looked for; published ones have two or three.
_MOST_TERMS = 500


class ArgMin(sympy.Function):  # type: ignore[misc]
    """The value of a symbol at which a cost is least: ``argmin(cost, symbol)``."""

    nargs = 2


class Minimum(sympy.Function):  # type: ignore[misc]
    """The cost there: ``minimum(cost, symbol)``."""

    nargs = 2


def optimised(expression: sympy.Expr) -> sympy.Expr:
    """An expression with its optima in closed form.

    >>> from edgesym.symbols import symbol
    >>> L, v = symbol("layers"), symbol("model_chunks")
    >>> optimised(ArgMin(L / v + 4 * v, v)), optimised(Minimum(L / v + 4 * v, v))
    (sqrt(L)/2, 4*sqrt(L))

    Raises:
        ExpressionError: the cost has no least value, or none in closed form.
    """

    def put(call: sympy.Expr) -> sympy.Expr:
        cost, s = (optimised(argument) for argument in call.args)
        place = _least(cost, s)
        return place if isinstance(call, ArgMin) else sympy.expand(cost.xreplace({s: place}))

    return expression.replace(lambda e: isinstance(e, ArgMin | Minimum), put)


def _least(cost: sympy.Expr, s: sympy.Expr) -> sympy.Expr:
    """Where a x^p + c x^-q + d is least, all positive: x^(p + q) = c q / (a p).

    Such a cost is convex in the logarithm of x, so that there is one least value.
    """
    if not s.is_Symbol:
        raise ExpressionError(f"an optimum is over a symbol, not over {s}")
    if terms_at_most(cost) > _MOST_TERMS:
        raise ExpressionError(f"the least of more than {_MOST_TERMS} terms has no closed form here")
    powers: dict[sympy.Expr, sympy.Expr] = {}
    for term in sympy.Add.make_args(sympy.expand(cost)):
        rest, moving = term.as_independent(s, as_Add=False)
        power = sympy.Integer(0) if moving == 1 else moving.as_base_exp()[1]
        if moving != 1 and moving.as_base_exp()[0] != s:
            raise ExpressionError(f"no closed form: {moving} is no power of {s}")
        powers[power] = powers.get(power, sympy.Integer(0)) + rest
    moved = {power: rest for power, rest in powers.items() if power != 0 and rest != 0}
    signs = [power.is_positive for power in moved]
    if sorted(map(bool, signs)) != [False, True] or None in signs:
        raise ExpressionError(
            f"{cost} has no least value in closed form: it needs one power of {s} that grows and "
            "one that falls"
        )
    (p, a), (q, c) = sorted(moved.items(), key=lambda item: not item[0].is_positive)
    if a.is_positive is False or c.is_positive is False:
        raise ExpressionError(f"{cost} has no least value: a term in {s} is negative")
    return sympy.powsimp((-c * q / (a * p)) ** (1 / (p - q)))
