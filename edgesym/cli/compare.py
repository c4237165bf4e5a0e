"""``edgesym compare``: models, formats, prunings or devices side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import click

from edgesym.analysis.comparison.compare import SIDE_BY_SIDE, compare
from edgesym.analysis.documents.comparison.document import comparison_document
from edgesym.architectures.model import Model
from edgesym.architectures.naming import cards
from edgesym.architectures.traced.library import traced_models
from edgesym.cli.asked import device_with
from edgesym.cli.common import load_model, warn_of_run
from edgesym.cli.device import device_option
from edgesym.cli.output import Write, output_options
from edgesym.cli.setup import run_options
from edgesym.cli.unused import refuse_unused
from edgesym.devices import ROOM, device_names, find_device, is_device
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.formats import find_recipe, formats, recipes
from edgesym.pruning import is_pruning
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

__all__ = ["command"]

#: What is compared -> the label that tells setups apart.
_LABELS = {"model": "model", "format": "weights", "pruning": "prune", "device": "device"}


@click.command()
@click.argument("items", nargs=-1, required=True, metavar="A B [...]")
@click.option("--model", metavar="MODEL", help="The model that the others are compared on.")
@device_option(
    name="device",
    text="The device that models or formats are compared on; without it there are no times.",
)
@click.option(
    "-q", "--quantity", "names", multiple=True, metavar="Q", help="A quantity; may be repeated."
)
@click.option("--terms", is_flag=True, help="Each difference term by term and part by part.")
@output_options
@run_options
def command(
    items: tuple[str, ...],
    model: str | None,
    device: str | None,
    names: tuple[str, ...],
    terms: bool,
    write: Write,
    run: Run,
    figures: tuple[str, ...],
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Compare models, formats of the weights, prunings (2:4, layers=4), or devices.

    A, B and so on are all models, all formats, all prunings, of which 1:dense is none, or all
    devices. They are put side by side, and it is said where one overtakes the other. With
    --terms each is held against the first, quantity by quantity: the difference of the closed
    forms term by term, and where in the model it comes from. JSON and CSV always have these; CSV
    has a line for the total, each term and each part of each difference.
    """

    def loaded(name: str) -> Model:
        return load_model(name, allow_unknown, architecture)

    models = {item: _known(item, loaded) for item in items if _kind(item) == "model"}
    kind = _same_kind(items)
    if kind == "model":
        _refuse("--model", model, "models")
        machine = device_with(device, figures)
        setups = [Setup(models[item], machine, run) for item in items]
    elif model is None:
        raise ConfigError(f"{items[0]} is a {kind}: say of which model, with --model")
    elif kind == "format":
        _refuse("--weights", run.weights, "formats of the weights")
        machine, shared = device_with(device, figures), loaded(model)
        setups = [Setup(shared, machine, replace(run, weights=item)) for item in items]
    elif kind == "pruning":
        _refuse("--prune", run.prune, "prunings")
        machine, shared = device_with(device, figures), loaded(model)
        setups = [Setup(shared, machine, replace(run, prune=item)) for item in items]
    else:
        _refuse("--device", device, "devices")
        shared = loaded(model)
        machines = [find_device(item).with_settings(figures) for item in items]
        setups = [Setup(shared, machine, run) for machine in machines]
    for shown, asked in {setup.model: setup.run for setup in setups}.items():
        warn_of_run(shown, asked)
    called = [setup.labels()[_LABELS[kind]] for setup in setups]
    refuse_unused(setups, names or SIDE_BY_SIDE, used=ROOM)
    document = comparison_document(compare(called, setups, names))
    write(document if terms else document.briefly())


def _kind(item: str) -> str:
    if is_device(item):
        return "device"
    if is_pruning(item):
        return "pruning"
    try:
        find_recipe(item)
    except UnknownNameError:  # then it is a model, or unknown there
        return "model"
    return "format"


def _known(item: str, loaded: Callable[[str], Model]) -> Model:
    """The model of that name, where it is one; else the nearest of all that is compared."""
    try:
        return loaded(item)
    except UnknownNameError as error:
        if error.name != item:
            raise
        known = [*cards(), *traced_models(), *recipes(), *formats(), *device_names()]
        raise UnknownNameError("model, format or device", item, known) from error


def _same_kind(items: Sequence[str]) -> str:
    if len(items) < 2:
        raise ConfigError(f"{items[0]} alone: name two or more to compare")
    kinds: dict[str, str] = {}
    for item in items:
        kinds.setdefault(_kind(item), item)
    if len(kinds) > 1:
        which = " and ".join(f"{item} is a {kind}" for kind, item in kinds.items())
        raise ConfigError(f"{which}: compare models, or formats, or prunings, or devices")
    return kinds.popitem()[0]


def _refuse(option: str, given: str | None, compared: str) -> None:
    if given:
        raise ConfigError(f"{option} {given}: {compared} are compared; leave {option} out")
