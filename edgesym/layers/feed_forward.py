"""The dense feed-forward layer."""

from __future__ import annotations

import sympy

from edgesym.graph.block import Builder
from edgesym.graph.tensor import Tensor
from edgesym.symbols import symbol

__all__ = ["feed_forward"]


def feed_forward(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    intermediate: str = "intermediate",
    activation: str = "silu",
    product: str = "multiply",
    sparsity: str = "",
    gated: bool = True,
    bias: bool = False,
) -> Tensor:
    """Two or, gated, three matrices (Shazeer 2020, arXiv:2002.05202): (b, T, H) -> (b, T, H).

    Gated: down(f(gate x) * up x), 6 b T H I FLOPs; plain: down(f(up x)), 4 b T H I.

    Args:
        product: cost row of the product of gate and up, where it is more than a product.
        sparsity: cost row of a selection on the gate before its activation (Gemma 3n).
    """
    b, new, hidden = x.shape
    width = symbol(intermediate)

    def project(name: str, tensor: Tensor, rows: sympy.Expr, columns: sympy.Expr) -> Tensor:
        weight = build.weight(f"{part}.{name}", rows, columns)
        made = build.contract(
            f"{part}.{name}", "b t h, h i -> b t i", (tensor, weight), b, new, columns
        )
        return build.add_bias(made, f"{part}.{name}", (columns,)) if bias else made

    gate = project("gate", x, hidden, width) if gated else None
    up = project("up", x, hidden, width)
    inner = up if gate is None else gate
    if sparsity:
        inner = build.normalise(f"{part}.sparsity", sparsity, inner)
    inner = build.pointwise(f"{part}.activation", activation, inner)
    if gate is not None:
        inner = build.pointwise(f"{part}.product", product, inner, up)
    return project("down", inner, width, hidden)
