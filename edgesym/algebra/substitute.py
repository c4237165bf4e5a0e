"""Putting numbers or expressions in for symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any

import sympy

from edgesym.engine.evaluate import symbols_of

__all__ = ["put_in", "rebuilt"]

_STEPPED = (sympy.Max, sympy.Min, sympy.floor, sympy.ceiling, sympy.Mod)


def put_in(
    expression: sympy.Expr, replaced: Mapping[sympy.Symbol, Any], *, settle: bool = True
) -> sympy.Expr:
    """The expression with numbers or expressions in place of symbols, exactly.

    >>> from edgesym.symbols import symbol
    >>> S, W = symbol("context"), symbol("window")
    >>> put_in(sympy.Min(S, W) * W, {W: 4096})
    4096*Min(4096, S)

    Args:
        replaced: what stands for each symbol; expressions may hold symbols that are
            replaced themselves.
        settle: whether sympy looks for what maxima and roundings that still hold symbols may
            be, which takes long for long ones.
    """
    known = {s: sympy.sympify(value, strict=True) for s, value in replaced.items()}
    done: dict[sympy.Basic, sympy.Basic] = {}

    def put(node: sympy.Basic) -> sympy.Basic:
        if node in known:
            return put(known[node])
        if not node.args or symbols_of(node).isdisjoint(known):
            return node
        if node not in done and isinstance(node, sympy.Sum):
            done[node] = _put_in_sum(node, known, settle=settle)
        if node not in done:
            arguments = [put(argument) for argument in node.args]
            done[node] = node.func(*arguments) if settle else rebuilt(node, arguments)
        return done[node]

    return put(expression)


def _put_in_sum(
    node: sympy.Sum, known: Mapping[sympy.Symbol, sympy.Expr], *, settle: bool
) -> sympy.Sum:
    """The sum with all but its index replaced, and its ends."""
    term, (index, low, high) = node.args
    others = {made: value for made, value in known.items() if made != index}
    low, high = (put_in(end, known, settle=settle) for end in (low, high))
    return sympy.Sum(put_in(term, others, settle=settle), (index, low, high))


def rebuilt(node: sympy.Expr, arguments: Sequence[sympy.Expr]) -> sympy.Expr:
    """The node with other arguments, itself where they are the same.

    Maxima and roundings of symbols are left as they stand, without a look at what they may be.
    """
    if all(map(is_, arguments, node.args)):
        return node
    unsettled = isinstance(node, _STEPPED) and any(symbols_of(a) for a in arguments)
    return node.func(*arguments, **({"evaluate": False} if unsettled else {}))
