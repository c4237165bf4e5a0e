"""Attention of a decoder to what an encoder made of the source."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.layers.core import Core
from edgesym.symbols import symbol

__all__ = ["cross_attention", "hand_on"]


def hand_on(build: Builder, part: str, x: Tensor) -> Tensor:
    """Hands what enters on to later blocks, as a tensor called after the part; no cost."""
    made = Tensor(part, x.shape, x.role)
    build.handed.append(build.run(part, "view", "handed on", (x,), made))
    return made


def cross_attention(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    source: str,
    heads: str = "heads",
    head_dim: str = "head_dim",
    qkv_bias: bool = False,
    key_bias: bool | None = None,
    output_bias: bool = False,
    scaled: bool = True,
) -> Tensor:
    """Queries of the decoder on keys of the source (Vaswani et al. 2017, arXiv:1706.03762, 3.2.3).

    x (b, T, H), source (b, T_x, H) -> (b, T, H). Keys and values of the source are made
    once, when it is encoded, and kept: T_x tokens of it are projected in this step, C_x
    were before, and all S_x = C_x + T_x are attended to by every new token. FLOPs
    4 b T H A D for queries and output, 4 b T_x H A D for keys and values, 4 b T S_x A D
    for scores and mix.

    Args:
        source: name of the tensor that the encoder hands on.
        key_bias: whether keys have a bias, where it is not as for queries and values.
    """
    step = build.workload
    b, new, hidden = x.shape
    A, D, one = symbol(heads), symbol(head_dim), sympy.Integer(1)
    encoded = Tensor(source, (b, step.new_source, hidden))
    build.taken.append(encoded)

    def kept(name: str, biased: bool) -> Tensor:
        entering = b * step.new_source
        weight = build.weight(f"{part}.{name}", hidden, A, D, tokens=entering)
        shape = (b, step.new_source, A, D)
        rows = build.contract(
            f"{part}.{name}",
            "b u h, h k d -> b u k d",
            (encoded, weight),
            *shape,
            purpose=Purpose(name),
        )
        if biased:
            bias = f"{part}.{name}_bias"
            vector = build.weight(bias, A, D, tokens=entering, group=Group.BIAS)
            rows = build.pointwise(bias, "add", rows, vector, purpose=Purpose.BIAS)
        row = b * A * D
        cache = Cache(row * step.cached_source, row * step.new_source, row * step.source)
        whole = Tensor(f"{part}.{name}_cache", (b, step.source, A, D), Role.CACHE, cache=cache)
        return build.run(f"{part}.{name}_append", "append", "rows", (rows,), whole)

    axes, purpose = (A, one, D), Purpose.QUERY
    q = build.project(f"{part}.query", x, *axes, purpose=purpose, bias=qkv_bias)
    keys = kept("key", qkv_bias if key_bias is None else key_bias)
    values = kept("value", qkv_bias)
    y = Core(scaled=scaled).attend(build, part, q, keys, values, new * step.source)
    purpose = Purpose.OUTPUT
    return build.project(f"{part}.output", y, hidden, over=3, purpose=purpose, bias=output_bias)
