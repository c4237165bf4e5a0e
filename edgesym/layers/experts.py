"""A mixture of experts."""

from __future__ import annotations

import sympy

from edgesym.graph.block import Builder
from edgesym.graph.tensor import Tensor
from edgesym.layers.feed_forward import feed_forward
from edgesym.symbols import symbol

__all__ = ["experts"]


def experts(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    experts: str = "experts",
    chosen: str = "experts_per_token",
    intermediate: str = "expert_intermediate",
    shared: str = "",
    shared_gate: bool = False,
    shared_bias: bool = False,
    activation: str = "silu",
    product: str = "multiply",
    gated: bool = True,
    bias: bool = False,
    router_bias: bool = False,
    scoring: str = "softmax",
    scale_input: bool = False,
) -> Tensor:
    """A mixture of experts (Shazeer et al. 2017, arXiv:1701.06538): (b, T, H) -> (b, T, H).

    A router scores E experts, each token uses k of them, and ``shared`` names the
    dimension of one expert that every token uses. Three sums fall out: stored
    (E experts), computed (k per token), and read (the expected number of distinct
    experts that b T tokens hit).

    Args:
        shared_gate: a sigmoid of one score opens the shared expert (Qwen1.5-MoE).
        product: cost row of the product of gate and up, where it is more than a product.
        gated: experts have three matrices, not two.
        bias: the matrices of the routed experts have biases (gpt-oss).
        scoring: ``softmax`` over the experts, or ``sigmoid`` of each score.
        scale_input: the score scales the expert's input (Llama 4), not its output.
    """
    b, new, hidden = x.shape
    E, k, width = symbol(experts), symbol(chosen), symbol(intermediate)

    def project(name: str, tensor: Tensor, columns: sympy.Expr) -> Tensor:
        axes = "b t h" if tensor is x else "b t j h"
        weight = build.weight(f"{part}.{name}", E, tensor.shape[-1], columns, share=k / E)
        equation = f"{axes}, e/j h i -> b t j i"
        made = build.contract(f"{part}.{name}", equation, (tensor, weight), b, new, k, columns)
        if not bias:
            return made
        vectors = build.weight(f"{part}.{name}_bias", E, columns, share=k / E)
        return build.pointwise(f"{part}.{name}_bias", "add", made, vectors)

    router = build.weight(f"{part}.router", hidden, E)
    scores = build.contract(f"{part}.router", "b t h, h e -> b t e", (x, router), b, new, E)
    if router_bias:
        scores = build.add_bias(scores, f"{part}.router", (E,))
    if scoring == "softmax":
        weights = build.normalise(f"{part}.scoring", "softmax", scores)
    else:
        weights = build.pointwise(f"{part}.scoring", scoring, scores)

    routed = x
    if scale_input:
        routed = build.activation(f"{part}.scale", b, new, k, hidden)
        build.run(f"{part}.scale", "pointwise", "multiply", (x, weights), routed)
    inner = up = project("up", routed, width)
    if gated:
        inner = project("gate", routed, width)
    inner = build.pointwise(f"{part}.activation", activation, inner)
    if gated:
        inner = build.pointwise(f"{part}.product", product, inner, up)
    down = project("down", inner, hidden)
    function, sources = ("add", (down,)) if scale_input else ("multiply_add", (down, weights))
    combined = build.activation(f"{part}.combine", b, new, hidden)
    mixed = build.run(f"{part}.combine", "reduction", function, sources, combined)
    if not shared:
        return mixed

    name = f"{part}_shared"
    always = feed_forward(
        build, name, x, intermediate=shared, activation=activation, gated=gated, bias=shared_bias
    )
    if shared_gate:
        one = sympy.Integer(1)
        vector = build.weight(f"{name}.opening", hidden, one)
        opening = build.contract(f"{name}.opening", "b t h, h o -> b t o", (x, vector), b, new, one)
        opening = build.pointwise(f"{name}.opening_sigmoid", "sigmoid", opening)
        always = build.pointwise(f"{name}.opening_product", "multiply", always, opening)
    return build.pointwise(f"{name}.add", "add", mixed, always)
