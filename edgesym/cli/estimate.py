"""``edgesym estimate``: memory, time and energy on a device."""

from __future__ import annotations

import click

from edgesym.analysis.documents.estimate import estimate_document
from edgesym.analysis.estimate import estimate
from edgesym.claims.documents.composed import composed_document
from edgesym.claims.edgeprofiler import compose
from edgesym.cli.common import warn
from edgesym.cli.output import Write, output_options
from edgesym.cli.setup import setup_options
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setup_options(device="required")
@click.option(
    "--composition",
    type=click.Choice(["roofline", "edgeprofiler"]),
    default="roofline",
    show_default=True,
    help="Kernel by kernel, or equations 7 to 15 of the EdgeProfiler paper as printed.",
)
@output_options
def command(setup: Setup, composition: str, write: Write) -> None:
    """Estimate memory, time and energy on a device."""
    if composition == "edgeprofiler":
        found, missing = compose(setup)
        for line in missing:
            name = setup.machine.name
            warn(f"{line}: {name} has none; the term is left out (give it with --set)")
        write(composed_document(setup, found))
        return
    write(estimate_document(estimate(setup)))
