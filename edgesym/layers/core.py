"""What all softmax attention has in common: the cache, the scores, the mix of values."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.mask import Mask
from edgesym.symbols import symbol

__all__ = ["attend", "remember"]


def remember(
    build: Builder, part: str, name: str, rows: Tensor, rule: Mask, width: str, *, shared: bool
) -> Tensor:
    """The rows that the new tokens attend to: those held in the cache, and the new ones.

    ``rows`` has the shape (b, T, ...). A mask without a cache attends to the new rows
    themselves; with ``shared`` the cache is another layer's, which has appended to it.
    """
    if not rule.caches:
        return rows
    b, _, *axes = rows.shape
    tokens, cache = rule.cache(build.workload, symbol(width), sympy.Mul(*axes))
    whole = f"{part}.{name}_cache"
    if shared:
        return Tensor(whole, (b, tokens, *axes), Role.CACHE)
    made = Tensor(whole, (b, tokens, *axes), Role.CACHE, cache=cache)
    return build.run(f"{part}.{name}_append", "append", "rows", (rows,), made)


def attend(
    build: Builder,
    part: str,
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    pairs: sympy.Expr,
    *,
    softcap: bool = False,
    position_bias: bool = False,
    relative: str = "",
    scaled: bool = True,
    sinks: bool = False,
    chosen: Tensor | None = None,
) -> Tensor:
    """softmax(q k) v over the pairs that the mask lets through.

    query (b, T, K, G, D), keys (b, S, K, D), values (b, S, K, D_v) -> (b, T, K, G, D_v);
    FLOPs 2 b K G (D + D_v) per pair, and the softmax.

    Args:
        softcap: scores pass through c tanh(s / c) (Gemma 2).
        position_bias: a bias that depends on the distance is added to the scores
            (ALiBi, Press et al. 2021, arXiv:2108.12409).
        relative: name of the biases of relative positions, (A, pairs), that an earlier
            block hands on to all layers (T5).
        scaled: scores are scaled by a constant before the softmax.
        sinks: a learned score per head takes part in the softmax (gpt-oss).
        chosen: which keys each query attends to, where something else chose them.
    """
    b, new, heads, group, _ = query.shape
    scores = build.contract(
        f"{part}.scores",
        "b t k g d, b s k d -> b k g (t s)",
        (query, keys),
        *(b, heads, group, pairs),
        purpose=Purpose.SCORES,
    )
    modify = Purpose.SCORE_MODIFIER
    biases = [Tensor(relative, (heads * group, pairs))] if relative else []
    build.taken += biases
    if position_bias or biases:
        scores = build.pointwise(f"{part}.position_bias", "add", scores, *biases, purpose=modify)
    if softcap:
        scores = build.pointwise(f"{part}.softcap", "softcap", scores, purpose=modify)
    sink = (build.weight(f"{part}.sinks", heads, group, group=Group.VECTOR),) if sinks else ()
    function = "scaled_softmax" if scaled else "softmax"
    choice = () if chosen is None else (chosen,)
    extra = (*sink, *choice)
    weights = build.normalise(f"{part}.softmax", function, scores, *extra, purpose=Purpose.SOFTMAX)
    return build.contract(
        f"{part}.values",
        "b k g (t s), b s k d -> b t k g d",
        (weights, values),
        *(b, new, heads, group, values.shape[-1]),
        purpose=Purpose.VALUES,
    )
