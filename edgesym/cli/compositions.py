"""``edgesym compositions``: how compute and memory time make up the time of a step."""

from __future__ import annotations

import click

from edgesym.cli.output import Write, output_options
from edgesym.document.listing import listing
from edgesym.document.nodes import Math
from edgesym.quantities.composition import COMPOSITIONS
from edgesym.symbols import declared

__all__ = ["command"]


@click.command()
@output_options
def command(write: Write) -> None:
    """List the compositions of time, with their form and source."""
    times = declared("compute"), declared("memory")
    rows = (
        (name, Math(row.time(*times)), row.sentence, row.source)
        for name, row in COMPOSITIONS.items()
    )
    columns = ("composition", "time of a kernel", "what it says", "source")
    write(listing("Compositions", "compositions", columns, rows))
