"""The model to measure on: a config to build from, and what the formulas say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from edgesym.architectures.locate import Found, find_config
from edgesym.architectures.model import Model
from edgesym.architectures.reader import read_model
from edgesym.data import shipped
from edgesym.errors import ConfigError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

__all__ = ["DEFAULT", "Sample", "find_sample", "samples"]

#: The sample that is measured where nobody names a model.
DEFAULT = "distilbert"
#: How often the weights in fp32 are in memory while a technique works: the model and its copy.
_COPIES = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """A config to build a model from, and the model that it describes.

    Attributes:
        config: the keys of its config.json.
        model: the same in formulas.
    """

    config: Mapping[str, Any]
    model: Model

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
    return {name: row["config"] for name, row in shipped("compression", "samples").items()}


def find_sample(name: str = DEFAULT) -> Sample:
    """A sample by its name; or any model that has a config, built with random weights in fp32.

    >>> find_sample().model.name, find_sample("llama-15m").causal
    ('distilbert', True)

    Raises:
        UnknownNameError: no such sample, card, path or repository.
        ConfigError: the config cannot be used, or the model is too large to be built here.
    """
    if name.lower().endswith(".gguf"):
        raise ConfigError(f"{name}: a GGUF file has no config to build from; give a config.json")
    known = samples().get(name)
    found = find_config(name) if known is None else Found(known, name, f"sample {name}", ())
    keys = {
        k: v for k, v in found.config.items() if k not in ("torch_dtype", "quantization_config")
    }
    config = {**keys, "dtype": "float32"}
    model = read_model(config, name=found.name, origin=found.origin, sources=found.sources)
    _refuse_large(model)
    return Sample(config, model)


def _refuse_large(model: Model) -> None:
    """Refuse a model whose weights, some times over, would not fit into free memory.

    Raises:
        ConfigError: naming both sizes.
    """
    stored = Setup(model, run=Run(weights="fp32")).number("weight_storage_bytes")
    free = _free()
    if free is not None and _COPIES * stored > free:
        raise ConfigError(
            f"{model.name}: building it takes {_COPIES} x {stored / 2**30:.1f} GiB of weights in "
            f"fp32, and {free / 2**30:.1f} GiB of memory are free; measure on a smaller one: "
            + ", ".join(samples())
        )


def _free() -> int | None:
    """Free memory in bytes; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(x.split()[1]) * 1024 for x in lines if x.startswith("MemAvailable")), None)
