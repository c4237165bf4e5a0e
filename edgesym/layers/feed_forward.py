"""The dense feed-forward layer."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.adapter import add_adapter, low_rank
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
    activation_weights: int = 0,
    inner_norm: str = "",
    gated: bool = True,
    bias: bool = False,
    adapter: str = "",
    group: Group = Group.LINEAR,
) -> Tensor:
    """Two or, gated, three matrices (Shazeer 2020, arXiv:2002.05202): (b, T, H) -> (b, T, H).

    Gated: down(f(gate x) * up x), 6 b T H I FLOPs; plain: down(f(up x)), 4 b T H I.

    Args:
        product: cost row of the product of gate and up, where it is more than a product.
        sparsity: cost row of a selection on the gate before its activation (Gemma 3n).
        activation_weights: learned scalars of the activation (xIELU has two).
        inner_norm: cost row of a norm, with a weight of I, on what enters the last matrix
            (BitNet).
        adapter: symbol of the rank of an adapter beside the matrices that x enters (Zamba2);
            where those are shared between layers, the adapter is not.
        group: what its matrices are, as number formats tell weights apart.
    """
    b, new, hidden = x.shape
    width = symbol(intermediate)
    low = low_rank(build, f"{part}.adapter", x, symbol(adapter)) if adapter else None

    def project(name: str, tensor: Tensor, rows: sympy.Expr, columns: sympy.Expr) -> Tensor:
        weight = build.weight(f"{part}.{name}", rows, columns, group=group)
        made = build.contract(
            f"{part}.{name}",
            "b t h, h i -> b t i",
            (tensor, weight),
            *(b, new, columns),
            purpose=Purpose(name),
        )
        if low and tensor is x:
            made = add_adapter(build, f"{part}.{name}_adapter", low, made, "i")
        return build.add_bias(made, f"{part}.{name}", (columns,)) if bias else made

    gate = project("gate", x, hidden, width) if gated else None
    up = project("up", x, hidden, width)
    inner = up if gate is None else gate
    if sparsity:
        inner = build.normalise(f"{part}.sparsity", sparsity, inner, purpose=Purpose.ACTIVATION)
    learned = []
    if activation_weights:
        learned.append(build.weight(f"{part}.activation", sympy.Integer(activation_weights)))
    inner = build.pointwise(
        f"{part}.activation", activation, inner, *learned, purpose=Purpose.ACTIVATION
    )
    if gate is not None:
        inner = build.pointwise(f"{part}.product", product, inner, up, purpose=Purpose.PRODUCT)
    if inner_norm:
        inner_weight = build.weight(f"{part}.inner_norm", width)
        inner = build.normalise(f"{part}.inner_norm", inner_norm, inner, inner_weight)
    return project("down", inner, width, hidden)
