"""``edgesym plot pareto``: setups by two quantities."""

from __future__ import annotations

import click

from edgesym.analysis.documents.pictures import chart_document
from edgesym.analysis.pictures.lines import pareto_chart
from edgesym.cli.plots.options import Draw, picture_options, quantity_option, setups_options
from edgesym.cli.unused import refuse_unused
from edgesym.render.front_plot import front_figure
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setups_options
@quantity_option(multiple=True)
@picture_options
def command(setups: list[Setup], names: tuple[str, ...], draw: Draw) -> None:
    """Models, formats and devices by two quantities (-q twice), and the front.

    By default memory_footprint and time_per_output_token; less is better, but of rates.
    """
    asked = names or ("memory_footprint", "time_per_output_token")
    refuse_unused(setups, asked)
    found = pareto_chart(setups, asked)
    draw(chart_document(found), lambda: front_figure(found))
