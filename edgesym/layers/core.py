"""What all softmax attention has in common: the cache, the scores, the mix of values."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.mask import Mask
from edgesym.symbols import symbol

__all__ = ["Core", "remember"]


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


@dataclass(frozen=True, slots=True)
class Core:
    """softmax(q k) v: the core of attention.

    Attributes:
        softcap: scores pass through c tanh(s / c) (Gemma 2).
        position_bias: a bias that depends on the distance is added to the scores
            (ALiBi, Press et al. 2021, arXiv:2108.12409).
        relative: name of the biases of relative positions, (A, pairs), that an earlier
            block hands on to all layers (T5).
        scaled: scores are scaled before the softmax (GPT-Neo's and T5's are not).
        sinks: a learned score per head takes part in the softmax (gpt-oss).
    """

    softcap: bool = False
    position_bias: bool = False
    relative: str = ""
    scaled: bool = True
    sinks: bool = False

    def attend(
        self,
        build: Builder,
        part: str,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        pairs: sympy.Expr,
        chosen: Tensor | None = None,
    ) -> Tensor:
        """softmax(q k) v over the pairs that the mask lets through.

        query (b, T, K, G, D), keys (b, S, K, D), values (b, S, K, D_v) -> (b, T, K, G, D_v);
        FLOPs 2 b K G (D + D_v) per pair, and the softmax. ``chosen`` is which keys each query
        attends to, where something else chose them.
        """
        b, new, heads, group, _ = query.shape
        scores = build.contract(
            f"{part}.scores",
            "b t k g d, b s k d -> b k g (t s)",
            (query, keys),
            *(b, heads, group, pairs),
            purpose=Purpose.SCORES,
        )
        weights = self._weights(build, part, self._modified(build, part, scores), chosen)
        return build.contract(
            f"{part}.values",
            "b k g (t s), b s k d -> b t k g d",
            (weights, values),
            *(b, new, heads, group, values.shape[-1]),
            purpose=Purpose.VALUES,
        )

    def _modified(self, build: Builder, part: str, scores: Tensor) -> Tensor:
        """The scores (b, K, G, pairs) with their biases, capped."""
        _, heads, group, pairs = scores.shape
        modify = Purpose.SCORE_MODIFIER
        biases = [Tensor(self.relative, (heads * group, pairs))] if self.relative else []
        build.taken += biases
        if self.position_bias or biases:
            name = f"{part}.position_bias"
            scores = build.pointwise(name, "add", scores, *biases, purpose=modify)
        if self.softcap:
            scores = build.pointwise(f"{part}.softcap", "softcap", scores, purpose=modify)
        return scores

    def _weights(self, build: Builder, part: str, scores: Tensor, chosen: Tensor | None) -> Tensor:
        """The softmax of the scores."""
        name, extra = f"{part}.softmax", []
        if self.sinks:
            extra.append(build.weight(f"{part}.sinks", *scores.shape[1:3], group=Group.VECTOR))
        if chosen is not None:
            extra.append(chosen)
        function = "scaled_softmax" if self.scaled else "softmax"
        return build.normalise(name, function, scores, *extra, purpose=Purpose.SOFTMAX)
