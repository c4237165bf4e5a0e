"""Compressed keys and values: one row for each run of tokens, and their closed forms."""

from __future__ import annotations

import sympy
from sympy import Min, Mod, floor

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.layers.indexer import rotate
from edgesym.layers.norm import norm

__all__ = ["compressor", "visible_pairs"]


def compressor(
    build: Builder,
    part: str,
    x: Tensor,
    dim: sympy.Expr,
    rate: sympy.Expr,
    *,
    overlapping: bool,
    most: sympy.Expr | None = None,
    rotary_dim: str = "head_dim.rotary",
) -> Tensor:
    """Rows that stand for M tokens each (DeepSeek-V4): (b, T, H) -> (b, floor(S/M), D).

    From each token a row and a gate are made; a window of M tokens becomes the mean of its
    rows, weighted for each column by the softmax of its gates and learned offsets. Where
    ``overlapping``, two rows and two gates are made per token, and a window takes in the
    first ones of the window before. FLOPs 4 b T H D, twice that where overlapping, and the
    element-wise work of the windows that close. ``most`` is how many rows a query reads.

    Cached are the compressed rows, rows and gates of tokens whose window is open, and where
    overlapping those of the last closed window.
    """
    b, new = build.workload.batch, build.workload.new
    before, after = build.workload.cached, build.workload.context
    series = 2 if overlapping else 1
    width, closed = series * dim, floor(after / rate) - floor(before / rate)

    def kept(name: str, sources: tuple[Tensor, ...], *shape: sympy.Expr, cache: Cache) -> Tensor:
        whole = Tensor(f"{part}.{name}_cache", (b, *shape), Role.CACHE, cache=cache)
        return build.run(f"{part}.{name}_append", "append", "rows", sources, whole)

    def project(name: str) -> Tensor:
        return build.project(f"{part}.{name}", x, width, purpose=Purpose.INDEX)

    rows = (project("row"), project("gate"))
    open_before, open_after, row = Mod(before, rate), Mod(after, rate), 2 * b * width
    states = [
        kept(
            "open",
            rows,
            open_before + new,
            2 * width,
            cache=Cache(row * open_before, row * Min(new, open_after), row * open_after),
        )
    ]
    if overlapping:
        held, made, left = (Min(1, n) for n in (floor(before / rate), closed, floor(after / rate)))
        window = 2 * b * rate * dim
        cache = Cache(window * held, window * made, window * left)
        states.append(kept("last", rows, rate * (held + made), 2 * dim, cache=cache))
    offsets = build.weight(f"{part}.offset", rate, width)
    gates = build.activation(f"{part}.offset", b, closed, series * rate, dim)
    build.run(gates.name, "pointwise", "add", (*states, offsets), gates)
    shares = build.normalise(f"{part}.shares", "softmax", gates)
    pooled = build.activation(f"{part}.pool", b, closed, dim)
    build.run(pooled.name, "reduction", "multiply_add", (shares, *states), pooled)
    pooled = norm(build, f"{part}.norm", pooled)
    pooled = rotate(build, f"{part}.pool", pooled, rotary_dim)
    held = floor(before / rate) if most is None else Min(floor(before / rate), new * most)
    cache = Cache(*(b * dim * count for count in (held, closed, floor(after / rate))))
    return kept("row", (pooled,), floor(after / rate), dim, cache=cache)


def visible_pairs(build: Builder, rate: sympy.Expr, most: sympy.Expr | None = None) -> sympy.Expr:
    """Pairs of new tokens and compressed rows: the token at position n sees floor(n / M).

    With ``most``, no more than that many of them.
    """
    work = build.workload
    if build.convention.attention == "full":
        return work.new * floor(work.context / rate)
    if work.new == 1:
        seen = floor(work.context / rate)
        return seen if most is None else Min(seen, most)

    def pairs(n: sympy.Expr) -> sympy.Expr:
        """sum of floor(i / M) for i from 1 to n, all above ``most`` cut to it."""
        few = n if most is None else Min(n, rate * most + rate - 1)
        whole = floor(few / rate)
        below = rate * whole * (whole - 1) / 2 + whole * (Mod(few, rate) + 1)
        return below if most is None else below + most * (n - few)

    return pairs(work.context) - pairs(work.cached)
