"""``edgesym plot line``: a quantity along an axis."""

from __future__ import annotations

import click

from edgesym.analysis.documents.pictures import chart_document
from edgesym.analysis.pictures.axis import read_axis
from edgesym.analysis.pictures.lines import line_chart
from edgesym.cli.plots.options import (
    Draw,
    over_option,
    picture_options,
    quantity_option,
    setups_options,
)
from edgesym.cli.unused import refuse_unused
from edgesym.render.chart_plot import chart_figure
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setups_options
@quantity_option(multiple=False, default="time_per_output_token, or memory_footprint")
@over_option(multiple=False)
@picture_options
def command(setups: list[Setup], name: str | None, over: str, draw: Draw) -> None:
    """A quantity along an axis: a line for each model on each device.

    Where figures of a device have a spread, a band holds 90 % of it.
    """
    usual = "memory_footprint" if setups[0].device is None else "time_per_output_token"
    axis, asked = read_axis(over), name or usual
    refuse_unused(setups, [asked], along=[axis.name])
    found = line_chart(setups, axis, asked)
    draw(chart_document(found), lambda: chart_figure(found))
