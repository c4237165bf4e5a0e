"""``edgesym conventions``: the ways of counting."""

from __future__ import annotations

import click

from edgesym.cli.common import style_option
from edgesym.graph.convention import CHOICES, conventions
from edgesym.render.tables import render_table

__all__ = ["command"]


@click.command()
@style_option()
def command(style: str) -> None:
    """List the ways of counting, and what each choice says."""
    rows = [
        [name, *(getattr(counting, field) for field in CHOICES), counting.note]
        for name, counting in conventions().items()
    ]
    click.echo(render_table(["convention", *CHOICES, "note"], rows, style))
    if style == "csv":
        return
    choices = [[f, c, text] for f, table in CHOICES.items() for c, text in table.items()]
    click.echo("")
    click.echo(render_table(["field", "choice", "meaning"], choices, style))
