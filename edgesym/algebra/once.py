"""Putting in and multiplying out where maxima stand, each of which is made once.

sympy looks, for each pair of arguments of a maximum, for one that is never the greater, which takes
far longer than to make a product. Where numbers show each of the two to be the greater somewhere,
there is none to look for. Forms that differ in an assumption share nearly all of their maxima.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import combinations
from operator import is_
from typing import Any

import sympy

__all__ = ["STEPPED", "remade", "replaced"]

#: What no rule of multiplying out enters.
STEPPED = (sympy.Max, sympy.Min, sympy.floor, sympy.ceiling)
#: Maxima, minima and roundings that are remembered.
_REMEMBERED = 20_000
#: Terms of all arguments of a maximum, above which it is left as it stands: the terms of each two
#: would be compared.
_MOST_TERMS = 40
#: Numbers of each symbol at which arguments are compared, and the binary logarithm of the largest.
_NUMBERS, _LARGEST = 24, 12
#: Of two numbers that differ by less, rounding may have made one the greater.
_ROUNDING = 1e-6


@lru_cache(maxsize=_REMEMBERED)
def _made(kind: Any, arguments: tuple[sympy.Expr, ...]) -> sympy.Expr:
    if len(arguments) < 2:
        return kind(*arguments)
    known = _cross(kind, arguments) or sum(map(_terms, arguments)) > _MOST_TERMS
    return kind(*arguments, evaluate=not known)


def _cross(kind: Any, arguments: tuple[sympy.Expr, ...]) -> bool:
    """Whether each two are each the greater at some numbers: none of them can be left out."""
    if not _is_apart(kind, arguments):
        return False
    found = [_numbers(argument) for argument in arguments]
    return all(_is_above(x, y) and _is_above(y, x) for x, y in combinations(found, 2))


def _is_apart(kind: Any, arguments: tuple[sympy.Expr, ...]) -> bool:
    """Whether maxima of minima have no argument in common that could be taken out of them."""
    seen: set[sympy.Basic] = set()
    waiting: list[sympy.Basic] = list(arguments)
    while waiting:
        node = waiting.pop()
        if node in seen:
            return False
        seen.add(node)
        waiting += node.args if isinstance(node, sympy.Max | sympy.Min) else ()
    return not any(isinstance(argument, kind) for argument in arguments)


def _is_above(some: tuple[float, ...], others: tuple[float, ...]) -> bool:
    """Whether a number is greater than its counterpart, of those that are numbers."""
    return any(x - y > _ROUNDING * (abs(x) + abs(y)) for x, y in zip(some, others, strict=True))


@lru_cache(maxsize=_REMEMBERED)
def _numbers(node: sympy.Expr) -> tuple[float, ...]:
    """The values at some positive numbers, whole ones where a symbol is; NaN for none."""
    if node.is_Symbol and node.is_positive:
        draw = random.Random(node.name)  # noqa: S311 - reproducible numbers, no secret
        powers = [draw.uniform(-_LARGEST, _LARGEST) for _ in range(_NUMBERS)]
        whole = node.is_integer
        return tuple(float(math.ceil(2 ** abs(p)) if whole else 2**p) for p in powers)
    apply = _APPLIED.get(type(node))
    if node.is_Rational or apply is None:
        return (_number(float, node) if node.is_Rational else math.nan,) * _NUMBERS
    return tuple(_number(apply, at) for at in zip(*map(_numbers, node.args), strict=True))


def _number(apply: Callable[[Any], Any], at: Any) -> float:
    try:
        return float(apply(at))
    except (ArithmeticError, ValueError, TypeError):  # too large or none: it is not compared
        return math.nan


_APPLIED: dict[Any, Callable[[Any], Any]] = {
    sympy.Add: math.fsum,
    sympy.Mul: math.prod,
    sympy.Pow: lambda at: at[0] ** at[1],
    sympy.Mod: lambda at: at[0] % at[1],
    sympy.Max: max,
    sympy.Min: min,
    sympy.floor: lambda at: math.floor(at[0]),
    sympy.ceiling: lambda at: math.ceil(at[0]),
}


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


def remade(node: sympy.Basic, arguments: list[sympy.Basic]) -> sympy.Basic:
    """The node with other arguments, itself where they are the same."""
    if all(map(is_, arguments, node.args)):
        return node
    if isinstance(node, STEPPED):
        return _made(node.func, tuple(arguments))
    return node.func(*arguments)
