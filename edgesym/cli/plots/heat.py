"""``edgesym plot heat``: a quantity over two axes."""

from __future__ import annotations

import click

from edgesym.analysis.documents.pictures import heat_document
from edgesym.analysis.pictures.axis import read_axis
from edgesym.analysis.pictures.lines import heat_map
from edgesym.cli.plots.options import Draw, over_option, picture_options, quantity_option
from edgesym.cli.setup import setup_options
from edgesym.cli.unused import refuse_unused
from edgesym.errors import ConfigError
from edgesym.render.chart_plot import heat_figure
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setup_options(device="optional")
@quantity_option(multiple=False, default="time_per_output_token, or memory_footprint")
@over_option(multiple=True)
@picture_options
def command(setup: Setup, name: str | None, over: tuple[str, ...], draw: Draw) -> None:
    """A quantity over two axes, as a map with lines of equal value."""
    usual = "memory_footprint" if setup.device is None else "time_per_output_token"
    asked = name or usual
    if len(over) != 2:
        raise ConfigError(f"a map has two axes, not {len(over)}; give --over twice")
    across, up = map(read_axis, over)
    refuse_unused([setup], [asked], along=[across.name, up.name])
    found = heat_map(setup, across, up, asked)
    draw(heat_document(found), lambda: heat_figure(found))
