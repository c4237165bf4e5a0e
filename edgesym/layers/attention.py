"""Attention with grouped queries over a key/value cache."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.core import Core, remember
from edgesym.layers.heads import Extents, Projections, QueryKeyNorm, Turning, ValueScale
from edgesym.layers.indexer import block_indexer
from edgesym.layers.mask import mask as find_mask
from edgesym.layers.options import composed
from edgesym.symbols import symbol

__all__ = ["attention"]


@dataclass(frozen=True, slots=True)
class Span:
    """Which tokens are attended to, and whose keys and values.

    Attributes:
        mask: a row of :data:`edgesym.layers.mask.MASKS`.
        width: symbol of the mask's width, for the masks that have one.
        shared_cache: no keys and values of its own; those of an earlier layer (Gemma 3n).
        indexed: an indexer selects the blocks of keys that the mask lets through (MiniMax-M3).
    """

    mask: str = "causal"
    width: str = "window"
    shared_cache: bool = False
    indexed: bool = False

    def remembered(self, build: Builder, part: str, name: str, rows: Tensor) -> Tensor:
        """Keys or values of all tokens attended to, of which ``rows`` are the new ones'."""
        rule = find_mask(self.mask)
        return remember(build, part, name, rows, rule, self.width, shared=self.shared_cache)

    def pairs(self, build: Builder) -> sympy.Expr:
        """Pairs of a new token and one that it attends to."""
        rule = find_mask(self.mask)
        return rule.attended(build.workload, symbol(self.width), build.convention)

    def chosen(self, build: Builder, part: str, x: Tensor) -> Tensor | None:
        """What the indexer chose, if there is one."""
        return block_indexer(build, f"{part}.indexer", x) if self.indexed else None


@dataclass(frozen=True, slots=True)
class Gate:
    """A sigmoid gate on what leaves the heads.

    Attributes:
        gated: there is one, of the width A D (Qwen3-Next).
        gate_per_head: there is one, of one number per head (Step 3.7).
        gate_bias: it has a bias of the width A D where queries have one (not AFMoE's).
    """

    gated: bool = False
    gate_per_head: bool = False
    gate_bias: bool = True

    def opened(self, build: Builder, part: str, x: Tensor, y: Tensor, *, biased: bool) -> Tensor:
        """y (b, T, K, A/K, D) times a gate made of x; 2 b T H A D FLOPs, or 2 b T H A."""
        if not (self.gated or self.gate_per_head):
            return y
        purpose, axes = Purpose.OPENING, y.shape[2:4] if self.gate_per_head else y.shape[2:]
        biased = biased and self.gate_bias and not self.gate_per_head
        made = build.project(f"{part}.gate", x, *axes, purpose=purpose, bias=biased)
        opening = build.pointwise(f"{part}.gate_sigmoid", "sigmoid", made, purpose=purpose)
        return build.pointwise(f"{part}.gate_product", "multiply", y, opening, purpose=purpose)


@dataclass(frozen=True, slots=True)
class Output:
    """The product that leaves attention.

    Attributes:
        output: symbol of the width that leaves.
        output_norm: cost row of a norm before it, with a weight of A D (BitNet).
        output_bias: it has a bias.
    """

    output: str = "hidden"
    output_norm: str = ""
    output_bias: bool = False

    def leaving(self, build: Builder, part: str, y: Tensor) -> Tensor:
        """(b, T, K, A/K, D) -> (b, T, H), 2 b T A D H FLOPs."""
        if self.output_norm:
            gain = build.weight(f"{part}.output_norm", *y.shape[2:])
            y = build.normalise(f"{part}.output_norm", self.output_norm, y, gain)
        name, bias = f"{part}.output", self.output_bias
        width = symbol(self.output)
        return build.project(name, y, width, over=3, purpose=Purpose.OUTPUT, bias=bias)


@composed
def attention(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    extents: Extents,
    projections: Projections,
    norm: QueryKeyNorm,
    turning: Turning,
    scale: ValueScale,
    span: Span,
    core: Core,
    gate: Gate,
    output: Output,
) -> Tensor:
    """Grouped-query attention (Ainslie et al. 2023, arXiv:2305.13245): (b, T, H) -> (b, T, H).

    Queries are kept as (b, T, K, A/K, D), so that each of the K keys serves its
    group of A/K queries: K and V are read once per group and multiplied once per
    query head. FLOPs of scores and values: 2 b A D per pair of tokens each, the
    pairs being those of the mask.

    The options are the fields of the stages.
    """
    query = projections.query(build, part, x, extents.queries)
    query = turning.query(build, part, norm.normalised(build, f"{part}.query", query))
    if span.shared_cache:
        key, value = (
            Tensor(name, (*x.shape[:2], *axes))
            for name, axes in (("key", extents.keys), ("value", extents.values))
        )
    else:
        made = projections.key(build, part, x, extents.keys)
        alike = projections.values_are_keys
        value = made if alike else projections.value(build, part, x, extents.values)
        key = turning.key(build, part, norm.normalised(build, f"{part}.key", made))
        value = scale.value(build, part, value)
    keys = span.remembered(build, part, "key", key)
    values = span.remembered(build, part, "value", value)
    chosen = span.chosen(build, part, x)
    y = core.attend(build, part, query, keys, values, span.pairs(build), chosen)
    y = gate.opened(build, part, x, y, biased=projections.qkv_bias)
    return output.leaving(build, part, y)
