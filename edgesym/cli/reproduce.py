"""``edgesym reproduce``: a published table, recomputed, beside our derivation."""

from __future__ import annotations

import click

from edgesym.claims.documents.reproduced import reproduced_document
from edgesym.claims.edgeprofiler import reproduce
from edgesym.cli.output import Write, output_options

__all__ = ["command"]


@click.command()
@click.argument("source", type=click.Choice(["edgeprofiler"]), metavar="edgeprofiler")
@output_options
def command(source: str, write: Write) -> None:
    """Recompute a published table beside our derivation."""
    write(reproduced_document(source, list(reproduce())))
