"""Alternating updates: a wide residual of n streams around a block of the width of one.

Baykal et al. 2023, arXiv:2301.13310, as Gemma 3n runs it with the first stream active:
the decoder predicts all streams from all, computes on the active one, and corrects them
all by what the computation changed.
"""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.tensor import Tensor
from edgesym.symbols import symbol

__all__ = ["altup_add", "altup_correct", "altup_expand", "altup_merge", "altup_predict"]


def altup_expand(build: Builder, part: str, x: Tensor, *, streams: str = "streams") -> Tensor:
    """The token embedding as the first stream, n - 1 projections as the others.

    (b, T, H) -> (b, T, n, H). Each projection, of H^2 weights, is rescaled to the magnitude
    of the embedding. FLOPs 2 b T (n - 1) H^2, and the rescaling.
    """
    b, new, hidden = x.shape
    n = symbol(streams)
    weight = build.weight(f"{part}.expand", n - 1, hidden, hidden)
    shape = (b, new, n - 1, hidden)
    others = build.contract(f"{part}.expand", "b t h, m h o -> b t m o", (x, weight), *shape)
    others = _rescaled(build, f"{part}.expand", others, x)
    stacked = build.activation(f"{part}.streams", b, new, n, hidden)
    return build.run(f"{part}.streams", "append", "streams", (x, others), stacked)


def altup_predict(build: Builder, part: str, x: Tensor) -> Tensor:
    """Predict every stream as a mixture of all; what leaves is the active one.

    (b, T, n, H) -> (b, T, H): s_j + sum_i c_ij s_i. The n^2 coefficients c of a token are
    a linear map of n scores, tanh of a linear map of the normalised active stream.
    FLOPs 2 b T (n H + n^3 + n^2 H).
    """
    b, new, n, hidden = x.shape
    scores = _scores(build, part, "predict", _stream(build, f"{part}.current", x), n)
    mixing = build.project(f"{part}.prediction", scores, n, n)
    equation = "b t i h, b t i j -> b t j h"
    mixed = build.contract(f"{part}.mix", equation, (x, mixing), b, new, n, hidden)
    return _stream(build, f"{part}.active", build.pointwise(f"{part}.predictions", "add", mixed, x))


def altup_correct(build: Builder, part: str, x: Tensor, *, streams: str = "streams") -> Tensor:
    """Correct the predicted streams by what the active one became; it leaves, rescaled.

    (b, T, H) -> (b, T, H): s_j + (1 + c_j)(x - s_0), then the first corrected stream times
    a vector of H. The n coefficients c of a token are a linear map of n scores.
    FLOPs 2 b T (n H + n^2), and the element-wise work.
    """
    b, new, hidden = x.shape
    n = symbol(streams)
    predictions = Tensor(f"{part}.predictions", (b, new, n, hidden))
    scores = _scores(build, part, "correct", x, n)
    steps = build.project(f"{part}.correction", scores, n)
    steps = build.pointwise(f"{part}.correction_one", "add", steps)
    predicted = Tensor(f"{part}.active", (b, new, hidden))
    innovation = build.pointwise(f"{part}.innovation", "add", x, predicted)
    corrected = build.run(
        f"{part}.corrected",
        "pointwise",
        "multiply_add",
        (predictions, innovation, steps),
        build.activation(f"{part}.corrected", b, new, n, hidden),
    )
    first = _stream(build, f"{part}.first", corrected)
    return build.pointwise(
        f"{part}.output_scale", "multiply", first, build.weight(f"{part}.output_scale", hidden)
    )


def altup_add(build: Builder, part: str, x: Tensor, *, streams: str = "streams") -> Tensor:
    """Add to all corrected streams but the first, in place: (b, T, H) -> (b, T, n, H)."""
    b, new, hidden = x.shape
    n = symbol(streams)
    corrected = Tensor(f"{part}.corrected", (b, new, n, hidden))
    rest = build.run(
        f"{part}.rest",
        "view",
        "all but the first stream",
        (corrected,),
        build.activation(f"{part}.rest", b, new, n - 1, hidden),
    )
    added = build.pointwise(f"{part}.add", "add", rest, x)
    whole = build.activation(f"{part}.streams", b, new, n, hidden)
    return build.run(f"{part}.streams", "view", "all streams", (added, corrected), whole)


def altup_merge(build: Builder, part: str, x: Tensor) -> Tensor:
    """The mean of the first stream and of projections of the others.

    (b, T, n, H) -> (b, T, H). FLOPs 2 b T (n - 1) H^2, the rescaling and the mean.
    """
    b, new, n, hidden = x.shape
    first = _stream(build, f"{part}.first", x)
    rest = build.run(
        f"{part}.rest",
        "view",
        "all but the first stream",
        (x,),
        build.activation(f"{part}.rest", b, new, n - 1, hidden),
    )
    weight = build.weight(f"{part}.merge", n - 1, hidden, hidden)
    shape = (b, new, n - 1, hidden)
    others = build.contract(f"{part}.merge", "b t m h, m h o -> b t m o", (rest, weight), *shape)
    others = _rescaled(build, f"{part}.merge", others, first)
    mean = build.activation(f"{part}.mean", b, new, hidden)
    return build.run(f"{part}.mean", "reduction", "add", (others, first), mean)


def _stream(build: Builder, part: str, streams: Tensor) -> Tensor:
    b, new, _, hidden = streams.shape
    one = build.activation(part, b, new, hidden)
    return build.run(part, "view", "first stream", (streams,), one)


def _scores(build: Builder, part: str, step: str, x: Tensor, n: sympy.Expr) -> Tensor:
    """tanh(router norm(x)): one score per stream, by weights that both steps share."""
    b, new, hidden = x.shape
    norm = build.weight(f"{part}.router_norm", hidden)
    router = build.weight(f"{part}.router", hidden, n)
    y = build.normalise(f"{part}.{step}_norm", "rms_norm", x, norm)
    y = build.pointwise(f"{part}.{step}_scale", "scale", y)
    y = build.contract(f"{part}.{step}_router", "b t h, h n -> b t n", (y, router), b, new, n)
    return build.pointwise(f"{part}.{step}_tanh", "tanh", y)


def _rescaled(build: Builder, part: str, streams: Tensor, model: Tensor) -> Tensor:
    """Streams brought to the root mean square of ``model``."""
    magnitude = build.activation(f"{part}_magnitude", *model.shape[:-1])
    build.run(f"{part}_magnitude", "reduction", "mean_square", (model,), magnitude)
    return build.normalise(f"{part}_rescale", "l2_norm", streams, magnitude)
