"""Putting in and multiplying out where maxima stand, each of which is made once.

sympy looks, for each pair of arguments of a maximum, for one that is never the greater, which takes
far longer than to make a product. Forms that differ in an assumption share nearly all of their
maxima.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from operator import is_
from typing import Any

import sympy

__all__ = ["expanded", "remade", "replaced"]

_STEPPED = (sympy.Max, sympy.Min, sympy.floor, sympy.ceiling)
#: Maxima, minima and roundings that are remembered.
_REMEMBERED = 20_000
#: Terms of all arguments of a maximum, above which it is left as it stands: the terms of each two
#: would be compared.
_MOST_TERMS = 40


@lru_cache(maxsize=_REMEMBERED)
def _made(kind: Any, arguments: tuple[sympy.Expr, ...]) -> sympy.Expr:
    settled = len(arguments) < 2 or sum(map(_terms, arguments)) <= _MOST_TERMS
    return kind(*arguments) if settled else kind(*arguments, evaluate=False)


def _terms(argument: sympy.Expr) -> int:
    """The terms of all sums in it."""
    return 1 + sum(len(part.args) for part in sympy.preorder_traversal(argument) if part.is_Add)


def replaced(expression: sympy.Expr, values: Mapping[sympy.Basic, sympy.Expr]) -> sympy.Expr:
    """``expression.xreplace(values)``.

    >>> from edgesym.symbols import symbol
    >>> S, W = symbol("context"), symbol("window")
    >>> replaced(W * sympy.Min(S, W), {S: 2 * W})
    W**2
    """
    done: dict[sympy.Basic, sympy.Basic] = dict(values)

    def put(node: sympy.Basic) -> sympy.Basic:
        if node not in done:
            done[node] = remade(node, [put(argument) for argument in node.args])
        return done[node]

    return put(expression)


def expanded(expression: sympy.Expr) -> sympy.Expr:
    """``sympy.expand(expression)``.

    >>> from edgesym.symbols import symbol
    >>> S, W = symbol("context"), symbol("window")
    >>> expanded(W * (sympy.Min(S * (W + 1), W) + 1))
    W*Min(W, S*W + S) + W
    """
    done: dict[sympy.Basic, sympy.Basic] = {}

    def inner(node: sympy.Basic) -> sympy.Basic:
        if node not in done:
            arguments = [inner(argument) for argument in node.args]
            if isinstance(node, _STEPPED):
                arguments = [sympy.expand(argument) for argument in arguments]
            done[node] = remade(node, arguments)
        return done[node]

    return sympy.expand(inner(expression) if expression.has(*_STEPPED) else expression)


def remade(node: sympy.Basic, arguments: list[sympy.Basic]) -> sympy.Basic:
    """The node with other arguments, itself where they are the same."""
    if all(map(is_, arguments, node.args)):
        return node
    if isinstance(node, _STEPPED):
        return _made(node.func, tuple(arguments))
    return node.func(*arguments)
