"""Feed-forward layers: dense, and a mixture of experts."""

from __future__ import annotations

import sympy

from edgesym.graph.block import Builder
from edgesym.graph.tensor import Tensor
from edgesym.symbols import symbol

__all__ = ["experts", "feed_forward"]


def feed_forward(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    intermediate: str = "intermediate",
    activation: str = "silu",
    gated: bool = True,
    bias: bool = False,
) -> Tensor:
    """Two or, gated, three matrices (Shazeer 2020, arXiv:2002.05202): (b, T, H) -> (b, T, H).

    Gated: down(f(gate x) * up x), 6 b T H I FLOPs; plain: down(f(up x)), 4 b T H I.
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
    inner = build.pointwise(f"{part}.activation", activation, up if gate is None else gate)
    if gate is not None:
        inner = build.pointwise(f"{part}.product", "multiply", inner, up)
    return project("down", inner, width, hidden)


def experts(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    experts: str = "experts",
    chosen: str = "experts_per_token",
    intermediate: str = "expert_intermediate",
    shared: str = "",
    activation: str = "silu",
    scoring: str = "softmax",
    scale_input: bool = False,
) -> Tensor:
    """A mixture of gated experts (Shazeer et al. 2017, arXiv:1701.06538): (b, T, H) -> (b, T, H).

    A router scores E experts, each token uses k of them, and ``shared`` names the
    dimension of one expert that every token uses. Three sums fall out: stored
    (E experts), computed (k per token), and read (the expected number of distinct
    experts that b T tokens hit).

    Args:
        scoring: ``softmax`` over the experts, or ``sigmoid`` of each score.
        scale_input: the score scales the expert's input (Llama 4), not its output.
    """
    b, new, hidden = x.shape
    E, k, width = symbol(experts), symbol(chosen), symbol(intermediate)
    router = build.weight(f"{part}.router", hidden, E)
    scores = build.contract(f"{part}.router", "b t h, h e -> b t e", (x, router), b, new, E)
    if scoring == "softmax":
        weights = build.normalise(f"{part}.scoring", "softmax", scores)
    else:
        weights = build.pointwise(f"{part}.scoring", scoring, scores)

    def project(name: str, tensor: Tensor, axes: str, columns: sympy.Expr) -> Tensor:
        weight = build.weight(f"{part}.{name}", E, tensor.shape[-1], columns, share=k / E)
        equation = f"{axes}, e/j h i -> b t j i"
        return build.contract(f"{part}.{name}", equation, (tensor, weight), b, new, k, columns)

    routed, axes = x, "b t h"
    if scale_input:
        routed = build.activation(f"{part}.scale", b, new, k, hidden)
        build.run(f"{part}.scale", "pointwise", "multiply", (x, weights), routed)
        axes = "b t j h"
    gate, up = project("gate", routed, axes, width), project("up", routed, axes, width)
    inner = build.pointwise(f"{part}.activation", activation, gate)
    inner = build.pointwise(f"{part}.product", "multiply", inner, up)
    down = project("down", inner, "b t j h", hidden)
    combined = build.activation(f"{part}.combine", b, new, hidden)
    function, sources = ("add", (down,)) if scale_input else ("multiply_add", (down, weights))
    mixed = build.run(f"{part}.combine", "reduction", function, sources, combined)
    if not shared:
        return mixed
    always = feed_forward(build, f"{part}_shared", x, intermediate=shared, activation=activation)
    return build.pointwise(f"{part}_shared.add", "add", mixed, always)
