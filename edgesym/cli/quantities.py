"""``edgesym quantities``: what can be derived."""

from __future__ import annotations

import click

from edgesym.catalogue import REGISTRY
from edgesym.cli.common import style_option
from edgesym.render.tables import render_table

__all__ = ["command"]


@click.command()
@style_option()
def command(style: str) -> None:
    """List the quantities with unit and meaning."""
    rows = [
        [q.name, q.unit, q.phase or "any", "yes" if q.of_part else "no", q.meaning]
        for q in REGISTRY.values()
    ]
    click.echo(render_table(["quantity", "unit", "phase", "of a part", "meaning"], rows, style))
