"""Attention over a window of tokens and over compressed rows of all that came before."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.compressor import compressor, visible_pairs
from edgesym.layers.core import attend, remember
from edgesym.layers.indexer import rotate, select
from edgesym.layers.mask import mask as find_mask
from edgesym.symbols import symbol

__all__ = ["compressed_attention"]

_ONE = sympy.Integer(1)


def compressed_attention(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    rate: str = "",
    indexed: bool = False,
    heads: str = "heads",
    head_dim: str = "head_dim",
    rotary_dim: str = "head_dim.rotary",
    query_latent: str = "latent.query",
    output_latent: str = "latent.output",
    groups: str = "output_groups",
    width: str = "window",
) -> Tensor:
    """Attention of DeepSeek-V4: (b, T, H) -> (b, T, H).

    A heads share one key that is the value too, of D elements, within a sliding window; to
    these come rows compressed from ``rate`` tokens each (:func:`compressor`). Queries are
    made from a latent, their heads normalised without a weight; each head has a sink. What
    leaves the heads is rotated back and projected in G groups to R_output each, then mixed:
    2 b T (A D R_output + G R_output H) FLOPs. A pair costs 4 A D.

    Args:
        rate: symbol of the tokens that a compressed row stands for; empty for none.
        indexed: compressed rows overlap, and an indexer selects some of them for each query,
            by rows of its own.
    """
    b, new, hidden = x.shape
    A, D, G = symbol(heads), symbol(head_dim), symbol(groups)
    R, U = symbol(query_latent), symbol(output_latent)

    def project(name: str, source: Tensor, purpose: Purpose, *axes: sympy.Expr) -> Tensor:
        letters = " ".join("kgd"[-len(axes) :])
        weight = build.weight(f"{part}.{name}", source.shape[-1], *axes)
        equation = f"b t h, h {letters} -> b t {letters}"
        return build.contract(
            f"{part}.{name}", equation, (source, weight), b, new, *axes, purpose=purpose
        )

    def normalised(name: str, tensor: Tensor) -> Tensor:
        weight = build.weight(f"{part}.{name}", tensor.shape[-1])
        return build.normalise(f"{part}.{name}", "rms_norm", tensor, weight)

    latent = normalised("latent_norm", project("query_down", x, Purpose.QUERY, R))
    query = project("query_up", latent, Purpose.QUERY, _ONE, A, D)
    query = build.normalise(f"{part}.query_norm", "l2_norm", query)
    query = rotate(build, f"{part}.query", query, rotary_dim)
    key = normalised("key_norm", project("key_value", x, Purpose.KEY, _ONE, D))
    key = rotate(build, f"{part}.key", key, rotary_dim)

    rule = find_mask("sliding")
    keys = remember(build, part, "key", key, rule, width, shared=False)
    pairs = rule.attended(build.workload, symbol(width), build.convention)
    if rate:
        most = symbol("selected") if indexed else None
        rows = _compressed(build, f"{part}.compressor", x, latent, D, symbol(rate), most)
        seen = keys.shape[1] + rows.shape[1]
        joined = build.activation(f"{part}.key_join", b, seen, _ONE, D)
        keys = build.run(joined.name, "append", "rows", (keys, rows), joined, purpose=Purpose.JOIN)
        pairs += visible_pairs(build, symbol(rate), most)
    y = attend(build, part, query, keys, keys, pairs, sinks=True)

    y = rotate(build, f"{part}.back", y, rotary_dim)
    grouped = Tensor(f"{part}.grouped", (b, new, G, A / G, D))
    build.run(grouped.name, "view", "groups of heads", (y,), grouped)
    weight = build.weight(f"{part}.output_down", G, A / G, D, U)
    equation = "b t g a d, g a d u -> b t g u"
    shape = (b, new, G, U)
    y = build.contract(
        f"{part}.output_down", equation, (grouped, weight), *shape, purpose=Purpose.OUTPUT
    )
    weight = build.weight(f"{part}.output", G, U, hidden)
    equation = "b t g u, g u h -> b t h"
    return build.contract(
        f"{part}.output", equation, (y, weight), b, new, hidden, purpose=Purpose.OUTPUT
    )


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
