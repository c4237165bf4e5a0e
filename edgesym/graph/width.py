"""Widths: how many bytes an element of a tensor takes, by its role and, of a weight, which it is.

Bytes of a tensor = elements x width, here and nowhere else. Where all weights are of one format
there is one symbol per role, B_w for weights; under a recipe (:mod:`edgesym.formats`) weights
of another format have a symbol of their own, and weights of one width share it, as layers merge
into L.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.frozen import FrozenMap
from edgesym.graph.tensor import BYTES, Role

__all__ = ["UNIFORM", "Widths"]

_NONE: FrozenMap[tuple[str, str], sympy.Expr] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Widths:
    """The bytes per element of every tensor, as expressions.

    Attributes:
        weights: (block, tensor) -> the width of a weight that is not B_w: a symbol, or the mean
            of several over the layers of the block.
        extra: bytes that files of the format hold beside the weights of the model.

    >>> from edgesym.symbols import symbol
    >>> wide = symbol("weight_bytes_per_element", "fp32")
    >>> split = Widths(FrozenMap({("decoder", "final.norm.weight"): wide}))
    >>> split(Role.WEIGHT, "decoder", "final.norm.weight"), split(Role.WEIGHT), split(Role.CACHE)
    (B_w_fp32, B_w, B_c)
    """

    weights: FrozenMap[tuple[str, str], sympy.Expr] = _NONE
    extra: sympy.Expr = sympy.S.Zero

    def __call__(self, role: Role, block: str = "", tensor: str = "") -> sympy.Expr:
        """Bytes per element of a tensor of this role; of a weight, in this block."""
        if role is Role.WEIGHT:
            return self.weights.get((block, tensor), BYTES[role])
        return BYTES[role]


#: One width per role.
UNIFORM = Widths()
