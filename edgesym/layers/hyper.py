"""Hyper-connections: a residual of n streams, mixed anew around each layer.

Zhu et al. 2024, arXiv:2409.19606; the mixing matrix made doubly stochastic by Sinkhorn's
iteration: Xie et al. 2025, arXiv:2512.24880, as DeepSeek-V4 runs it.
"""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Tensor
from edgesym.symbols import symbol

__all__ = ["hyper_collapse", "hyper_expand", "hyper_merge", "hyper_mix"]


def hyper_expand(build: Builder, part: str, x: Tensor, *, streams: str = "streams") -> Tensor:
    """The same row as every stream: (b, T, H) -> (b, T, n, H)."""
    b, new, hidden = x.shape
    whole = build.activation(f"{part}.expand", b, new, symbol(streams), hidden)
    return build.run(whole.name, "append", "streams", (x,), whole)


def hyper_collapse(build: Builder, part: str, x: Tensor, *, iterations: int = 20) -> Tensor:
    """One row for a layer, a mean of the streams: (b, T, n, H) -> (b, T, H).

    Its n weights, those of :func:`hyper_mix` and a matrix of n x n are a linear map of all
    streams, scaled, with a bias: 2 b T n^2 (n + 2) H FLOPs. The matrix passes through a
    softmax and Sinkhorn's iteration, which divides by its columns' sums and its rows' in turn.
    """
    b, new, n, _ = x.shape
    streams = Tensor(f"{part}.streams", x.shape)
    x = build.run(streams.name, "view", "streams", (x,), streams)
    maps = _maps(build, part, x, n * (n + 2), sympy.Integer(3))
    pre = _opened(build, f"{part}.pre", maps, b, new, n)
    _opened(build, f"{part}.post", maps, b, new, n)
    matrix = build.activation(f"{part}.matrix", b, new, n, n)
    build.run(matrix.name, "view", "matrix", (maps,), matrix)
    matrix = build.normalise(f"{part}.softmax", "softmax", matrix, purpose=Purpose.MIXING)
    output = build.activation(f"{part}.mixing", b, new, n, n)
    halves = build.activation(f"{part}.halves", b, new, n, n, sympy.Integer(2 * iterations - 1))
    build.run(halves.name, "view", "halves of the iterations", (matrix,), halves)
    build.run(output.name, "reduction", "mixing_step", (halves,), output)
    return _mean(build, part, x, pre)


def hyper_mix(build: Builder, part: str, x: Tensor, *, streams: str = "streams") -> Tensor:
    """The streams, mixed by the matrix, and the layer's row added to each by its weight.

    (b, T, H) -> (b, T, n, H), 2 b T n^2 H FLOPs and the addition.
    """
    b, new, hidden = x.shape
    n = symbol(streams)
    entered = Tensor(f"{part}.streams", (b, new, n, hidden))
    matrix = Tensor(f"{part}.mixing", (b, new, n, n))
    post = Tensor(f"{part}.post", (b, new, n))
    equation = "b t i j, b t i h -> b t j h"
    mixed = build.contract(f"{part}.mix", equation, (matrix, entered), b, new, n, hidden)
    return build.pointwise(f"{part}.add", "multiply_add", mixed, x, post)


def hyper_merge(build: Builder, part: str, x: Tensor) -> Tensor:
    """One row for the head, a mean of the streams: (b, T, n, H) -> (b, T, H), 2 b T n^2 H."""
    b, new, n, _ = x.shape
    maps = _maps(build, part, x, n, sympy.Integer(1))
    return _mean(build, part, x, _opened(build, f"{part}.pre", maps, b, new, n))


def _maps(build: Builder, part: str, x: Tensor, width: sympy.Expr, scales: sympy.Expr) -> Tensor:
    """scale * (W norm(streams)) + bias, over all streams at once."""
    y = build.normalise(f"{part}.norm", "l2_norm", x)
    y = build.project(f"{part}.maps", y, width, over=2)
    scale, bias = build.weight(f"{part}.scale", scales), build.weight(f"{part}.bias", width)
    return build.pointwise(f"{part}.bias", "multiply_add", y, scale, bias)


def _opened(build: Builder, part: str, maps: Tensor, *shape: sympy.Expr) -> Tensor:
    columns = build.activation(f"{part}_map", *shape)
    build.run(columns.name, "view", "columns", (maps,), columns)
    return build.run(part, "pointwise", "sigmoid", (columns,), build.activation(part, *shape))


def _mean(build: Builder, part: str, x: Tensor, weights: Tensor) -> Tensor:
    b, new, _, hidden = x.shape
    row = build.activation(f"{part}.collapse", b, new, hidden)
    return build.run(row.name, "reduction", "multiply_add", (x, weights), row)
