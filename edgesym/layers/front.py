"""Layers around an encoder: convolutions over frames, and the choice of one token."""

from __future__ import annotations

import sympy

from edgesym.graph.builder import Builder
from edgesym.graph.tensor import Tensor
from edgesym.symbols import symbol

__all__ = ["first_token", "frames_convolution", "identity"]


def identity(build: Builder, part: str, x: Tensor) -> Tensor:
    """Nothing: what a layer is where a model leaves it out."""
    return x


def first_token(build: Builder, part: str, x: Tensor) -> Tensor:
    """The first token of each sequence: (b, T, H) -> (b, 1, H), a view."""
    b, _, *axes = x.shape
    return build.run(
        part, "view", "first position", (x,), Tensor(part, (b, sympy.Integer(1), *axes))
    )


def frames_convolution(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    features: str = "",
    stride: int = 1,
    ahead: int = 1,
    taps: int = 3,
    output: str = "hidden",
    bias: bool = True,
) -> Tensor:
    """A convolution over time of all channels: (b, s U, c) -> (b, U, H), 2 b U k c H FLOPs.

    U is ``ahead`` times the tokens of the block, k the ``taps`` and s the ``stride``;
    frames at the border are padded (Whisper: Radford et al. 2022, arXiv:2212.04356,
    section 2.2). PyTorch counts a convolution as 2 x elements out x k c.

    Args:
        features: symbol of c where the frames enter the model here; empty where they are ``x``.
        ahead: frames out per token, where strides that follow merge frames.
    """
    b, frames = build.workload.batch, build.workload.new * ahead
    width, k = symbol(output), sympy.Integer(taps)
    channels = symbol(features) if features else x.shape[-1]
    entering = Tensor("frames", (b, frames * stride, channels)) if features else x
    seen = Tensor(f"{part}.taps", (b, frames, k, channels), touched=entering.elements)
    seen = build.run(f"{part}.taps", "view", "taps of each frame", (entering,), seen)
    weight = build.weight(part, k, channels, width)
    y = build.contract(part, "b u k c, k c h -> b u h", (seen, weight), b, frames, width)
    return build.add_bias(y, part, (width,)) if bias else y
