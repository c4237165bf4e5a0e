"""``edgesym plot throughput``: tokens per second against the wait for one."""

from __future__ import annotations

import click

from edgesym.analysis.documents.pictures import chart_document
from edgesym.analysis.pictures.axis import read_axis
from edgesym.analysis.pictures.lines import throughput_chart
from edgesym.cli.plots.options import Draw, picture_options, setups_options
from edgesym.cli.unused import refuse_unused
from edgesym.render.chart_plot import chart_figure
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setups_options
@click.option(
    "--batches",
    default="1..256",
    show_default=True,
    metavar="LOW..HIGH[:log|lin[:N]]",
    help="Batches, by default in powers of two.",
)
@picture_options
def command(setups: list[Setup], batches: str, draw: Draw) -> None:
    """Tokens per second of all sequences against the wait for a token, over batch."""
    span = batches if ":" in batches else f"{batches}:log:{_doublings(batches)}"
    axis = read_axis(f"batch={span}")
    refuse_unused(setups, ["tokens_per_second"], along=[axis.name])
    found = throughput_chart(setups, axis)
    draw(chart_document(found), lambda: chart_figure(found))


def _doublings(span: str) -> int:
    """Points of a range that are powers of two apart; a few where it is none."""
    low, _, high = span.partition("..")
    if not (low.isdigit() and high.isdigit() and 0 < int(low) < int(high)):
        return 9
    return max(2, (int(high) // int(low)).bit_length())
