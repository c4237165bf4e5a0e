"""``edgesym formats``: the number formats."""

from __future__ import annotations

import click

from edgesym.cli.common import style_option
from edgesym.formats import formats
from edgesym.render.tables import render_table

__all__ = ["command"]


@click.command()
@style_option()
def command(style: str) -> None:
    """List the number formats with their layout and source."""
    rows = [
        [
            f.name,
            f"({f.layout}) / {f.per}",
            f"{float(f.bytes_per_element):g}",
            ", ".join(f.arithmetic),
            f.source,
        ]
        for f in formats().values()
    ]
    headers = ["format", "bytes / elements", "bytes per element", "computed in", "source"]
    click.echo(render_table(headers, rows, style))
