"""Causal convolution over the tokens, one filter per channel."""

from __future__ import annotations

from edgesym.graph.builder import Builder
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers.recurrence import carry
from edgesym.symbols import symbol

__all__ = ["causal_convolution"]


def causal_convolution(
    build: Builder,
    part: str,
    x: Tensor,
    *,
    kernel: str = "kernel",
    bias: bool = True,
    activation: str = "silu",
) -> Tensor:
    """A depthwise causal convolution: (b, T, c) -> (b, T, c), 2 b T c k FLOPs.

    Each channel sees its last k values; k of them are kept per sequence, in the format
    of the cache (Gu and Dao 2023, arXiv:2312.00752, section 3.4; the kept width is that
    of transformers and causal_conv1d, of which a step needs k - 1). PyTorch's count of
    a convolution is 2 x elements out x k for one channel per group; what it computes
    beyond T positions is not needed and not counted here.

    Args:
        kernel: symbol of k.
        activation: element-wise function that follows, none where empty.
    """
    b, new, channels = x.shape
    k = symbol(kernel)
    weight = build.weight(part, channels, k, group=Group.CONVOLUTION)
    before, after = carry(build, f"{part}_state", channels, k, role=Role.CACHE)
    equation = "b t c, b c k, c k -> b t c"
    made = build.activation(part, b, new, channels)
    sources = (x, before, weight)
    y = build.run(part, "contraction", equation, sources, made, after, purpose=Purpose.CONVOLUTION)
    if bias:
        y = build.add_bias(y, part, (channels,))
    if not activation:
        return y
    name, purpose = f"{part}_activation", Purpose.CONVOLUTION_ACTIVATION
    return build.pointwise(name, activation, y, purpose=purpose)
