"""``edgesym plot roofline``: kernels under the roof of a device."""

from __future__ import annotations

import click

from edgesym.analysis.documents.pictures import roofline_document
from edgesym.analysis.pictures.roofline import PHASES, roofline
from edgesym.cli.plots.options import Draw, picture_options
from edgesym.cli.setup import setup_options
from edgesym.cli.unused import refuse_unused
from edgesym.render.roofline_plot import roofline_figure
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setup_options(device="required")
@click.option(
    "--phase",
    "phases",
    type=click.Choice(PHASES),
    multiple=True,
    help="Only this phase.  [default: both]",
)
@picture_options
def command(setup: Setup, phases: tuple[str, ...], draw: Draw) -> None:
    """The roofline of a device, with the kernels of a model on it by phase.

    The roof as stated and as reached; the area of a mark is its share of the time of its step.
    """
    refuse_unused([setup], ["time_to_first_token", "time_per_output_token"])
    found = roofline(setup, phases or PHASES)
    draw(roofline_document(found), lambda: roofline_figure(found))
