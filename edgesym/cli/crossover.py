"""``edgesym crossover``: where a model changes regime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from edgesym.analysis.crossovers.crossover import lines_over
from edgesym.analysis.crossovers.passing import crossings
from edgesym.analysis.crossovers.regimes import COLUMNS, RegimeMap, powers_of_two, regime_map
from edgesym.cli.common import echo_json, ending_of, style_option, warn_of_context, write_files
from edgesym.cli.count import COUNT
from edgesym.cli.setup import setup_options
from edgesym.errors import ConfigError
from edgesym.render.crossover import (
    crossover_csv,
    crossover_json,
    crossover_markdown,
    crossover_text,
)
from edgesym.render.plot import ENDINGS, picture
from edgesym.render.regime_plot import regime_figure
from edgesym.render.tables import render_table
from edgesym.scenario.setup import Setup

__all__ = ["command"]

#: Contexts of a map, where a model does not say what it is made for.
_CONTEXTS = (128, 131072)
_BATCHES = (1, 1024)
#: Points of a plot along each axis.
_POINTS = 400

Ends = tuple[int, int]


@click.command()
@setup_options(device="optional")
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what a decode step waits for over batch and context: "
    "as a plot (.png, .pdf, .svg), or as data (.csv).",
)
@click.option(
    "--batches",
    type=(COUNT, COUNT),
    metavar="LOW HIGH",
    help="Batches of the map, in powers of two.  [default: 1 to 1024]",
)
@click.option(
    "--contexts",
    type=(COUNT, COUNT),
    metavar="LOW HIGH",
    help="Contexts of the map, in powers of two.  [default: 128 to what the model is made for]",
)
@style_option("json")
def command(
    setup: Setup, map_file: Path | None, batches: Ends | None, contexts: Ends | None, style: str
) -> None:
    """Say where a model changes regime, in closed form.

    The context at which the cache outweighs the weights, the batch and the prompt at which
    a step turns compute-bound, the context at which attention outweighs the projections.
    Those that weigh computing against memory need --device, and so does a map.
    """
    if map_file is not None:
        _write_map(setup, map_file, batches or _BATCHES, contexts or _contexts(setup))
    elif batches or contexts:
        asked = "--batches" if batches else "--contexts"
        raise ConfigError(f"{asked} is of a map; say where to write one with --map FILE")
    found, needing = crossings(setup)
    if style == "json":
        echo_json(crossover_json(setup, found, needing))
    elif style == "text":
        click.echo("\n".join(crossover_text(setup, found, needing)))
    elif style == "markdown":
        click.echo(crossover_markdown(setup, found, needing))
    else:
        click.echo(crossover_csv(found))


def _contexts(setup: Setup) -> Ends:
    """From 128, or less for a short model, to what the model is made for."""
    low, high = _CONTEXTS
    high = setup.model.context_limit or high
    return (low, high) if low < high else (1, high)


def _write_map(setup: Setup, file: Path, batches: Ends, contexts: Ends) -> None:
    """The map as a plot or as data, by the ending of the file."""
    ending = ending_of("--map", file, ("csv", *ENDINGS))
    warn_of_context(setup.model, contexts[1])
    axes = _axis("--batches", batches), _axis("--contexts", contexts)
    if ending == "csv":
        content = _data(regime_map(setup, *axes))
    else:
        fine = regime_map(setup, *(np.geomspace(axis[0], axis[-1], _POINTS) for axis in axes))
        content = picture(regime_figure(fine, lines_over(fine)), ending)
    for path in write_files(file.parent, {file.name: content}):
        click.echo(f"Wrote {path}", err=True)


def _axis(option: str, ends: Ends) -> Sequence[int]:
    """The numbers along an axis of the map.

    Raises:
        ConfigError: the option gives no range.
    """
    try:
        return powers_of_two(*ends)
    except ConfigError as error:
        raise ConfigError(f"{option}: {error}") from error


def _data(found: RegimeMap) -> bytes:
    rows = [[str(cell).removesuffix(".0") for cell in row] for row in found.rows()]
    return f"{render_table(COLUMNS, rows, 'csv')}\n".encode()
