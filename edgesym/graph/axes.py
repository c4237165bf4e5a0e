"""What the axes of a tensor mean: an extent is a symbol, and its row says what it is."""

from __future__ import annotations

import sympy

from edgesym.graph.tensor import Tensor
from edgesym.symbols import describe

__all__ = ["is_divided"]


def is_divided(tensor: Tensor) -> bool:
    """Whether one of the tensor's extents is divided over the devices.

    >>> from edgesym.symbols import symbol
    >>> is_divided(Tensor("x", (symbol("batch"), symbol("intermediate"))))
    True
    """
    return any(describe(s).divided for s in sympy.Tuple(*tensor.shape).free_symbols)
