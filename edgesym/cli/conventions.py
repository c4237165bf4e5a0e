"""``edgesym conventions``: the ways of counting."""

from __future__ import annotations

import click

from edgesym.cli.output import Write, output_options
from edgesym.document.listing import listing
from edgesym.document.nodes import Section, table
from edgesym.graph.convention import CHOICES, conventions

__all__ = ["command"]


@click.command()
@output_options
def command(write: Write) -> None:
    """List the ways of counting, and what each choice says."""
    rows = (
        (name, *(getattr(counting, field) for field in CHOICES), counting.note)
        for name, counting in conventions().items()
    )
    choices = [(f, c, text) for f, named in CHOICES.items() for c, text in named.items()]
    meanings = Section("Choices", (table(("field", "choice", "meaning"), choices),))
    fields = {field: dict(named) for field, named in CHOICES.items()}
    columns = ("convention", *CHOICES, "note")
    write(listing("Conventions", "conventions", columns, rows, (meanings,), {"choices": fields}))
