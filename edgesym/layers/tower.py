"""Layers of towers: patches of an image, learned tokens, and what makes fewer of them."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.core import Core
from edgesym.symbols import symbol

__all__ = [
    "attention_pool",
    "factor",
    "halves",
    "join_frames",
    "join_patches",
    "learned_tokens",
    "mean_of_frames",
    "mean_of_squares",
    "patches",
    "pool_tokens",
    "rest_of_tokens",
]


def attention_pool(build: Builder, part: str, x: Tensor, *, heads: str, head_dim: str) -> Tensor:
    """One learned query that attends to all tokens: (b, N, H) -> (b, 1, H).

    The head of SigLIP (Zhai et al. 2023, arXiv:2303.15343): 4 b H A D FLOPs for query and output,
    4 b N H A D for keys and values, 4 b N A D for scores and mix.
    """
    b, new, width = x.shape
    A, D, one = symbol(heads), symbol(head_dim), sympy.Integer(1)
    learned = build.weight(f"{part}.learned", one, width, group=Group.VECTOR)
    probe = build.activation(f"{part}.probe", b, one, width)
    probe = build.run(f"{part}.probe", "append", "rows", (learned,), probe)
    q = build.project(f"{part}.query", probe, A, one, D, purpose=Purpose.QUERY, bias=True)
    k = build.project(f"{part}.key", x, A, D, purpose=Purpose.KEY, bias=True)
    v = build.project(f"{part}.value", x, A, D, purpose=Purpose.VALUE, bias=True)
    y = Core().attend(build, part, q, k, v, new)
    return build.project(f"{part}.output", y, width, over=3, purpose=Purpose.OUTPUT, bias=True)


def patches(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    output: str = "hidden.vision",
    frames: int = 1,
    learned: int = 0,
    bias: bool = True,
) -> Tensor:
    """A convolution whose stride is its kernel: (b, N, c, p, p) -> (b, N, H), 2 b N c p^2 H FLOPs.

    Dosovitskiy et al. 2020, arXiv:2010.11929, section 3.1: each patch is projected alone.

    Args:
        frames: images that a patch spans, c of each (Qwen2-VL repeats one image to two).
        learned: tokens of what the tower attends over that are no patches.
    """
    b, new = build.workload.batch, build.workload.new - learned
    channels, side = symbol("channels") * frames, symbol("patch")
    pixels = Tensor("pixels", (b, new, channels, side, side))
    width = symbol(output)
    weight = build.weight(part, channels, side, side, width, group=Group.CONVOLUTION)
    equation = "b n c p q, c p q h -> b n h"
    y = build.contract(part, equation, (pixels, weight), b, new, width)
    return build.add_bias(y, part, (width,)) if bias else y


def factor(build: Builder, part: str, x: Tensor) -> Tensor:
    """Learned factors, one a channel: (b, N, H) -> (b, N, H).

    LayerScale (Touvron et al. 2021, arXiv:2103.17239, equation 3).
    """
    return build.pointwise(part, "multiply", x, build.weight(part, x.shape[-1]))


def learned_tokens(build: Builder, part: str, x: Tensor, *, tokens: int = 1) -> Tensor:
    """Learned tokens before those of an image, a class token say: (b, N, H) -> (b, N + n, H)."""
    b, new, width = x.shape
    count = sympy.Integer(tokens)
    table = build.weight(part, count, width, group=Group.VECTOR)
    made = build.activation(part, b, new + count, width)
    return build.run(part, "append", "rows", (x, table), made)


def rest_of_tokens(build: Builder, part: str, x: Tensor, *, tokens: int = 1) -> Tensor:
    """What leaves learned tokens out: (b, N + n, H) -> (b, N, H), a view."""
    b, new, *axes = x.shape
    return build.run(
        part, "view", "all but the first", (x,), Tensor(part, (b, new - tokens, *axes))
    )


def join_patches(build: Builder, part: str, x: Tensor, *, side: str = "merge") -> Tensor:
    """Squares of m x m patches as one each: (b, N, H) -> (b, N / m^2, m^2 H), a view."""
    b, new, width = x.shape
    joined = symbol(side) ** 2
    return build.run(
        part, "view", "squares of patches", (x,), Tensor(part, (b, new / joined, joined * width))
    )


def join_frames(build: Builder, part: str, x: Tensor, *, width: str) -> Tensor:
    """Frames in a row as one of a given width: (b, N, H) -> (b, N H / I, I), a view."""
    b, new, own = x.shape
    whole = symbol(width)
    made = Tensor(part, (b, new * own / whole, whole))
    return build.run(part, "view", "frames in a row", (x,), made)


def mean_of_squares(build: Builder, part: str, x: Tensor, *, side: str = "merge") -> Tensor:
    """Means of squares of m x m patches: (b, N, H) -> (b, N / m^2, H)."""
    b, new, width = x.shape
    made = build.activation(part, b, new / symbol(side) ** 2, width)
    return build.run(part, "reduction", "add", (x,), made)


def mean_of_frames(build: Builder, part: str, x: Tensor, *, frames: int) -> Tensor:
    """Means of frames that follow each other: (b, N, H) -> (b, N / n, H)."""
    b, new, width = x.shape
    made = build.activation(part, b, new / sympy.Integer(frames), width)
    return build.run(part, "reduction", "add", (x,), made)


def halves(build: Builder, part: str, x: Tensor, *, function: str) -> Tensor:
    """One half of the last axis times a function of the other: (b, N, 2 I) -> (b, N, I)."""
    *rows, width = x.shape
    half = (*rows, width / 2)
    parts = []
    for side in ("first", "second"):
        name = f"{part}.{side}"
        parts.append(build.run(name, "view", "a half", (x,), Tensor(name, half)))
    value, gate = parts
    opened = build.pointwise(f"{part}.activation", function, gate, purpose=Purpose.ACTIVATION)
    return build.pointwise(f"{part}.product", "multiply", value, opened, purpose=Purpose.PRODUCT)


def pool_tokens(
    build: Builder, part: str, x: Tensor, *, tokens: str, function: str = "add"
) -> Tensor:
    """Means of squares of patches, so many in all: (b, N, H) -> (b, t, H)."""
    b, _, width = x.shape
    made = build.activation(part, b, symbol(tokens), width)
    return build.run(part, "reduction", function, (x,), made)
