"""``edgesym crossover``: where a model changes regime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from edgesym.analysis.crossovers.crossover import CROSSOVERS, lines_over
from edgesym.analysis.crossovers.passing import crossings
from edgesym.analysis.crossovers.regimes import (
    COLUMNS,
    RegimeMap,
    fine_map,
    powers_of_two,
    regime_map,
    usual_ends,
)
from edgesym.analysis.documents.crossover import crossover_document
from edgesym.cli.common import ending_of, warn_of_context
from edgesym.cli.count import COUNT
from edgesym.cli.output import Write, output_options
from edgesym.cli.picture import write_beside
from edgesym.cli.setup import setup_options
from edgesym.cli.unused import refuse_unused
from edgesym.devices import ROOM
from edgesym.document.nodes import table
from edgesym.errors import ConfigError
from edgesym.render.data import csv_text
from edgesym.render.regime_plot import regime_figure
from edgesym.render.style import ENDINGS, picture
from edgesym.scenario.setup import Setup

__all__ = ["command"]

#: What a map shows beside the crossovers.
_OF_A_MAP = ("step_time", "memory_footprint")

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
@output_options
def command(
    setup: Setup, map_file: Path | None, batches: Ends | None, contexts: Ends | None, write: Write
) -> None:
    """Say where a model changes regime, in closed form.

    The context at which the cache outweighs the weights, the batch and the prompt at which
    a step turns compute-bound, the context at which attention outweighs the projections.
    Those that weigh computing against memory need --device, and so does a map.
    """
    compared = [name for crossover in CROSSOVERS for name in (crossover.left, crossover.right)]
    refuse_unused([setup], [*compared, *_OF_A_MAP], used=ROOM)
    if map_file is not None:
        usual = usual_ends(setup)
        _write_map(setup, map_file, batches or usual[0], contexts or usual[1])
    elif batches or contexts:
        asked = "--batches" if batches else "--contexts"
        raise ConfigError(f"{asked} is of a map; say where to write one with --map FILE")
    found, needing = crossings(setup)
    write(crossover_document(setup, found, needing))


def _write_map(setup: Setup, file: Path, batches: Ends, contexts: Ends) -> None:
    """The map as a plot or as data, by the ending of the file."""
    ending = ending_of("--map", file, ("csv", *ENDINGS))
    warn_of_context(setup.model, contexts[1])
    axes = _axis("--batches", batches), _axis("--contexts", contexts)
    if ending == "csv":
        content = _data(regime_map(setup, *axes))
    else:
        fine = fine_map(setup, batches, contexts)
        content = picture(regime_figure(fine, lines_over(fine)), ending)
    write_beside(file, content)


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
    return csv_text(table(COLUMNS, rows)).encode()
