"""Widths: how many bytes an element of a tensor takes, by its role and, of a weight, which it is.

Bytes of a tensor = elements x width, here and nowhere else. Where all weights are of one format
there is one symbol per role, B_w for weights; under a recipe (:mod:`edgesym.formats`) weights
of another format have a symbol of their own, and weights of one width share it, as layers merge
into L. Of a pruned weight (:mod:`edgesym.pruning`) only a part of the elements is stored, with
what says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.frozen import FrozenMap
from edgesym.graph.meaning import Group
from edgesym.graph.operation import Operation
from edgesym.graph.tensor import BYTES, Role

__all__ = ["UNIFORM", "Kept", "Widths"]

_NONE: FrozenMap[tuple[str, str], Any] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Kept:
    """What pruning leaves of a weight.

    Attributes:
        density: the fraction of its elements that are kept.
        stored: the fraction that is stored: 1 where zeros are stored like others.
        each: bytes stored with every element that is, such as its column.
        beside: bytes stored besides, per element of the whole weight, such as its bit of a mask.
    """

    density: sympy.Expr
    stored: sympy.Expr
    each: sympy.Expr
    beside: sympy.Expr

    def width(self, whole: sympy.Expr) -> sympy.Expr:
        """Bytes per element of the whole weight, stored (width + each) + beside.

        >>> from edgesym.symbols import symbol
        >>> rho, bit = symbol("density"), sympy.Rational(1, 8)
        >>> Kept(rho, rho, sympy.S.Zero, bit).width(symbol("weight_bytes_per_element"))
        B_w*rho + 1/8
        """
        return self.stored * (whole + self.each) + self.beside


@dataclass(frozen=True, slots=True)
class Widths:
    """The bytes per element of every tensor, as expressions.

    Attributes:
        weights: (block, tensor) -> the width of a weight that is not B_w: a symbol, or the mean
            of several over the layers of the block.
        extra: bytes that files of the format hold beside the weights of the model.
        kept: (block, tensor) -> what is left of a weight that is pruned.
        skips: groups of weights whose products with elements that are pruned are left out.

    >>> from edgesym.symbols import symbol
    >>> wide = symbol("weight_bytes_per_element", "fp32")
    >>> split = Widths(FrozenMap({("decoder", "final.norm.weight"): wide}))
    >>> split(Role.WEIGHT, "decoder", "final.norm.weight"), split(Role.WEIGHT), split(Role.CACHE)
    (B_w_fp32, B_w, B_c)
    """

    weights: FrozenMap[tuple[str, str], sympy.Expr] = _NONE
    extra: sympy.Expr = sympy.S.Zero
    kept: FrozenMap[tuple[str, str], Kept] = _NONE
    skips: frozenset[Group] = frozenset()

    def __call__(self, role: Role, block: str = "", tensor: str = "") -> sympy.Expr:
        """Bytes per element of a tensor of this role; of a weight, in this block."""
        if role is not Role.WEIGHT:
            return BYTES[role]
        kept = self.kept.get((block, tensor))
        whole = self.dense(block, tensor)
        return whole if kept is None else kept.width(whole)

    def dense(self, block: str, tensor: str) -> sympy.Expr:
        """Bytes per element of a weight of which nothing is pruned."""
        return self.weights.get((block, tensor), BYTES[Role.WEIGHT])

    def computed(self, block: str, operation: Operation) -> sympy.Expr:
        """The fraction of the products of an operation that are computed."""
        if not self.skips or operation.family != "contraction":
            return sympy.S.One
        names = ((block, t.name) for t in operation.inputs if t.group in self.skips)
        return sympy.Mul(*(self.kept[name].density for name in names if name in self.kept))


#: One width per role.
UNIFORM = Widths()
