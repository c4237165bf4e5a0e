"""Multi-head latent attention: keys and values compressed to one latent per token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.core import Core
from edgesym.layers.latent_stages import Compression, Latents, Selection
from edgesym.layers.options import composed
from edgesym.symbols import symbol

__all__ = ["latent_attention"]

_ONE = sympy.Integer(1)


@composed
def latent_attention(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    extents: Latents,
    compression: Compression,
    selection: Selection,
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

    The options are the fields of the stages.
    """
    absorbed = build.convention.latent == "absorbed"
    source = compression.source(build, part, x)
    heads = extents.sharing(absorbed=absorbed)
    query, turned = compression.queries(build, part, source, heads, extents)
    rows = compression.rows(build, part, x, extents)
    chosen = selection.chosen(build, part, x, source)
    pairs = selection.pairs(build)
    cache, tokens = selection.remembered(build, part, rows)

    def seen(name: str, *shape: sympy.Expr) -> Tensor:
        """A view of the rows, or of some columns of them, that the queries attend to."""
        sources = (cache,) if chosen is None else (cache, chosen)
        output = Tensor(f"{part}.{name}", (cache.shape[0], tokens, *shape), Role.CACHE)
        return build.run(f"{part}.{name}", "view", "attended rows", sources, output)

    mix = _absorbed if absorbed else _expanded
    y = mix(build, part, (query, turned), seen, _Up.of(build, part, rows, extents), pairs)
    bias, output = compression.bias, Purpose.OUTPUT
    return build.project(f"{part}.output", y, x.shape[-1], over=3, purpose=output, bias=bias)


@dataclass(frozen=True, slots=True)
class _Up:
    """The matrices from a latent to keys and to values, (R, A, D_nope) and (R, A, D_value)."""

    keys: Tensor
    values: Tensor
    turned: sympy.Expr

    @classmethod
    def of(cls, build: Builder, part: str, rows: tuple[Tensor, Tensor], at: Latents) -> _Up:
        latent, turned = (row.shape[-1] for row in rows)
        A = symbol(at.heads)
        keys = build.weight(f"{part}.key_nope", latent, A, symbol(at.nope_dim))
        values = build.weight(f"{part}.value_up", latent, A, symbol(at.value_dim))
        return cls(keys, values, turned)


def _absorbed(
    build: Builder,
    part: str,
    queries: tuple[Tensor, Tensor],
    seen: Callable[..., Tensor],
    up: _Up,
    pairs: sympy.Expr,
) -> Tensor:
    """U_k applied to the queries, U_v to what leaves the heads; the rows are keys and values."""
    query, turned = queries
    R, V = up.keys.shape[0], up.values.shape[-1]
    equation, shape = "b t k g n, r g n -> b t k g r", query.shape[:-1]
    query = build.contract(
        f"{part}.key_nope", equation, (query, up.keys), *shape, R, purpose=Purpose.KEY
    )
    keys, values = seen("keys_seen", _ONE, R + up.turned), seen("values_seen", _ONE, R)
    y = Core().attend(build, part, _join(build, part, "query", query, turned), keys, values, pairs)
    equation = "b t k g r, r g v -> b t k g v"
    return build.contract(
        f"{part}.value_up", equation, (y, up.values), *shape, V, purpose=Purpose.VALUE
    )


def _expanded(
    build: Builder,
    part: str,
    queries: tuple[Tensor, Tensor],
    seen: Callable[..., Tensor],
    up: _Up,
    pairs: sympy.Expr,
) -> Tensor:
    """Keys U_k c and values U_v c of every token attended to."""
    rows = seen("latent_seen", up.keys.shape[0])

    def made(name: str, weight: Tensor, purpose: Purpose) -> Tensor:
        shape = (*rows.shape[:2], *weight.shape[1:])
        equation = "b s r, r k n -> b s k n"
        return build.contract(f"{part}.{name}", equation, (rows, weight), *shape, purpose=purpose)

    keys = made("key_nope", up.keys, Purpose.KEY)
    values = made("value_up", up.values, Purpose.VALUE)
    keys = _join(build, part, "key", keys, seen("key_rotary_seen", up.turned))
    query = _join(build, part, "query", *queries)
    return Core().attend(build, part, query, keys, values, pairs)


def _join(build: Builder, part: str, name: str, *pieces: Tensor) -> Tensor:
    """The columns of the pieces beside one another."""
    width = sympy.Add(*(piece.shape[-1] for piece in pieces))
    name = f"{part}.{name}_join"
    whole = build.activation(name, *pieces[0].shape[:-1], width)
    return build.run(name, "append", "columns", pieces, whole, purpose=Purpose.JOIN)
