"""``edgesym formats``: the number formats."""

from __future__ import annotations

import click

from edgesym.cli.output import Write, output_options
from edgesym.document.listing import listing
from edgesym.document.nodes import Amount, Column
from edgesym.formats import Format, Recipe, formats, recipes

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
    made: list[tuple[Format | Recipe, str]]
    made = [(f, f"({f.layout}) / {f.per}") for f in formats().values()]
    made += [(r, f"mostly {r.main.name}") for r in recipes().values() if r.name not in formats()]
    rows = (
        (
            each.name,
            parts,
            Amount(float(each.bytes_per_element), form="g"),
            ", ".join(each.arithmetic),
            each.source,
        )
        for each, parts in made
    )
    write(listing("Number formats", "formats", _COLUMNS, rows))
