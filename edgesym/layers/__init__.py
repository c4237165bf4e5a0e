"""Layers: builders that add operations to the graph of a block.

A layer is a function of the builder, the name of its part, the tensor that enters
and keyword options; it returns the tensor that leaves. One of many options is composed of
stages (:mod:`edgesym.layers.options`). :data:`LAYERS` is what the architecture files can name.
"""

from collections.abc import Callable, Iterator, MutableMapping
from importlib import import_module

from edgesym.domain import checked
from edgesym.graph.tensor import Tensor

__all__ = ["LAYERS"]

Layer = Callable[..., Tensor]

#: Module of this folder -> the layers that it has, by their names in architecture files.
_HOMES = {
    "altup": ("altup_add", "altup_correct", "altup_expand", "altup_merge", "altup_predict"),
    "attention": ("attention",),
    "compressed": ("compressed_attention",),
    "cross_attention": ("cross_attention", "hand_on"),
    "disentangled": ("disentangled_attention", "distances"),
    "elementary": ("activation", "concatenate", "linear", "scale", "square"),
    "embedding": ("embedding", "head", "positions"),
    "experts": ("experts",),
    "feed_forward": ("feed_forward",),
    "front": ("first_token", "frames_convolution", "identity"),
    "gated_recurrence": ("gated_recurrence",),
    "hyper": ("hyper_collapse", "hyper_expand", "hyper_merge", "hyper_mix"),
    "latent": ("latent_attention",),
    "linear_attention": ("gated_delta_rule", "lightning_attention"),
    "matrix_memory": ("matrix_memory",),
    "norm": ("norm",),
    "per_layer_embedding": ("per_layer_embedding", "per_layer_input"),
    "predictor": ("predictor",),
    "relative_positions": ("relative_positions",),
    "rwkv": ("channel_mixing", "matrix_time_mixing", "time_mixing"),
    "short_convolution": ("short_convolution",),
    "state_space": ("mamba",),
    "state_space_duality": ("mamba2",),
    "tower": (
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
    ),
}


class _Layers(MutableMapping[str, Layer]):
    """Builders by name; the module of one is imported when it is asked for first."""

    def __init__(self) -> None:
        homes = ((name, home) for home, names in _HOMES.items() for name in names)
        self._known: dict[str, str | Layer] = dict(sorted(homes))

    def __getitem__(self, name: str) -> Layer:
        found = self._known[name]
        if isinstance(found, str):
            layer = getattr(import_module(f"{__name__}.{found}"), name)
            found = self._known[name] = checked(layer)
        return found

    def __setitem__(self, name: str, layer: Layer) -> None:
        self._known[name] = layer

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


#: Layer name in an architecture file -> builder.
LAYERS = _Layers()
