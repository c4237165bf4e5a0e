"""Derivatives in closed form, of the branch of an expression that holds at a point.

A maximum or minimum has kinks, where the derivative from below is not that from above; a
rounding (floor, ceiling, remainder) is flat between its jumps. What is left when both are
resolved at a point is smooth, and has derivatives of every order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from math import isclose
from typing import Any

import sympy

from edgesym.algebra.substitute import rebuilt
from edgesym.engine.evaluate import evaluator
from edgesym.engine.series import power_sum
from edgesym.errors import ExpressionError

__all__ = ["branch_at", "gradient", "hold_steps", "kinked", "slope", "tied", "without_steps"]

Values = Mapping[sympy.Symbol, Any]
#: Arguments of a maximum that are this close, relatively, are taken for equal.
_TIE = 1e-12


@lru_cache(maxsize=1024)
def gradient(expression: sympy.Expr) -> Mapping[sympy.Symbol, sympy.Expr]:
    """The derivatives of a smooth expression by each of its symbols.

    Sum, product and power rule, so that brackets stay as they are.

    >>> from edgesym.symbols import symbol
    >>> L, H, I = symbol("layers"), symbol("hidden"), symbol("intermediate")
    >>> gradient(L * (H * I + I))[H]
    I*L

    Raises:
        ExpressionError: a maximum or a rounding, see :func:`branch_at`.
    """
    arguments = expression.args
    match expression:
        case sympy.Symbol():
            return {expression: sympy.Integer(1)}
        case sympy.Add():
            rates = [(a, sympy.Integer(1)) for a in arguments]
        case sympy.Mul():
            rates = [
                (a, sympy.Mul(*arguments[:i], *arguments[i + 1 :])) for i, a in enumerate(arguments)
            ]
        case sympy.Pow(base=base, exp=power):
            rates = [(base, power * base ** (power - 1)), (power, expression * sympy.log(base))]
        case sympy.log():
            rates = [(arguments[0], 1 / arguments[0])]
        case power_sum():
            rates = [(a, expression.fdiff(i)) for i, a in enumerate(arguments, 1)]
        case _ if arguments:
            raise ExpressionError(f"{type(expression).__name__} has no rule for its derivative")
        case _:
            return {}
    slopes: dict[sympy.Symbol, list[sympy.Expr]] = {}
    for argument, rate in rates:
        for made, inner in gradient(argument).items():
            slopes.setdefault(made, []).append(rate * inner)
    return {made: sympy.Add(*terms) for made, terms in slopes.items()}


def slope(branch: sympy.Expr, made: sympy.Symbol) -> sympy.Expr:
    """The derivative of a smooth expression by one symbol, 0 where it is not in it."""
    return gradient(branch).get(made, sympy.Integer(0))


def branch_at(
    expression: sympy.Expr, values: Values, toward: sympy.Symbol | None = None, side: int = 1
) -> sympy.Expr:
    """The smooth expression that holds at a point.

    A maximum or minimum becomes the argument that it takes there, a rounding its value
    there. Where arguments tie, the one is taken that holds just above the point
    (``side=1``) or just below it (``side=-1``) in the symbol ``toward``.

    >>> from edgesym.symbols import symbol
    >>> S, W = symbol("context"), symbol("window")
    >>> branch_at(sympy.Min(S, W), {S: 100, W: 512})
    S
    >>> [branch_at(sympy.Min(S, W), {S: 512, W: 512}, S, side) for side in (-1, 1)]
    [S, W]
    """
    number = evaluator(values)

    @cache
    def branch(node: sympy.Expr) -> sympy.Expr:
        match node:
            case sympy.Max():
                return steepest([branch(a) for a in tied(node, number)], side)
            case sympy.Min():
                return steepest([branch(a) for a in tied(node, number)], -side)
            case sympy.Pow(base=base, exp=power) if power.free_symbols and not number(base):
                # 0^n does not change with n, where the power rule has 0^n log 0
                return branch(base) ** sympy.sympify(number(power), strict=True)
        return rebuilt(node, [branch(a) for a in node.args])

    def steepest(arguments: list[sympy.Expr], sign: int) -> sympy.Expr:
        if toward is None or len(arguments) == 1:
            return arguments[0]
        slopes = [number(slope(a, toward)) for a in arguments]
        return max(zip(slopes, arguments, strict=True), key=lambda pair: sign * pair[0])[1]

    held: sympy.Expr = branch(hold_steps(expression, values))
    return held


def hold_steps(expression: sympy.Expr, values: Values) -> sympy.Expr:
    """The expression with its value at the point in place of each rounding.

    What is rounded counts as a whole number where it is one but for floating point.

    >>> from edgesym.symbols import symbol
    >>> S, N = symbol("context"), symbol("chunk")
    >>> hold_steps(sympy.Mod(S, N), {S: 10, N: 4})
    -2*N + S
    """
    return _replace_steps(expression, values, lambda _, held, __: sympy.Integer(held))


def without_steps(expression: sympy.Expr, values: Values) -> sympy.Expr:
    """The expression with a line through the point in place of each rounding.

    ``floor(u)`` becomes u less its fraction at the point, and so do a ceiling and the
    quotient in a remainder: the value at the point is the same, the jumps are gone.

    >>> from edgesym.symbols import symbol
    >>> S, N = symbol("context"), symbol("chunk")
    >>> without_steps(sympy.ceiling(S / N), {S: 10, N: 4})
    1/2 + S/N
    """
    return _replace_steps(
        expression,
        values,
        lambda rounded, held, number: rounded + sympy.sympify(held - number, strict=True),
    )


def tied(node: sympy.Expr, number: Callable[[sympy.Expr], Any]) -> list[sympy.Expr]:
    """The arguments of a maximum or minimum that have its value at a point.

    ``number`` gives the values there (:func:`edgesym.engine.evaluate.evaluator`).
    """
    taken = number(node)
    return [a for a in node.args if isclose(number(a), taken, rel_tol=_TIE)]


def kinked(expression: sympy.Expr, values: Values) -> set[sympy.Symbol]:
    """The symbols of the maxima and minima that change sides at a point."""
    number = evaluator(values)
    return {
        made
        for node in hold_steps(expression, values).atoms(sympy.Max, sympy.Min)
        if len(tied(node, number)) > 1
        for made in node.free_symbols
    }


def _replace_steps(
    expression: sympy.Expr, values: Values, put: Callable[[sympy.Expr, int, Any], sympy.Expr]
) -> sympy.Expr:
    """The expression with ``put(argument, rounded number, number)`` for each rounding."""
    number = evaluator(values)

    @cache
    def replaced(node: sympy.Expr) -> sympy.Expr:
        if isinstance(node, sympy.Mod):
            whole, modulus = node.args
            quotient = sympy.floor(whole / modulus, evaluate=False)
            return replaced(whole - modulus * quotient)
        arguments = [replaced(a) for a in node.args]
        if not isinstance(node, sympy.floor | sympy.ceiling):
            return rebuilt(node, arguments)
        inner = number(node.args[0])
        near = round(inner)
        is_whole = isclose(inner, near, rel_tol=_TIE, abs_tol=_TIE)
        return put(arguments[0], near if is_whole else number(node), inner)

    return replaced(expression)
