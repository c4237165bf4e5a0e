"""``edgesym quantities``: what can be derived."""

from __future__ import annotations

import click

from edgesym.catalogue import REGISTRY
from edgesym.cli.output import Write, output_options
from edgesym.document.listing import listing

__all__ = ["command"]

_COLUMNS = ("quantity", "unit", "phase", "of a part", "meaning")


@click.command()
@output_options
def command(write: Write) -> None:
    """List the quantities with unit and meaning."""
    rows = (
        (q.name, q.unit, q.phase or "any", "yes" if q.of_part else "no", q.meaning)
        for q in REGISTRY.values()
    )
    write(listing("Quantities", "quantities", _COLUMNS, rows))
