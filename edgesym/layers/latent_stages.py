"""Stages of latent attention: its extents, its compressions, and the tokens that it attends to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.layers.indexer import indexer
from edgesym.layers.mask import mask as find_mask
from edgesym.layers.norm import norm
from edgesym.symbols import symbol

__all__ = ["Compression", "Latents", "Selection"]

_ONE = sympy.Integer(1)


@dataclass(frozen=True, slots=True)
class Latents:
    """The extents of latent attention.

    Attributes:
        heads: symbol of A.
        nope_dim: symbol of D_nope, the columns of a query that are not rotated.
        rotary_dim: symbol of D_rotary, those that are.
        value_dim: symbol of D_value.
    """

    heads: str = "heads"
    nope_dim: str = "head_dim.nope"
    rotary_dim: str = "head_dim.rotary"
    value_dim: str = "head_dim.value"

    def sharing(self, *, absorbed: bool) -> tuple[sympy.Expr, sympy.Expr]:
        """Heads of keys, and queries that share each: one for all where absorbed, else one each."""
        A = symbol(self.heads)
        return (_ONE, A) if absorbed else (A, _ONE)


@dataclass(frozen=True, slots=True)
class Compression:
    """What queries, keys and values are made from.

    Attributes:
        query_latent: symbol of the width that queries are compressed to; empty for none.
        latent: symbol of R, the width that keys and values are compressed to.
        bias: the compressions and the output have biases.
        rotary: the key that all heads share is rotated, and so are queries (Kimi Linear's
            are not).
    """

    query_latent: str = "latent.query"
    latent: str = "latent"
    bias: bool = False
    rotary: bool = True

    def source(self, build: Builder, part: str, x: Tensor) -> Tensor:
        """What queries are made from: (b, T, H) -> (b, T, R_query), or x itself."""
        if not self.query_latent:
            return x
        width, name = symbol(self.query_latent), f"{part}.query_down"
        made = build.project(name, x, width, purpose=Purpose.QUERY, bias=self.bias)
        return norm(build, f"{part}.query_norm", made)

    def queries(
        self, build: Builder, part: str, source: Tensor, heads: tuple[sympy.Expr, ...], at: Latents
    ) -> tuple[Tensor, Tensor]:
        """The columns of the queries that are not rotated, and those that are."""
        plain, turned = (
            build.project(f"{part}.query_{name}", source, *heads, width, purpose=Purpose.QUERY)
            for name, width in (("nope", symbol(at.nope_dim)), ("rotary", symbol(at.rotary_dim)))
        )
        return plain, self._turned(build, f"{part}.query_rotation", turned)

    def rows(self, build: Builder, part: str, x: Tensor, at: Latents) -> tuple[Tensor, Tensor]:
        """What is cached of a token: its latent, and the rotated key that all heads share."""
        key, bias = Purpose.KEY, self.bias
        row = build.project(f"{part}.latent", x, symbol(self.latent), purpose=key, bias=bias)
        row = norm(build, f"{part}.latent_norm", row)
        name, width = f"{part}.key_rotary", symbol(at.rotary_dim)
        shared = build.project(name, x, width, purpose=key, bias=bias)
        return row, self._turned(build, f"{part}.key_rotation", shared)

    def _turned(self, build: Builder, name: str, tensor: Tensor) -> Tensor:
        return build.rotate(name, tensor) if self.rotary else tensor


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tokens a query attends to.

    Attributes:
        sparse: the ``selected`` ones of the highest index score alone (DeepSeek-V3.2,
            arXiv:2512.02556).
        indexed: the layer computes those scores; else it takes those of an earlier layer.
    """

    sparse: bool = False
    indexed: bool = False

    def chosen(self, build: Builder, part: str, x: Tensor, source: Tensor) -> Tensor | None:
        """The tokens of the highest index score, where this layer finds them."""
        return indexer(build, f"{part}.indexer", x, source) if self.indexed else None

    def pairs(self, build: Builder) -> sympy.Expr:
        """Pairs of a new token and one that it attends to."""
        rule = find_mask("selected" if self.sparse else "causal")
        return rule.attended(build.workload, symbol("selected"), build.convention)

    def remembered(
        self, build: Builder, part: str, pieces: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, sympy.Expr]:
        """The cache of latents and rotated keys, and how many of its tokens a step reads.

        All of them; where attention is sparse no more than T times what one query selects.
        """
        work, width = build.workload, symbol("selected")
        row = work.batch * sympy.Add(*(piece.shape[-1] for piece in pieces))
        shape = (work.batch, work.context, row / work.batch)
        cache = Cache(row * work.cached, row * work.new, row * work.context)
        tokens = work.context
        if self.sparse and build.convention.attention == "causal":
            tokens = sympy.Min(work.context, work.new * width)
            cache = replace(cache, held=row * sympy.Min(work.cached, work.new * width))
        whole = Tensor(f"{part}.latent_cache", shape, Role.CACHE, cache=cache)
        return build.run(f"{part}.latent_append", "append", "rows", pieces, whole), tokens
