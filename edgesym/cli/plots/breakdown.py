"""``edgesym plot breakdown``: stacked bars of a step, of memory, of a generation."""

from __future__ import annotations

import click

from edgesym.analysis.documents.pictures import bars_document
from edgesym.analysis.pictures.breakdown import BREAKDOWNS, breakdown
from edgesym.cli.plots.options import Draw, picture_options, setups_options
from edgesym.cli.unused import refuse_unused
from edgesym.devices import ROOM
from edgesym.render.bars_plot import bars_figure
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setups_options
@click.option(
    "--of",
    type=click.Choice(list(BREAKDOWNS)),
    default="step",
    show_default=True,
    help="A decode step by what it waits for, memory by what fills it, or a generation.",
)
@picture_options
def command(setups: list[Setup], of: str, draw: Draw) -> None:
    """Stacked bars of a step, of memory or of a generation, over models, formats and devices.

    The latencies of the EdgeProfiler paper beside ours: edgesym reproduce edgeprofiler --figure 3.
    """
    refuse_unused(setups, BREAKDOWNS[of].quantities, used=ROOM)
    found = breakdown(setups, of)
    draw(bars_document(found), lambda: bars_figure(found))
