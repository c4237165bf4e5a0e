"""Einsum equations: the source of every contraction's FLOPs.

An operand lists its axes, one letter each, separated by spaces. Two signs
extend the usual notation:

``(t s)``
    one axis over the *pairs* of t and s, of an extent of its own: the scores of
    masked attention hold as many elements as the mask lets through, not t times s.
``e/j``
    an axis e of which each use picks j entries: the weights of E experts, of
    which a token uses k. The stored axis is e, the contraction runs over j.

>>> from edgesym.symbols import symbol
>>> T, H, I = symbol("new_tokens"), symbol("hidden"), symbol("intermediate")
>>> contraction("t h, h i -> t i", [(T, H), (H, I)], (T, I)).multiply_adds
H*I*T
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from edgesym.errors import GraphError

__all__ = ["Contraction", "axes_of", "contraction", "product"]

#: Letters of axes whose extent has none of its own, as 1 has none.
_SPARE = "oijlmnpqrsuvwxyz"
_AXIS = re.compile(r"\([a-z](?: [a-z])+\)|[a-z]/[a-z]|[a-z]")


@dataclass(frozen=True, slots=True)
class Contraction:
    """What an einsum costs.

    Attributes:
        multiply_adds: the product of the extents of every index.
        outputs: elements of the output, the product of the extents of its indices.
    """

    multiply_adds: sympy.Expr
    outputs: sympy.Expr


def _axes(operand: str, equation: str) -> list[str]:
    axes = _AXIS.findall(operand)
    if " ".join(axes) != " ".join(operand.split()):
        raise GraphError(f"einsum {equation!r}: cannot read the operand {operand.strip()!r}")
    return axes


def axes_of(equation: str) -> list[list[str]]:
    """The axes of each operand of an einsum, and last those of its result.

    >>> axes_of("t h, h i -> t i")
    [['t', 'h'], ['h', 'i'], ['t', 'i']]

    Raises:
        GraphError: an operand that cannot be read.
    """
    left, _, right = equation.partition("->")
    return [_axes(operand, equation) for operand in (*left.split(","), right)]


def contraction(
    equation: str, inputs: Sequence[Sequence[sympy.Expr]], output: Sequence[sympy.Expr]
) -> Contraction:
    """The cost of an einsum over tensors of the given shapes.

    Raises:
        GraphError: the equation does not fit the shapes, or one index has two extents.
    """
    left, arrow, right = equation.partition("->")
    operands = [*left.split(","), right]
    shapes = [*inputs, output]
    if not arrow or len(operands) != len(shapes):
        raise GraphError(f"einsum {equation!r} does not name {len(inputs)} inputs and an output")
    extents: dict[str, sympy.Expr] = {}
    for operand, shape in zip(operands, shapes, strict=True):
        axes = _axes(operand, equation)
        if len(axes) != len(shape):
            raise GraphError(f"einsum {equation!r}: {operand.strip()!r} is no shape {tuple(shape)}")
        for axis, extent in zip(axes, shape, strict=True):
            if extents.setdefault(axis, extent) != extent:
                raise GraphError(
                    f"einsum {equation!r}: index {axis!r} is both {extents[axis]} and {extent}"
                )
    joined = {letter for axis in extents if axis.startswith("(") for letter in axis[1:-1].split()}
    running = {axis: e for axis, e in extents.items() if axis not in joined and "/" not in axis}
    unbound = {axis[2] for axis in extents if "/" in axis} - running.keys()
    if unbound:
        raise GraphError(f"einsum {equation!r}: no operand gives the extent of {unbound}")
    return Contraction(sympy.Mul(*running.values()), sympy.Mul(*output))


def product(
    rows: Sequence[sympy.Expr], summed: Sequence[sympy.Expr], made: Sequence[sympy.Expr]
) -> str:
    """The einsum of (b, T, rows, summed) times (summed, made): a matrix product by its axes.

    Axes are called after the letter of their extent, as far as it is free.

    >>> from edgesym.symbols import symbol
    >>> b, T, H, I = (symbol(word) for word in ("batch", "new_tokens", "hidden", "intermediate"))
    >>> product((b, T), (H,), (I,))
    'b t h, h i -> b t i'
    >>> product((b, T), (H,), (H, sympy.Integer(1)))
    'b t h, h o i -> b t o i'
    """
    letters = list("bt")
    for extent in (*rows[2:], *summed, *made):
        own = [c for c in str(extent).lower() if c.isalpha()][:1]
        letters.append(next(c for c in (*own, *_SPARE) if c not in letters))
    held, given = len(rows), len(rows) + len(summed)
    left, middle, right = (
        " ".join(axes) for axes in (letters[:held], letters[held:given], letters[given:])
    )
    return f"{left} {middle}, {middle} {right} -> {left} {right}"
