"""Normalisation over the last axis."""

from __future__ import annotations

from edgesym.graph.builder import Builder
from edgesym.graph.tensor import Tensor

__all__ = ["norm"]


def norm(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    function: str = "rms_norm",
    weight: bool = True,
    bias: bool = False,
) -> Tensor:
    """Normalise the last axis of ``x``; shape in and out the same.

    Parameters: the extent of the last axis, once for the weight and once for the bias.
    """
    vectors = []
    if weight:
        vectors.append(build.weight(part, x.shape[-1]))
    if bias:
        vectors.append(build.weight(f"{part}_bias", x.shape[-1]))
    return build.normalise(part, function, x, *vectors)
