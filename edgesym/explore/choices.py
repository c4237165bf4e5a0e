"""What can be chosen on the page: models, devices, runtimes, recipes, and each combination."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgesym.architectures.model import Model
from edgesym.devices import Device
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError
from edgesym.runtimes import runtime_of
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

__all__ = ["DEVICES", "MODELS", "OWN", "RECIPES", "RUNTIMES", "USUAL", "Choices", "Combination"]

#: The weights as published, and the usual runtime of a device.
OWN, USUAL = "as published", ""
#: What is chosen from where nobody says: small and large, dense, windowed and with experts; on a
#: board, a module, a laptop, a card and a server.
MODELS = ("llama-3.2-1b", "gemma-3-4b", "llama-3.1-8b", "qwen3-30b-a3b")
DEVICES = ("raspberry-pi-5", "jetson-orin-nano-super", "apple-m4", "rtx-4090", "h100-sxm")
RUNTIMES = (USUAL, "ideal")
RECIPES = (OWN, "q8_0", "q4_k_m")
#: More combinations take minutes to derive, and make a page that no browser holds.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Combination:
    """One of each; its setup, or why there is none."""

    model: int
    device: int
    runtime: str
    recipe: int
    setup: Setup | None
    refused: str = ""

    @property
    def key(self) -> str:
        """What it is found by: places in the lists, and the runtime."""
        return f"{self.model}/{self.device}/{self.runtime}/{self.recipe}"


@dataclass(frozen=True, slots=True)
class Choices:
    """Models, devices, runtimes and recipes of weights, each in the order of its list.

    Attributes:
        runtimes: names or files; :data:`USUAL` is each device's own.
        recipes: as ``--weights`` takes them; :data:`OWN` is the model's own format.

    Raises:
        ConfigError: nothing to choose, or more combinations than a page can hold.
    """

    models: tuple[Model, ...]
    devices: tuple[Device, ...]
    runtimes: tuple[str, ...] = RUNTIMES
    recipes: tuple[str, ...] = RECIPES

    def __post_init__(self) -> None:
        """Refuse too few and too many."""
        lists = {"model": self.models, "device": self.devices, "runtime": self.runtimes}
        count = 1
        for what, listed in {**lists, "recipe": self.recipes}.items():
            if not listed:
                raise ConfigError(f"a page without a {what} shows nothing; name one")
            count *= len(listed)
        if count > _MOST:
            raise ConfigError(
                f"{count} combinations of models, devices, runtimes and recipes are more than the "
                f"{_MOST} that a page is made of; name fewer"
            )

    def usual(self, device: Device) -> str:
        """The name of a device's usual runtime among those that it can be run by."""
        return runtime_of(self.runtimes[0], device).id

    def combinations(self) -> Iterator[Combination]:
        """Every combination; one that edgesym refuses comes with what it says.

        Raises:
            UnknownNameError: no such runtime or recipe.
        """
        for at_model, model in enumerate(self.models):
            for at_device, device in enumerate(self.devices):
                for name, runtime in self._runtimes(device).items():
                    for at_recipe, recipe in enumerate(self.recipes):
                        places = (at_model, at_device, name, at_recipe)
                        weights = "" if recipe == OWN else recipe
                        yield Combination(*places, *_setup(model, device, runtime, weights))

    def _runtimes(self, device: Device) -> dict[str, str]:
        """The runtimes of a device: its name of each, and how it was asked for."""
        named: dict[str, str] = {}
        for runtime in self.runtimes:
            named.setdefault(runtime_of(runtime, device).id, runtime)
        return named


def _setup(model: Model, device: Device, runtime: str, weights: str) -> tuple[Setup | None, str]:
    """A setup whose steps have a time, or why there is none.

    Raises:
        UnknownNameError: no such runtime or recipe.
    """
    try:
        setup = Setup(model, device, Run(weights=weights, kernels=runtime))
        setup.require("time_per_output_token", setup.program(["time_per_output_token"]).symbols)
    except UnknownNameError:
        raise  # a name that is misspelt is no combination
    except EdgesymError as error:  # the page tells it
        return None, str(error)
    return setup, ""
