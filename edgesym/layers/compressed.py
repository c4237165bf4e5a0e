"""Attention over a window of tokens and over compressed rows of all that came before."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.compressor import compressor, visible_pairs
from edgesym.layers.core import Core, remember
from edgesym.layers.indexer import rotate, select
from edgesym.layers.mask import mask as find_mask
from edgesym.layers.norm import norm
from edgesym.layers.options import composed
from edgesym.symbols import symbol

__all__ = ["compressed_attention"]

_ONE = sympy.Integer(1)


@dataclass(frozen=True, slots=True)
class Extents:
    """The extents of DeepSeek-V4's attention.

    Attributes:
        heads: symbol of A.
        head_dim: symbol of D.
        rotary_dim: symbol of the columns that are rotated.
        query_latent: symbol of the width that queries are made from.
        groups: symbol of G, the groups of heads that leave together.
        output_latent: symbol of R_output, the width each of them leaves by.
    """

    heads: str = "heads"
    head_dim: str = "head_dim"
    rotary_dim: str = "head_dim.rotary"
    query_latent: str = "latent.query"
    groups: str = "output_groups"
    output_latent: str = "latent.output"

    def queries(self, build: Builder, part: str, latent: Tensor) -> Tensor:
        """(b, T, R_query) -> (b, T, 1, A, D), normalised without a weight and rotated."""
        axes = (_ONE, symbol(self.heads), symbol(self.head_dim))
        query = build.project(f"{part}.query_up", latent, *axes, purpose=Purpose.QUERY)
        query = build.normalise(f"{part}.query_norm", "l2_norm", query)
        return rotate(build, f"{part}.query", query, self.rotary_dim)

    def keys(self, build: Builder, part: str, x: Tensor) -> Tensor:
        """(b, T, H) -> (b, T, 1, D), normalised and rotated."""
        axes = (_ONE, symbol(self.head_dim))
        key = build.project(f"{part}.key_value", x, *axes, purpose=Purpose.KEY)
        key = norm(build, f"{part}.key_norm", key)
        return rotate(build, f"{part}.key", key, self.rotary_dim)

    def leaving(self, build: Builder, part: str, y: Tensor, hidden: sympy.Expr) -> Tensor:
        """(b, T, 1, A, D) -> (b, T, H): rotated back, projected in groups, and mixed."""
        y = rotate(build, f"{part}.back", y, self.rotary_dim)
        b, new, _, A, D = y.shape
        G, U = symbol(self.groups), symbol(self.output_latent)
        grouped = Tensor(f"{part}.grouped", (b, new, G, A / G, D))
        build.run(grouped.name, "view", "groups of heads", (y,), grouped)
        name, purpose = f"{part}.output_down", Purpose.OUTPUT
        sources = (grouped, build.weight(name, G, A / G, D, U))
        equation = "b t g a d, g a d u -> b t g u"
        y = build.contract(name, equation, sources, b, new, G, U, purpose=purpose)
        return build.project(f"{part}.output", y, hidden, over=2, purpose=purpose)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query attends to: a window of tokens, and rows compressed of those before it.

    Attributes:
        width: symbol of the window's width.
        rate: symbol of the tokens that a compressed row stands for; empty for none.
        indexed: compressed rows overlap, and an indexer selects some of them for each query,
            by rows of its own.
    """

    width: str = "window"
    rate: str = ""
    indexed: bool = False

    def seen(
        self, build: Builder, part: str, x: Tensor, latent: Tensor, key: Tensor
    ) -> tuple[Tensor, sympy.Expr]:
        """The keys (b, S, 1, D), which are the values too, and the pairs."""
        rule = find_mask("sliding")
        keys = remember(build, part, "key", key, rule, self.width, shared=False)
        pairs = rule.attended(build.workload, symbol(self.width), build.convention)
        if not self.rate:
            return keys, pairs
        most, dim = symbol("selected") if self.indexed else None, key.shape[-1]
        rate = symbol(self.rate)
        rows = _compressed(build, f"{part}.compressor", x, latent, dim, rate, most)
        both = keys.shape[1] + rows.shape[1]
        joined = build.activation(f"{part}.key_join", keys.shape[0], both, _ONE, dim)
        sources, purpose = (keys, rows), Purpose.JOIN
        keys = build.run(joined.name, "append", "rows", sources, joined, purpose=purpose)
        return keys, pairs + visible_pairs(build, rate, most)


@composed
def compressed_attention(
    build: Builder, part: str, x: Tensor, *, extents: Extents, rows: Rows
) -> Tensor:
    """Attention of DeepSeek-V4: (b, T, H) -> (b, T, H).

    A heads share one key that is the value too, of D elements, within a sliding window; to
    these come rows compressed from ``rate`` tokens each (:func:`compressor`). Queries are
    made from a latent, their heads normalised without a weight; each head has a sink. What
    leaves the heads is rotated back and projected in G groups to R_output each, then mixed:
    2 b T (A D R_output + G R_output H) FLOPs. A pair costs 4 A D.

    The options are the fields of the stages.
    """
    width, purpose = symbol(extents.query_latent), Purpose.QUERY
    latent = build.project(f"{part}.query_down", x, width, purpose=purpose)
    latent = norm(build, f"{part}.latent_norm", latent)
    query = extents.queries(build, part, latent)
    key = extents.keys(build, part, x)
    keys, pairs = rows.seen(build, part, x, latent, key)
    y = Core(sinks=True).attend(build, part, query, keys, keys, pairs)
    return extents.leaving(build, part, y, x.shape[-1])


def _compressed(
    build: Builder,
    part: str,
    x: Tensor,
    latent: Tensor,
    dim: sympy.Expr,
    rate: sympy.Expr,
    most: sympy.Expr | None,
) -> Tensor:
    """The compressed rows that the queries attend to: all, or those that the indexer selects."""
    read = most if build.convention.attention == "causal" else None
    rows = compressor(build, part, x, dim, rate, overlapping=most is not None, most=read)
    if most is None:
        return rows
    name = f"{part}.indexer"
    keys = compressor(build, name, x, symbol("head_dim.index"), rate, overlapping=True)
    pairs = visible_pairs(build, rate)
    chosen = select(build, name, x, latent, keys, pairs, element_wise=True)
    b, tokens, _ = rows.shape
    if read is not None:
        tokens = sympy.Min(tokens, build.workload.new * read)
    seen = Tensor(f"{part}.selected", (b, tokens, dim), Role.CACHE)
    return build.run(seen.name, "view", "selected rows", (rows, chosen), seen)
