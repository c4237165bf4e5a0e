"""What runs a model for real: the libraries that it needs, and the runtime that predicts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType

from edgesym.errors import ConfigError

__all__ = ["ENGINES", "Engine", "find_engine"]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine.

    Attributes:
        runtime: that predicts it.
        packages: modules that it needs.
        extra: that installs them.
        step: of :mod:`edgesym.measuring.worker` that runs a model.
        weights: the format or recipe that is run where none is asked for.
    """

    name: str
    runtime: str
    packages: tuple[str, ...]
    extra: str
    step: str
    weights: str

    @property
    def missing(self) -> tuple[str, ...]:
        """Modules that it needs and that are not installed."""
        return tuple(name for name in self.packages if find_spec(name) is None)


#: By the name that the command line has for them.
ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        engine.name: engine
        for engine in (
            Engine("llama.cpp", "llama.cpp", ("xllamacpp", "gguf"), "measure", "llama.cpp", "q8_0"),
            Engine(
                "torch", "transformers", ("torch", "transformers"), "oracle", "torch-run", "bf16"
            ),
        )
    }
)


def find_engine(name: str) -> Engine:
    """An engine whose libraries are there.

    Raises:
        ConfigError: they are not; naming the extra.
    """
    engine = ENGINES[name]
    if engine.missing:
        raise ConfigError(
            f"{name} needs {', '.join(engine.missing)}; install the extra: "
            f"pip install 'edgesym[{engine.extra}]'"
        )
    return engine
