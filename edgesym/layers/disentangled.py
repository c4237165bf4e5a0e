"""DeBERTa's attention: what a token says and where it stands are scored apart."""

from __future__ import annotations

from dataclasses import replace

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.norm import norm
from edgesym.symbols import symbol

__all__ = ["disentangled_attention", "distances"]


def distances(
    build: Builder, part: str, x: Tensor, *, rows: str = "buckets", function: str = ""
) -> Tensor:
    """Hands a table of embeddings of distances, (N_b, H), on to the layers; ``x`` passes.

    He et al. 2020, arXiv:2006.03654, section 3.1. 0 FLOPs, and those of the norm.

    Args:
        rows: symbol of N_b, twice the distances that are told apart.
        function: cost row of a norm over each embedding, none where empty (DeBERTa v2 and v3).
    """
    table = build.weight(f"{part}.table", symbol(rows), x.shape[-1], group=Group.POSITION)
    if not function:
        made = Tensor(part, table.shape)
        build.handed.append(build.run(part, "view", "handed on", (table,), made))
        return x
    biased = function == "layer_norm"
    build.handed.append(norm(build, part, table, function=function, bias=biased))
    return x


def disentangled_attention(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    source: str,
    heads: str = "heads",
    head_dim: str = "head_dim",
    rows: str = "buckets",
    to_position: bool = True,
    from_position: bool = True,
    shared: bool = False,
) -> Tensor:
    """Attention on content and on distance (He et al. 2020, arXiv:2006.03654, eq 4): same shape.

    Scores are the sum of content to content, content to position (queries on keys made of
    the distances) and position to content (keys on queries made of them), both ways and without
    a cache: (b, T, H) -> (b, T, H). FLOPs 8 b T H A D for the projections, 4 b T^2 A D for
    scores and mix, and for each of the two others 2 N_b H A D, once for all sequences, and
    2 b T N_b A D.

    Args:
        source: name of the embeddings of distances, (N_b, H), that an earlier block hands on.
        to_position: content to position is scored.
        from_position: position to content is scored.
        shared: distances pass the layer's own projections of queries and keys (DeBERTa v3).
    """
    b, new, hidden = x.shape
    A, D, N_b = symbol(heads), symbol(head_dim), symbol(rows)
    table = Tensor(source, (N_b, hidden))
    if to_position or from_position or shared:
        build.taken.append(table)
    pairs = new**2

    def project(name: str, purpose: Purpose) -> Tensor:
        return build.project(f"{part}.{name}", x, A, D, purpose=purpose, bias=True)

    def placed(name: str) -> Tensor:
        """(N_b, H) -> (N_b, A, D)."""
        made = f"{part}.position_{name}"
        owner, copies = (f"{part}.{name}", sympy.Integer(0)) if shared else (made, None)
        weight = replace(build.weight(owner, hidden, A, D), copies=copies)
        vector = build.weight(f"{owner}_bias", A, D, group=Group.BIAS)
        y = build.contract(made, "m h, h a d -> m a d", (table, weight), N_b, A, D)
        bias = replace(vector, copies=copies)
        return build.pointwise(f"{made}_bias", "add", y, bias, purpose=Purpose.BIAS)

    def scored(name: str, content: Tensor, places: Tensor) -> Tensor:
        """(b, T, A, D) on (N_b, A, D): each token with every distance, one of them per pair."""
        every = "b t a d, m a d -> b a t m"
        sources, shape = (content, places), (b, A, new, N_b)
        purpose = Purpose.SCORE_MODIFIER
        return build.contract(f"{part}.{name}", every, sources, *shape, purpose=purpose)

    query, key, value = (
        project(name, purpose)
        for name, purpose in zip(
            ("query", "key", "value"), (Purpose.QUERY, Purpose.KEY, Purpose.VALUE), strict=True
        )
    )
    equation = "b t a d, b s a d -> b a (t s)"
    scores = build.contract(
        f"{part}.scores", equation, (query, key), b, A, pairs, purpose=Purpose.SCORES
    )
    placed_query = placed("query") if shared or from_position else None
    placed_key = placed("key") if shared or to_position else None
    extra = []
    if to_position and placed_key is not None:
        extra.append(scored("to_position", query, placed_key))
    if from_position and placed_query is not None:
        extra.append(scored("from_position", key, placed_query))
    if extra:
        modify = Purpose.SCORE_MODIFIER
        scores = build.pointwise(f"{part}.positions", "add", scores, *extra, purpose=modify)
    weights = build.normalise(f"{part}.softmax", "scaled_softmax", scores, purpose=Purpose.SOFTMAX)
    mixed = build.contract(
        f"{part}.values",
        "b a (t s), b s a d -> b t a d",
        (weights, value),
        *(b, new, A, D),
        purpose=Purpose.VALUES,
    )
    purpose = Purpose.OUTPUT
    return build.project(f"{part}.output", mixed, hidden, over=2, purpose=purpose, bias=True)
