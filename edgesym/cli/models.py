"""``edgesym models``: the model cards and architectures."""

from __future__ import annotations

import click

from edgesym.architectures.locate import cards
from edgesym.architectures.reader import architectures
from edgesym.cli.common import style_option
from edgesym.render.tables import render_table

__all__ = ["command"]


@click.command()
@style_option()
def command(style: str) -> None:
    """List the model cards and architectures."""
    rows = [
        [name, card["name"], str(card["config"]["model_type"]), card["hugging_face"]]
        for name, card in cards().items()
    ]
    click.echo(render_table(["card", "model", "model type", "Hugging Face id"], rows, style))
    if style != "csv":
        click.echo(
            f"\nModel types that a config.json may have: {', '.join(sorted(architectures()))}"
        )
