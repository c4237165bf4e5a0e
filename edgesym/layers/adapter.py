"""Low-rank adapters beside a matrix that several layers share."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.tensor import Tensor

__all__ = ["add_adapter", "low_rank"]


def low_rank(build: Builder, part: str, x: Tensor, rank: sympy.Expr) -> Tensor:
    """The first matrix of an adapter: (b, T, H) -> (b, T, r), 2 b T H r FLOPs."""
    return _own(build, part, x, rank)


def add_adapter(build: Builder, part: str, low: Tensor, made: Tensor) -> Tensor:
    """``made`` plus the second matrix of an adapter (Hu et al. 2021, arXiv:2106.09685).

    (b, T, r) -> the shape of ``made``: 2 b T r FLOPs per element of it, and the addition.
    """
    update = _own(build, part, low, *made.shape[2:])
    return build.pointwise(f"{part}_add", "add", made, update)


def _own(build: Builder, part: str, x: Tensor, *axes: sympy.Expr) -> Tensor:
    """A product with a weight of the layer itself, whatever weights are shared around it."""
    copies, build.copies = build.copies, None
    made = build.project(part, x, *axes)
    build.copies = copies
    return made
