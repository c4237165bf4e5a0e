"""Attention with grouped queries over a key/value cache."""

from __future__ import annotations

from edgesym.graph.block import Builder
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.mask import mask as find_mask
from edgesym.symbols import symbol

__all__ = ["attention"]

#: Normalisation of queries and keys -> its cost row and whether it has a weight.
_QUERY_KEY_NORMS = {"rms": ("rms_norm", True), "l2": ("l2_norm", False)}


def attention(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    heads: str = "heads",
    kv_heads: str = "kv_heads",
    head_dim: str = "head_dim",
    mask: str = "causal",
    width: str = "window",
    rotary: bool = True,
    qkv_bias: bool = False,
    output_bias: bool = False,
    query_key_norm: str = "",
    temperature: bool = False,
    softcap: bool = False,
) -> Tensor:
    """Grouped-query attention (Ainslie et al. 2023, arXiv:2305.13245): (b, T, H) -> (b, T, H).

    Queries are kept as (b, T, K, A/K, D), so that each of the K keys serves its
    group of A/K queries: K and V are read once per group and multiplied once per
    query head. FLOPs of scores and values: 2 b A D per pair of tokens each, the
    pairs being those of the mask.

    Args:
        width: symbol of the mask's width, for the masks that have one.
        query_key_norm: ``rms`` per head with a weight (Gemma 3), ``l2`` without (Llama 4).
        temperature: queries are scaled per position (Llama 4's layers without rotary).
        softcap: scores pass through c tanh(s / c) (Gemma 2).
    """
    b, new = build.workload.batch, build.workload.new
    A, K, D = symbol(heads), symbol(kv_heads), symbol(head_dim)
    group = A / K
    hidden = x.shape[-1]

    def project(name: str, equation: str, *axes: str) -> Tensor:
        shape = {"k": K, "g": group, "d": D}
        extents = tuple(shape[axis] for axis in axes)
        weight = build.weight(f"{part}.{name}", hidden, *extents)
        made = build.contract(f"{part}.{name}", equation, (x, weight), b, new, *extents)
        return build.add_bias(made, f"{part}.{name}", extents) if qkv_bias else made

    q = project("query", "b t h, h k g d -> b t k g d", "k", "g", "d")
    k = project("key", "b t h, h k d -> b t k d", "k", "d")
    v = project("value", "b t h, h k d -> b t k d", "k", "d")

    if query_key_norm:
        function, weighted = _QUERY_KEY_NORMS[query_key_norm]
        q, k = (
            build.normalise(
                f"{part}.{name}_norm",
                function,
                tensor,
                *((build.weight(f"{part}.{name}_norm", D),) if weighted else ()),
            )
            for name, tensor in (("query", q), ("key", k))
        )
    if rotary:
        q = build.pointwise(f"{part}.query_rotary", "rotary", q)
        k = build.pointwise(f"{part}.key_rotary", "rotary", k)
    if temperature:
        q = build.pointwise(f"{part}.temperature", "scale", q)

    rule, span = find_mask(mask), symbol(width)
    tokens, cache = rule.cache(build.workload, span, K * D)
    pairs = rule.attended(build.workload, span, build.convention)

    def append(name: str, tensor: Tensor) -> Tensor:
        whole = Tensor(f"{part}.{name}_cache", (b, tokens, K, D), Role.CACHE, cache=cache)
        return build.run(f"{part}.{name}_append", "append", "rows", (tensor,), whole)

    keys, values = append("key", k), append("value", v)
    scores = build.contract(
        f"{part}.scores", "b t k g d, b s k d -> b k g (t s)", (q, keys), b, K, group, pairs
    )
    if softcap:
        scores = build.pointwise(f"{part}.softcap", "softcap", scores)
    weights = build.normalise(f"{part}.softmax", "scaled_softmax", scores)
    mixed = build.contract(
        f"{part}.values",
        "b k g (t s), b s k d -> b t k g d",
        (weights, values),
        *(b, new, K, group, D),
    )
    output = build.weight(f"{part}.output", K, group, D, hidden)
    y = build.contract(
        f"{part}.output", "b t k g d, k g d h -> b t h", (mixed, output), b, new, hidden
    )
    return build.add_bias(y, f"{part}.output", (hidden,)) if output_bias else y
