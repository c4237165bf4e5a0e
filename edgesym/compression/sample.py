"""The model to compress: built in fp32, with room for copies of it."""

from __future__ import annotations

from edgesym.architectures.model import Model
from edgesym.domain import checked
from edgesym.errors import ConfigError
from edgesym.measuring.host import free_memory
from edgesym.measuring.sample import Sample, samples
from edgesym.measuring.sample import find_sample as found
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

__all__ = ["DEFAULT", "Sample", "find_sample", "samples"]

#: The sample that is measured where nobody names a model.
DEFAULT = "distilbert"
#: How often the weights in fp32 are in memory while a technique works: the model and its copy.
_COPIES = 3


@checked
def find_sample(name: str = DEFAULT) -> Sample:
    """A sample by its name; or any model that has a config, built with random weights in fp32.

    >>> find_sample().model.name
    'distilbert'

    Raises:
        UnknownNameError: no such sample, card, path or repository.
        ConfigError: the config cannot be used, or the model is too large to be built here.
    """
    sample = found(name)
    _refuse_large(sample.model)
    return sample


def _refuse_large(model: Model) -> None:
    """Refuse a model whose weights, some times over, would not fit into free memory.

    Raises:
        ConfigError: naming both sizes.
    """
    stored = Setup(model, run=Run(weights="fp32")).number("weight_storage_bytes")
    free = free_memory()
    if free is not None and _COPIES * stored > free:
        raise ConfigError(
            f"{model.name}: building it takes {_COPIES} x {stored / 2**30:.1f} GiB of weights in "
            f"fp32, and {free / 2**30:.1f} GiB of memory are free; measure on a smaller one: "
            + ", ".join(samples())
        )
