"""The lightning indexer: cheap scores that choose which tokens attention looks at."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.core import remember
from edgesym.layers.mask import mask as find_mask
from edgesym.layers.norm import norm
from edgesym.symbols import symbol

__all__ = ["indexer", "rotate", "select"]


def indexer(
    build: Builder,
    part: str,
    x: Tensor,
    query_latent: Tensor,
    *,
    heads: str = "heads.index",
    head_dim: str = "head_dim.index",
    rotary_dim: str = "head_dim.rotary",
) -> Tensor:
    """Index scores of the pairs (DeepSeek-V3.2, arXiv:2512.02556, eq 1), and their top.

    score(t, s) = sum_j w_tj relu(q_tj . k_s) over A_index heads of D_index, the queries made
    from the queries' latent (b, T, R_query), the one key and the weights w from x (b, T, H).
    FLOPs 2 b A_index (D_index + 1) per pair; D_index elements per token are cached.
    """
    D = symbol(head_dim)
    key = build.project(f"{part}.key", x, D, purpose=Purpose.INDEX)
    key = norm(build, f"{part}.key_norm", key, function="layer_norm", bias=True)
    key = rotate(build, f"{part}.key", key, rotary_dim)
    rule = find_mask("causal")
    keys = remember(build, part, "key", key, rule, "window", shared=False)
    pairs = rule.attended(build.workload, symbol("window"), build.convention)
    return select(build, part, x, query_latent, keys, pairs, heads=heads, rotary_dim=rotary_dim)


def select(
    build: Builder,
    part: str,
    x: Tensor,
    query_latent: Tensor,
    keys: Tensor,
    pairs: sympy.Expr,
    *,
    heads: str = "heads.index",
    rotary_dim: str = "head_dim.rotary",
    element_wise: bool = False,
) -> Tensor:
    """The keys (b, S, D_index) of the highest index score of each query, over the pairs.

    Args:
        element_wise: the sum over the heads runs as products and additions of elements, not
            as a contraction. The arithmetic is the same.
    """
    b = build.workload.batch
    A, D, index = symbol(heads), keys.shape[-1], Purpose.INDEX
    query = build.project(f"{part}.query", query_latent, A, D, purpose=index)
    query = rotate(build, f"{part}.query", query, rotary_dim)
    equation = "b t j d, b s d -> b j (t s)"
    scores = build.contract(f"{part}.scores", equation, (query, keys), b, A, pairs, purpose=index)
    scores = build.pointwise(f"{part}.relu", "relu", scores, purpose=index)
    weights = build.project(f"{part}.weights", x, A, purpose=index)
    weights = build.pointwise(f"{part}.scale", "scale", weights, purpose=index)
    if element_wise:
        mixed = build.activation(f"{part}.mix", b, pairs)
        sources = (scores, weights)
        build.run(mixed.name, "reduction", "multiply_add", sources, mixed, purpose=index)
    else:
        equation = "b t j, b j (t s) -> b (t s)"
        mixed = build.contract(f"{part}.mix", equation, (weights, scores), b, pairs, purpose=index)
    return build.pointwise(f"{part}.top", "compare", mixed, purpose=index)


def rotate(build: Builder, part: str, whole: Tensor, rotary_dim: str) -> Tensor:
    """The rotary embedding of some columns of the last axis; the others stay as they are."""
    turned = Tensor(f"{part}_turned", (*whole.shape[:-1], symbol(rotary_dim)))
    build.run(turned.name, "view", "rotated columns", (whole,), turned)
    output = build.activation(f"{part}_rotation", *whole.shape)
    sources = (turned, whole)
    return build.run(output.name, "reduction", "rotary", sources, output, purpose=Purpose.ROTARY)


def block_indexer(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    heads: str = "heads.index",
    head_dim: str = "head_dim.index",
    selected: str = "selected",
    block: str = "chunk",
) -> Tensor:
    """The blocks of keys that a query attends to (MiniMax-M3): (b, T, A_index, W / N).

    score(t, s) = q_tj . k_s over A_index heads of D_index, both normalised and rotated; a block
    of N keys counts as its highest score, and the blocks of the highest scores are taken.
    FLOPs 2 b A_index D_index per pair; D_index elements per token are cached.

    Source: MiniMaxM3VLIndexer in transformers 5.23.0.
    """
    b, new = build.workload.batch, build.workload.new
    A, D = symbol(heads), symbol(head_dim)

    def project(name: str, *axes: sympy.Expr) -> Tensor:
        made = build.project(f"{part}.{name}", x, *axes, purpose=Purpose.INDEX)
        made = norm(build, f"{part}.{name}_norm", made)
        return build.rotate(f"{part}.{name}_rotary", made)

    query, key = project("query", A, D), project("key", D)
    rule = find_mask("causal")
    keys = remember(build, part, "key", key, rule, "window", shared=False)
    pairs = rule.attended(build.workload, symbol("window"), build.convention)
    equation = "b t j d, b s d -> b j (t s)"
    scores = build.contract(
        f"{part}.scores", equation, (query, keys), b, A, pairs, purpose=Purpose.INDEX
    )
    top = build.activation(f"{part}.top", b, new, A, symbol(selected) / symbol(block))
    name = f"{part}.top"
    return build.run(name, "reduction", "compare", (scores,), top, purpose=Purpose.INDEX)
