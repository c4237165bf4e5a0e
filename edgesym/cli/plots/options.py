"""What the kinds of pictures share: which setups, and where the picture goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from edgesym.cli.asked import device_with
from edgesym.cli.common import ending_of, load_model, refuse_existing, warn_of_run
from edgesym.cli.options import refuse_given, with_options
from edgesym.cli.output import Write, keep_figure, output_options
from edgesym.cli.picture import write_plot
from edgesym.cli.setup import run_options
from edgesym.document.nodes import Document
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.files.read import is_there
from edgesym.formats import find_recipe, formats, recipes
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Draw", "over_option", "picture_options", "quantity_option", "setups_options"]

F = TypeVar("F", bound=Callable[..., Any])
#: What a kind hands its answer to: the numbers as a document, and what draws them.
Draw = Callable[[Document, Callable[[], "Figure"]], None]


def over_option(*, multiple: bool, needed: str = "") -> Callable[[F], F]:
    """The option ``--over``: an axis."""
    return click.option(
        "--over",
        multiple=multiple,
        required=not needed,
        default=needed or None,
        show_default=bool(needed),
        metavar="NAME=VALUES",
        help="An axis: any symbol, such as context=1k..128k, memory_bandwidth=10GB/s..1000GB/s:log "
        "or bits=2..16:lin:15; values are those of edgesym sweep."
        + (" Twice." if multiple else ""),
    )


def quantity_option(*, multiple: bool, default: str = "") -> Callable[[F], F]:
    """The option ``-q``: what is drawn."""
    return click.option(
        "-q",
        "--quantity",
        "names" if multiple else "name",
        multiple=multiple,
        metavar="Q",
        help="A quantity (edgesym quantities)."
        + (f"  [default: {default}]" if default else " Twice." if multiple else ""),
    )


def setups_options(verb: F) -> F:
    """Options that say what is run where: the verb gets ``setups``, each model on each device."""

    @run_options
    @wraps(verb)
    def made(
        models: tuple[str, ...],
        devices: tuple[str, ...],
        figures: tuple[str, ...],
        reserve: str | None,
        run: Run,
        allow_unknown: tuple[str, ...],
        architecture: str,
        **options: Any,
    ) -> Any:
        machines = [device_with(name, figures, reserve) for name in devices or (None,)]
        setups = []
        for item in models:
            name, own = _split(item, run)
            loaded = load_model(name, allow_unknown, architecture)
            warn_of_run(loaded, own)
            setups += [Setup(loaded, machine, own) for machine in machines]
        return verb(setups=list(dict.fromkeys(setups)), **options)

    added = (
        click.argument("models", nargs=-1, required=True, metavar="MODEL[@FORMAT]..."),
        click.option(
            "--device",
            "devices",
            multiple=True,
            metavar="DEVICE",
            help="A device or a device file (.toml); may be repeated.",
        ),
        click.option(
            "--reserve", metavar="SIZE", help="Memory that the system and the runtime keep."
        ),
    )
    wrapped: F = with_options(made, added)
    return wrapped


def _split(item: str, run: Run) -> tuple[str, Run]:
    """The model of ``MODEL@FORMAT``, and the run with the weights in that format."""
    name, sign, weights = item.rpartition("@")
    if not sign or is_there(item):
        return item, run
    try:
        find_recipe(weights)
    except UnknownNameError as error:
        known = [*recipes(), *formats()]
        raise UnknownNameError(f"format of {item}:", weights, known) from error
    if run.weights:
        raise ConfigError(f"{item} names its format; leave out --weights {run.weights}")
    return name, replace(run, weights=weights)


def picture_options(verb: F) -> F:
    """``--output`` and ``--force`` beside the options of the numbers; the verb gets a ``draw``."""

    @output_options
    @wraps(verb)
    def made(output: Path | None, force: bool, write: Write, **options: Any) -> Any:
        if output is None:
            refuse_given("replaces a file; name it, with --output FILE", "force")
        else:
            from edgesym.render.style import ENDINGS

            ending_of("--output", output, ENDINGS)
            refuse_existing("--output", output, force=force)
        params = click.get_current_context().params
        printed = output is None or params.get("style") or params.get("as_json")

        def draw(document: Document, figure: Callable[[], Figure]) -> None:
            keep_figure(figure)
            if output is not None:
                write_plot(output, figure)
            if printed:
                write(document)

        return verb(draw=draw, **options)

    added = (
        click.option(
            "--output",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Write the picture (.png, .pdf or .svg); without it the numbers are printed.",
        ),
        click.option("--force", is_flag=True, help="Replace a FILE that is there."),
    )
    wrapped: F = with_options(made, added)
    return wrapped
