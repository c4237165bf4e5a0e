"""The model to measure on: a config to build from, and what the formulas say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edgesym.architectures.locate import Found, find_config
from edgesym.architectures.model import Model
from edgesym.architectures.reader import read_model
from edgesym.data import shipped
from edgesym.errors import ConfigError

__all__ = ["Sample", "find_sample", "samples"]

#: Keys of a config.json that say how many layers there are.
_DEPTH = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")


@dataclass(frozen=True, slots=True)
class Sample:
    """A config to build a model from, and the model that it describes.

    Attributes:
        config: the keys of its config.json.
        model: the same in formulas.
        whole: layers that the model has, where some were left out; 0 where all are there.
    """

    config: Mapping[str, Any]
    model: Model
    whole: int = 0

    @property
    def causal(self) -> bool:
        """Whether it generates, one token after the other."""
        return any(str(c).endswith("CausalLM") for c in self.config.get("architectures", ()))


@cache
def samples() -> dict[str, Mapping[str, Any]]:
    """The configs of the samples that ship, by name.

    >>> list(samples())
    ['distilbert', 'llama-8m', 'llama-15m']
    """
    return {name: row["config"] for name, row in shipped("measuring", "samples").items()}


def find_sample(name: str, dtype: str = "float32", layers: int | None = None) -> Sample:
    """A sample by its name; or any model that has a config, to be built with random weights.

    >>> find_sample("distilbert").model.name, find_sample("llama-15m").causal
    ('distilbert', True)
    >>> find_sample("llama-3.2-1b", layers=4).whole
    16

    Args:
        dtype: that it is built in.
        layers: only the first of so many; all by default.

    Raises:
        UnknownNameError: no such sample, card, path or repository.
        ConfigError: the config cannot be used, or has no so many layers.
    """
    if name.lower().endswith(".gguf"):
        raise ConfigError(f"{name}: a GGUF file has no config to build from; give a config.json")
    known = samples().get(name)
    found = find_config(name) if known is None else Found(known, name, f"sample {name}", ())
    keys = {
        k: v for k, v in found.config.items() if k not in ("torch_dtype", "quantization_config")
    }
    keys, whole = _cut(keys, layers, found.origin)
    config = {**keys, "dtype": dtype}
    model = read_model(
        config, name=found.name, origin=found.origin, sources=found.sources, text_only=True
    )
    return Sample(config, model, whole)


def _cut(config: Mapping[str, Any], layers: int | None, origin: str) -> tuple[dict[str, Any], int]:
    """A config of the first layers alone, and how many there were; 0 where none is left out.

    Raises:
        ConfigError: it does not say how many layers there are, or has fewer.
    """
    if layers is None:
        return dict(config), 0
    key = next((key for key in _DEPTH if isinstance(config.get(key), int)), None)
    if key is None:
        raise ConfigError(f"{origin}: says nowhere how many layers it has; leave out --layers")
    whole = config[key]
    if not 1 <= layers <= whole:
        raise ConfigError(f"layers = {layers} must lie between 1 and the {whole} of {origin}")
    lists = {k: v[:layers] for k, v in config.items() if isinstance(v, list) and len(v) == whole}
    return {**config, **lists, key: layers}, whole if layers < whole else 0
