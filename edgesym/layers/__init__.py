"""Layers: builders that add operations to the graph of a block.

A layer is a function of the builder, the name of its part, the tensor that enters
and keyword options; it returns the tensor that leaves. :data:`LAYERS` is what the
architecture files can name.
"""

from collections.abc import Callable

from edgesym.graph.tensor import Tensor
from edgesym.layers.attention import attention
from edgesym.layers.elementary import activation, linear, scale
from edgesym.layers.embedding import embedding, head, positions
from edgesym.layers.experts import experts
from edgesym.layers.feed_forward import feed_forward
from edgesym.layers.norm import norm

__all__ = ["LAYERS"]

#: Layer name in an architecture file -> builder.
LAYERS: dict[str, Callable[..., Tensor]] = {
    "activation": activation,
    "attention": attention,
    "embedding": embedding,
    "experts": experts,
    "feed_forward": feed_forward,
    "head": head,
    "linear": linear,
    "norm": norm,
    "positions": positions,
    "scale": scale,
}
