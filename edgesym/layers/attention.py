"""Attention with grouped queries over a key/value cache."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.adapter import add_adapter, low_rank
from edgesym.layers.core import attend, remember
from edgesym.layers.indexer import block_indexer
from edgesym.layers.mask import mask as find_mask
from edgesym.symbols import symbol

__all__ = ["attention"]


def attention(  # noqa: PLR0915
    build: Builder,
    part: str,
    x: Tensor,
    *,
    heads: str = "heads",
    kv_heads: str = "kv_heads",
    head_dim: str = "head_dim",
    value_dim: str = "",
    output: str = "hidden",
    mask: str = "causal",
    width: str = "window",
    rotary: bool = True,
    qkv_bias: bool = False,
    key_bias: bool | None = None,
    output_bias: bool = False,
    query_key_norm: str = "",
    norm_over: str = "head",
    norm_weight: bool = True,
    norm_bias: bool = False,
    value_norm: str = "",
    value_scaled: bool = False,
    output_norm: str = "",
    temperature: bool = False,
    softcap: bool = False,
    position_bias: bool = False,
    relative: str = "",
    scaled: bool = True,
    clip: bool = False,
    sinks: bool = False,
    gated: bool = False,
    gate_per_head: bool = False,
    values_are_keys: bool = False,
    shared_cache: bool = False,
    indexed: bool = False,
    adapter: str = "",
) -> Tensor:
    """Grouped-query attention (Ainslie et al. 2023, arXiv:2305.13245): (b, T, H) -> (b, T, H).

    Queries are kept as (b, T, K, A/K, D), so that each of the K keys serves its
    group of A/K queries: K and V are read once per group and multiplied once per
    query head. FLOPs of scores and values: 2 b A D per pair of tokens each, the
    pairs being those of the mask.

    Args:
        value_dim: symbol of the values' dimension, where it is not that of the keys.
        output: symbol of the width that leaves.
        width: symbol of the mask's width, for the masks that have one.
        key_bias: whether keys have a bias, where it is not as for queries and values.
        query_key_norm: cost row of a norm on queries and keys, such as ``rms_norm``.
        norm_over: ``head`` (a weight of D, Gemma 3), ``heads`` (a weight of A D and one of
            K D, applied head by head or to the full width, OLMo 2).
        norm_weight: whether that norm has a weight (Llama 4's has none).
        norm_bias: whether it has a bias as well (Phi).
        value_norm: cost row of a norm without weight on the values (Gemma 4).
        value_scaled: values are multiplied by a constant (MiMo-V2-Flash).
        output_norm: cost row of a norm, with a weight of A D, on what leaves the heads (BitNet).
        scaled: scores are scaled before the softmax (GPT-Neo's and T5's are not).
        clip: queries, keys and values are clipped to a range (MPT, OLMo).
        temperature: queries are scaled per position (Llama 4's layers without rotary).
        relative: name of the biases of relative positions that an earlier block hands on (T5).
        gated: a sigmoid gate of the width A D on what leaves the heads (Qwen3-Next).
        gate_per_head: such a gate of one number per head (Step 3.7).
        values_are_keys: no projection of values; the keys are taken (Gemma 4).
        shared_cache: no keys and values of its own; those of an earlier layer (Gemma 3n).
        adapter: symbol of the rank of adapters beside the matrices of queries, keys and values
            (Zamba2); where those are shared between layers, the adapters are not.
        indexed: an indexer selects the blocks of keys that the mask lets through (MiniMax-M3).
    """
    b, new = build.workload.batch, build.workload.new
    A, K, D = symbol(heads), symbol(kv_heads), symbol(head_dim)
    V = symbol(value_dim or head_dim)
    group = A / K

    def project(name: str, axes: tuple[sympy.Expr, ...], biased: bool) -> Tensor:
        letters = "k g d" if len(axes) == 3 else "k d"
        weight = build.weight(f"{part}.{name}", x.shape[-1], *axes)
        equation = f"b t h, h {letters} -> b t {letters}"
        made = build.contract(
            f"{part}.{name}", equation, (x, weight), b, new, *axes, purpose=Purpose(name)
        )
        if adapter and name in ("query", "key", "value"):
            low = low_rank(build, f"{part}.{name}_down", x, symbol(adapter))
            made = add_adapter(build, f"{part}.{name}_up", low, made, letters)
        made = build.add_bias(made, f"{part}.{name}", axes) if biased else made
        clipped = clip and name in ("query", "key", "value")
        return build.pointwise(f"{part}.{name}_clip", "clip", made) if clipped else made

    def normalised(name: str, tensor: Tensor) -> Tensor:
        if not query_key_norm:
            return tensor
        extents = (D,) if norm_over == "head" else tensor.shape[2:]
        weight = [build.weight(f"{part}.{name}_norm", *extents)] if norm_weight else []
        if norm_bias:
            weight.append(build.weight(f"{part}.{name}_norm_bias", *extents))
        return build.normalise(f"{part}.{name}_norm", query_key_norm, tensor, *weight)

    def rotated(name: str, tensor: Tensor) -> Tensor:
        return build.rotate(f"{part}.{name}_rotary", tensor) if rotary else tensor

    rule = find_mask(mask)
    q = rotated("query", normalised("query", project("query", (K, group, D), qkv_bias)))
    if temperature:
        q = build.pointwise(f"{part}.temperature", "scale", q)
    if shared_cache:
        keys, values = (
            remember(build, part, name, Tensor(name, (b, new, K, D)), rule, width, shared=True)
            for name in ("key", "value")
        )
    else:
        k = project("key", (K, D), qkv_bias if key_bias is None else key_bias)
        v = k if values_are_keys else project("value", (K, V), qkv_bias)
        k = rotated("key", normalised("key", k))
        if value_norm:
            v = build.normalise(f"{part}.value_norm", value_norm, v)
        if value_scaled:
            v = build.pointwise(f"{part}.value_scale", "scale", v)
        keys = remember(build, part, "key", k, rule, width, shared=False)
        values = remember(build, part, "value", v, rule, width, shared=False)
    pairs = rule.attended(build.workload, symbol(width), build.convention)
    chosen = block_indexer(build, f"{part}.indexer", x) if indexed else None
    y = attend(
        build,
        part,
        q,
        keys,
        values,
        pairs,
        softcap=softcap,
        position_bias=position_bias,
        relative=relative,
        scaled=scaled,
        sinks=sinks,
        chosen=chosen,
    )
    if gated or gate_per_head:
        opening = _opening(build, part, x, y.shape[2:4] if gate_per_head else y.shape[2:], qkv_bias)
        y = build.pointwise(f"{part}.gate_product", "multiply", y, opening, purpose=Purpose.OPENING)
    if output_norm:
        gain = build.weight(f"{part}.output_norm", K, group, V)
        y = build.normalise(f"{part}.output_norm", output_norm, y, gain)
    H = symbol(output)
    weight = build.weight(f"{part}.output", K, group, V, H)
    equation = "b t k g d, k g d h -> b t h"
    y = build.contract(f"{part}.output", equation, (y, weight), b, new, H, purpose=Purpose.OUTPUT)
    return build.add_bias(y, f"{part}.output", (H,)) if output_bias else y


def _opening(
    build: Builder, part: str, x: Tensor, axes: tuple[sympy.Expr, ...], biased: bool
) -> Tensor:
    """A sigmoid gate, one number for each of the axes (K, A/K) or (K, A/K, D)."""
    letters = "k g d" if len(axes) == 3 else "k g"
    weight = build.weight(f"{part}.gate", x.shape[-1], *axes)
    equation = f"b t h, h {letters} -> b t {letters}"
    made = build.contract(
        f"{part}.gate", equation, (x, weight), *x.shape[:2], *axes, purpose=Purpose.OPENING
    )
    if biased and len(axes) == 3:
        made = build.add_bias(made, f"{part}.gate", axes)
    return build.pointwise(f"{part}.gate_sigmoid", "sigmoid", made, purpose=Purpose.OPENING)
