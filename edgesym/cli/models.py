"""``edgesym models``: the model cards and architectures."""

from __future__ import annotations

import click

from edgesym.architectures.naming import cards
from edgesym.architectures.reader import architectures
from edgesym.cli.output import Write, output_options
from edgesym.document.listing import listing
from edgesym.document.nodes import Column, Text

__all__ = ["command"]

_COLUMNS = (
    "card",
    Column("model", spare=True),
    Column("model type", spare=True),
    "Hugging Face id",
)


@click.command()
@output_options
def command(write: Write) -> None:
    """List the model cards and architectures."""
    rows = (
        (name, card["name"], str(card["config"]["model_type"]), card["hugging_face"])
        for name, card in cards().items()
    )
    types = sorted(architectures())
    said = Text(f"Model types that a config.json may have: {', '.join(types)}")
    write(listing("Model cards", "models", _COLUMNS, rows, (said,), {"model_types": types}))
