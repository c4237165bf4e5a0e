"""LFM2's gated short convolution."""

from __future__ import annotations

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Purpose
from edgesym.graph.tensor import Tensor
from edgesym.layers.convolution import causal_convolution

__all__ = ["short_convolution"]


def short_convolution(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    kernel: str = "kernel",
    bias: bool = False,
) -> Tensor:
    """A convolution between two gates (LFM2, Liquid AI 2025, arXiv:2511.23404): (b, T, H) -> same.

    (B, C, u) = W_in x and y = W_out (C * conv(B * u)), all H wide; the convolution runs over
    the last k tokens, one filter per channel. Contractions: 2 b T H (4 H + k). The state is
    that of the convolution, k H per sequence.
    """
    hidden = x.shape[-1]

    def project(name: str, tensor: Tensor, purpose: Purpose) -> Tensor:
        return build.project(f"{part}.{name}", tensor, hidden, purpose=purpose, bias=bias)

    entering = Purpose.SCAN_INPUT
    opening, closing, inner = (project(name, x, entering) for name in ("b", "c", "x"))
    inner = build.pointwise(f"{part}.input_gate", "multiply", inner, opening)
    y = causal_convolution(build, f"{part}.filter", inner, kernel=kernel, bias=bias, activation="")
    y = build.pointwise(f"{part}.output_gate", "multiply", y, closing)
    return project("output", y, Purpose.SCAN_OUTPUT)
