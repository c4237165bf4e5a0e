"""``edgesym formats``: the number formats."""

from __future__ import annotations

import click

from edgesym.cli.output import Write, output_options
from edgesym.document.listing import listing
from edgesym.document.nodes import Amount, Column
from edgesym.formats import formats, recipes

__all__ = ["command"]

_COLUMNS = (
    "format",
    "bytes / elements",
    Column("bytes per element", "number"),
    "computed in",
    "source",
)


@click.command()
@output_options
def command(write: Write) -> None:
    """List the number formats with their layout and source, and the recipes made of them."""
    rows = [
        (
            f.name,
            f"({f.layout}) / {f.per}",
            Amount(float(f.bytes_per_element), form="g"),
            ", ".join(f.arithmetic),
            f.source,
        )
        for f in formats().values()
    ]
    rows += (
        (
            r.name,
            f"mostly {r.main.name}",
            Amount(float(r.bytes_per_element), form="g"),
            ", ".join(r.arithmetic),
            r.source,
        )
        for r in recipes().values()
        if r.name not in formats()
    )
    write(listing("Number formats", "formats", _COLUMNS, rows))
