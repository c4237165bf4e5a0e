"""``edgesym explain``: where a number comes from."""

from __future__ import annotations

import click

from edgesym.analysis.explanation.explain import explain
from edgesym.cli.common import echo_json
from edgesym.cli.setup import setup_options
from edgesym.render.explanation.json import explanation_json
from edgesym.render.explanation.markdown import explanation_markdown
from edgesym.render.explanation.text import explanation_text
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@click.argument("quantity", metavar="QUANTITY")
@setup_options(device="optional")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
)
def command(setup: Setup, quantity: str, style: str) -> None:
    """Say where a number comes from, so that it can be recomputed by hand.

    QUANTITY is a name of edgesym quantities. Shown are its formula, the operations of the
    graph that each term comes from, the value and the source of each symbol, and the
    convention. A time or an energy needs --device.
    """
    found = explain(setup, quantity)
    if style == "json":
        echo_json(explanation_json(found))
    else:
        click.echo((explanation_markdown if style == "markdown" else explanation_text)(found))
