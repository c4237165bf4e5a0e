"""Multi-head latent attention: keys and values compressed to one latent per token."""

from __future__ import annotations

from dataclasses import replace

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.layers.core import attend
from edgesym.layers.indexer import indexer
from edgesym.layers.mask import mask as find_mask
from edgesym.symbols import symbol

__all__ = ["latent_attention"]

_ONE = sympy.Integer(1)


def latent_attention(  # noqa: PLR0915
    build: Builder,
    part: str,
    x: Tensor,
    *,
    heads: str = "heads",
    query_latent: str = "latent.query",
    latent: str = "latent",
    nope_dim: str = "head_dim.nope",
    rotary_dim: str = "head_dim.rotary",
    value_dim: str = "head_dim.value",
    bias: bool = False,
    rotary: bool = True,
    sparse: bool = False,
    indexed: bool = False,
) -> Tensor:
    """Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434, eq 9 to 19).

    (b, T, H) -> (b, T, H). Each token leaves a latent c of R elements and one rotated key of
    D_rotary that all heads share: the cache holds R + D_rotary elements per token. With the
    queries q of A heads, of which D_nope are not rotated, a score is
    q_nope . (U_k c) + q_rotary . k_rotary, and the values are U_v c.

    Under ``latent = "expanded"`` U_k c and U_v c are made for every token attended to, 2 b S R
    A (D_nope + D_value) FLOPs, and a pair costs 2 A (D_nope + D_rotary + D_value). Under
    ``latent = "absorbed"`` U_k is applied to the queries and U_v to what leaves the heads,
    2 b T R A (D_nope + D_value), and a pair costs 2 A (2 R + D_rotary), as one key/value head
    that all queries share.

    Args:
        query_latent: symbol of the width that queries are compressed to; empty for none.
        bias: the compressions and the output have biases.
        rotary: the key that all heads share is rotated (Kimi Linear's is not).
        sparse: a query attends to the ``selected`` tokens of the highest index score alone
            (DeepSeek-V3.2, arXiv:2512.02556).
        indexed: the layer computes those scores; else it takes those of an earlier layer.
    """
    b, new = build.workload.batch, build.workload.new
    A, R = symbol(heads), symbol(latent)
    N, P, V = symbol(nope_dim), symbol(rotary_dim), symbol(value_dim)
    absorbed = build.convention.latent == "absorbed"
    K, G = (_ONE, A) if absorbed else (A, _ONE)

    def project(
        name: str, source: Tensor, purpose: Purpose, *axes: sympy.Expr, biased: bool = False
    ) -> Tensor:
        letters = "o" if len(axes) == 1 else "k g o"
        weight = build.weight(f"{part}.{name}", source.shape[-1], *axes)
        equation = f"b t h, h {letters} -> b t {letters}"
        made = build.contract(
            f"{part}.{name}", equation, (source, weight), b, new, *axes, purpose=purpose
        )
        return build.add_bias(made, f"{part}.{name}", axes) if biased else made

    def join(name: str, *pieces: Tensor) -> Tensor:
        width = sympy.Add(*(piece.shape[-1] for piece in pieces))
        whole = build.activation(f"{part}.{name}_join", *pieces[0].shape[:-1], width)
        name = f"{part}.{name}_join"
        return build.run(name, "append", "columns", pieces, whole, purpose=Purpose.JOIN)

    source = x
    if query_latent:
        source = project("query_down", x, Purpose.QUERY, symbol(query_latent), biased=bias)
        source = _normalised(build, f"{part}.query_norm", source)
    query = project("query_nope", source, Purpose.QUERY, K, G, N)
    turned = project("query_rotary", source, Purpose.QUERY, K, G, P)
    turned = build.rotate(f"{part}.query_rotation", turned) if rotary else turned

    row = _normalised(
        build, f"{part}.latent_norm", project("latent", x, Purpose.KEY, R, biased=bias)
    )
    shared = project("key_rotary", x, Purpose.KEY, P, biased=bias)
    shared = build.rotate(f"{part}.key_rotation", shared) if rotary else shared
    chosen = indexer(build, f"{part}.indexer", x, source) if indexed else None

    rule = find_mask("selected" if sparse else "causal")
    pairs = rule.attended(build.workload, symbol("selected"), build.convention)
    cache, tokens = _remembered(build, part, (row, shared), sparse=sparse)

    def seen(name: str, *shape: sympy.Expr) -> Tensor:
        """A view of the rows, or of some columns of them, that the queries attend to."""
        sources = (cache,) if chosen is None else (cache, chosen)
        output = Tensor(f"{part}.{name}", (b, tokens, *shape), Role.CACHE)
        return build.run(f"{part}.{name}", "view", "attended rows", sources, output)

    to_keys = build.weight(f"{part}.key_nope", R, A, N)
    to_values = build.weight(f"{part}.value_up", R, A, V)
    if absorbed:
        equation = "b t k g n, r g n -> b t k g r"
        shape = (b, new, K, G, R)
        query = build.contract(
            f"{part}.key_nope", equation, (query, to_keys), *shape, purpose=Purpose.KEY
        )
        keys, values = seen("keys_seen", _ONE, R + P), seen("values_seen", _ONE, R)
    else:
        rows, equation = seen("latent_seen", R), "b s r, r k n -> b s k n"
        made = (b, tokens, A)
        keys = build.contract(
            f"{part}.key_nope", equation, (rows, to_keys), *made, N, purpose=Purpose.KEY
        )
        values = build.contract(
            f"{part}.value_up", equation, (rows, to_values), *made, V, purpose=Purpose.VALUE
        )
        keys = join("key", keys, seen("key_rotary_seen", P))
    y = attend(build, part, join("query", query, turned), keys, values, pairs)
    if absorbed:
        equation = "b t k g r, r g v -> b t k g v"
        shape = (b, new, K, G, V)
        y = build.contract(
            f"{part}.value_up", equation, (y, to_values), *shape, purpose=Purpose.VALUE
        )
    H = x.shape[-1]
    weight = build.weight(f"{part}.output", K, G, V, H)
    equation = "b t k g v, k g v h -> b t h"
    y = build.contract(f"{part}.output", equation, (y, weight), b, new, H, purpose=Purpose.OUTPUT)
    return build.add_bias(y, f"{part}.output", (H,)) if bias else y


def _normalised(build: Builder, part: str, x: Tensor) -> Tensor:
    return build.normalise(part, "rms_norm", x, build.weight(part, x.shape[-1]))


def _remembered(
    build: Builder, part: str, pieces: tuple[Tensor, Tensor], *, sparse: bool
) -> tuple[Tensor, sympy.Expr]:
    """The cache of latents and rotated keys, and how many of its tokens a step reads.

    All of them; where attention is sparse no more than T times what one query selects.
    """
    work, width = build.workload, symbol("selected")
    row = work.batch * sympy.Add(*(piece.shape[-1] for piece in pieces))
    shape = (work.batch, work.context, row / work.batch)
    cache = Cache(row * work.cached, row * work.new, row * work.context)
    tokens = work.context
    if sparse and build.convention.attention == "causal":
        tokens = sympy.Min(work.context, work.new * width)
        cache = replace(cache, held=row * sympy.Min(work.cached, work.new * width))
    whole = Tensor(f"{part}.latent_cache", shape, Role.CACHE, cache=cache)
    return build.run(f"{part}.latent_append", "append", "rows", pieces, whole), tokens
