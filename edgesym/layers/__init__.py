"""Layers: builders that add operations to the graph of a block.

A layer is a function of the builder, the name of its part, the tensor that enters
and keyword options; it returns the tensor that leaves. One of many options is composed of
stages (:mod:`edgesym.layers.options`). :data:`LAYERS` is what the architecture files can name.
"""

from collections.abc import Callable

from edgesym.graph.tensor import Tensor
from edgesym.layers.altup import (
    altup_add,
    altup_correct,
    altup_expand,
    altup_merge,
    altup_predict,
)
from edgesym.layers.attention import attention
from edgesym.layers.compressed import compressed_attention
from edgesym.layers.cross_attention import cross_attention, hand_on
from edgesym.layers.elementary import activation, concatenate, linear, scale
from edgesym.layers.embedding import embedding, head, positions
from edgesym.layers.experts import experts
from edgesym.layers.feed_forward import feed_forward
from edgesym.layers.front import first_token, frames_convolution, identity
from edgesym.layers.hyper import hyper_collapse, hyper_expand, hyper_merge, hyper_mix
from edgesym.layers.latent import latent_attention
from edgesym.layers.linear_attention import gated_delta_rule, lightning_attention
from edgesym.layers.norm import norm
from edgesym.layers.per_layer_embedding import per_layer_embedding, per_layer_input
from edgesym.layers.predictor import predictor
from edgesym.layers.relative_positions import relative_positions
from edgesym.layers.rwkv import channel_mixing, time_mixing
from edgesym.layers.short_convolution import short_convolution
from edgesym.layers.state_space import mamba
from edgesym.layers.state_space_duality import mamba2

__all__ = ["LAYERS"]

#: Layer name in an architecture file -> builder.
LAYERS: dict[str, Callable[..., Tensor]] = {
    "activation": activation,
    "altup_add": altup_add,
    "altup_correct": altup_correct,
    "altup_expand": altup_expand,
    "altup_merge": altup_merge,
    "altup_predict": altup_predict,
    "attention": attention,
    "channel_mixing": channel_mixing,
    "concatenate": concatenate,
    "cross_attention": cross_attention,
    "compressed_attention": compressed_attention,
    "embedding": embedding,
    "experts": experts,
    "feed_forward": feed_forward,
    "first_token": first_token,
    "frames_convolution": frames_convolution,
    "hand_on": hand_on,
    "identity": identity,
    "gated_delta_rule": gated_delta_rule,
    "head": head,
    "hyper_collapse": hyper_collapse,
    "hyper_expand": hyper_expand,
    "hyper_merge": hyper_merge,
    "hyper_mix": hyper_mix,
    "latent_attention": latent_attention,
    "lightning_attention": lightning_attention,
    "linear": linear,
    "mamba": mamba,
    "mamba2": mamba2,
    "norm": norm,
    "per_layer_embedding": per_layer_embedding,
    "per_layer_input": per_layer_input,
    "positions": positions,
    "predictor": predictor,
    "relative_positions": relative_positions,
    "scale": scale,
    "short_convolution": short_convolution,
    "time_mixing": time_mixing,
}
