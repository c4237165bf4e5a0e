"""A mixture of experts."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.elementary import linear
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
    correction: str = "",
    scale_input: bool = False,
    input_norm: str = "",
    router_norm: str = "",
    expert_scale: bool = False,
    latent: str = "",
    latent_bias: bool = False,
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
        correction: a vector added to the scores by which experts are chosen (DeepSeek-V3,
            arXiv:2412.19437): a ``weight``, or a ``buffer`` that is no parameter.
        scale_input: the score scales the expert's input (Llama 4), not its output.
        input_norm: cost row of a norm, with a weight, on what the experts take (Gemma 4).
        router_norm: cost row of a norm, with a weight and a constant, on what the router takes.
        expert_scale: a learned factor per expert on the scores.
        latent: symbol of a dimension that the routed experts work in, between a matrix down
            to it and one back (Nemotron 3).
    """
    b, new, hidden = x.shape
    E, k, width = symbol(experts), symbol(chosen), symbol(intermediate)

    def project(name: str, tensor: Tensor, columns: sympy.Expr) -> Tensor:
        axes = "b t h" if len(tensor.shape) == len(x.shape) else "b t j h"
        weight = build.weight(
            f"{part}.{name}", E, tensor.shape[-1], columns, share=k / E, group=Group.EXPERT
        )
        equation = f"{axes}, e/j h i -> b t j i"
        shape = (b, new, k, columns)
        made = build.contract(
            f"{part}.{name}", equation, (tensor, weight), *shape, purpose=Purpose(name)
        )
        if not bias:
            return made
        name = f"{part}.{name}_bias"
        vectors = build.weight(name, E, columns, share=k / E, group=Group.BIAS)
        return build.pointwise(name, "add", made, vectors, purpose=Purpose.BIAS)

    weights = _route(
        build,
        part,
        x,
        E,
        norm=router_norm,
        bias=router_bias,
        scoring=scoring,
        correction=correction,
        scaled=expert_scale,
    )
    routed = x
    if input_norm:
        vector = build.weight(f"{part}.input_norm", hidden)
        routed = build.normalise(f"{part}.input_norm", input_norm, x, vector)
    if latent:
        routed = linear(build, f"{part}.latent_in", routed, output=latent, bias=latent_bias)
    if scale_input:
        routed = build.activation(f"{part}.scale", b, new, k, hidden)
        build.run(f"{part}.scale", "pointwise", "multiply", (x, weights), routed)
    inner = up = project("up", routed, width)
    if gated:
        inner = project("gate", routed, width)
    inner = build.pointwise(f"{part}.activation", activation, inner, purpose=Purpose.ACTIVATION)
    if gated:
        inner = build.pointwise(f"{part}.product", product, inner, up, purpose=Purpose.PRODUCT)
    down = project("down", inner, routed.shape[-1])
    function, sources = ("add", (down,)) if scale_input else ("multiply_add", (down, weights))
    combined = build.activation(f"{part}.combine", b, new, down.shape[-1])
    mixed = build.run(
        f"{part}.combine", "reduction", function, sources, combined, purpose=Purpose.COMBINE
    )
    if latent:
        matrix = build.weight(f"{part}.latent_out", down.shape[-1], hidden)
        name, equation = f"{part}.latent_out", "b t l, l h -> b t h"
        mixed = build.contract(name, equation, (mixed, matrix), b, new, hidden)
        mixed = build.add_bias(mixed, name, (hidden,)) if latent_bias else mixed
    if not shared:
        return mixed

    name = f"{part}_shared"
    always = feed_forward(
        build,
        name,
        x,
        intermediate=shared,
        activation=activation,
        product=product,
        gated=gated,
        bias=shared_bias,
        group=Group.SHARED_EXPERT,
    )
    if shared_gate:
        always = _opened(build, name, x, always)
    return build.pointwise(f"{name}.add", "add", mixed, always)


def _route(
    build: Builder,
    part: str,
    x: Tensor,
    E: sympy.Expr,
    *,
    norm: str,
    bias: bool,
    scoring: str,
    correction: str,
    scaled: bool,
) -> Tensor:
    """The scores of E experts for each token: 2 b T H E FLOPs and the scoring."""
    b, new, hidden = x.shape
    asked = x
    if norm:
        vector = build.weight(f"{part}.router_norm", hidden)
        asked = build.normalise(f"{part}.router_norm", norm, x, vector)
        asked = build.pointwise(f"{part}.router_scale", "scale", asked)
    router = build.weight(f"{part}.router", hidden, E, group=Group.ROUTER)
    equation, shape = "b t h, h e -> b t e", (b, new, E)
    scores = build.contract(
        f"{part}.router", equation, (asked, router), *shape, purpose=Purpose.ROUTER
    )
    score = Purpose.SCORING
    if bias:
        scores = build.add_bias(scores, f"{part}.router", (E,))
    if scoring == "softmax":
        weights = build.normalise(f"{part}.scoring", "softmax", scores, purpose=score)
    else:
        weights = build.pointwise(f"{part}.scoring", scoring, scores, purpose=score)
    if correction:
        learned = (build.weight(f"{part}.correction", E),) if correction == "weight" else ()
        weights = build.pointwise(f"{part}.correction", "add", weights, *learned, purpose=score)
    if scaled:
        factors = build.weight(f"{part}.expert_scale", E)
        weights = build.pointwise(
            f"{part}.expert_scale", "multiply", weights, factors, purpose=score
        )
    return weights


def _opened(build: Builder, part: str, x: Tensor, y: Tensor) -> Tensor:
    """y behind a sigmoid gate of one score per token: 2 b T H FLOPs and the gate."""
    b, new, hidden = x.shape
    one = sympy.Integer(1)
    vector = build.weight(f"{part}.opening", hidden, one, group=Group.ROUTER)
    equation = "b t h, h o -> b t o"
    opening = build.contract(
        f"{part}.opening", equation, (x, vector), b, new, one, purpose=Purpose.ROUTER
    )
    opening = build.pointwise(
        f"{part}.opening_sigmoid", "sigmoid", opening, purpose=Purpose.SCORING
    )
    return build.pointwise(f"{part}.opening_product", "multiply", y, opening)
