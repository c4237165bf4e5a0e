"""Low-rank adapters beside a matrix that several layers share."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.tensor import Tensor

__all__ = ["add_adapter", "low_rank"]


def low_rank(build: Builder, part: str, x: Tensor, rank: sympy.Expr) -> Tensor:
    """The first matrix of an adapter: (b, T, H) -> (b, T, r), 2 b T H r FLOPs."""
    weight = _own(build, part, x.shape[-1], rank)
    return build.contract(part, "b t h, h r -> b t r", (x, weight), *x.shape[:2], rank)


def add_adapter(build: Builder, part: str, low: Tensor, made: Tensor, axes: str) -> Tensor:
    """``made`` plus the second matrix of an adapter (Hu et al. 2021, arXiv:2106.09685).

    (b, T, r) -> the shape of ``made``, whose axes after the tokens are named ``axes``:
    2 b T r FLOPs per element of those, and the addition.
    """
    weight = _own(build, part, low.shape[-1], *made.shape[2:])
    update = build.contract(part, f"b t r, r {axes} -> b t {axes}", (low, weight), *made.shape)
    return build.pointwise(f"{part}_add", "add", made, update)


def _own(build: Builder, name: str, *shape: sympy.Expr) -> Tensor:
    """A weight of the layer itself, whatever weights are shared around it."""
    copies, build.copies = build.copies, None
    weight = build.weight(name, *shape)
    build.copies = copies
    return weight
