"""``edgesym explain``: where a number comes from."""

from __future__ import annotations

import click

from edgesym.analysis.documents.explanation.document import explanation_document
from edgesym.analysis.explanation.explain import explain
from edgesym.cli.output import Write, output_options
from edgesym.cli.setup import setup_options
from edgesym.cli.unused import refuse_unused
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@click.argument("quantity", metavar="QUANTITY")
@setup_options(device="optional")
@output_options
def command(setup: Setup, quantity: str, write: Write) -> None:
    """Say where a number comes from, so that it can be recomputed by hand.

    QUANTITY is a name of edgesym quantities. Shown are its formula, the operations of the
    graph that each term comes from, the value and the source of each symbol, and the
    convention. A time or an energy needs --device.
    """
    refuse_unused([setup], [quantity])
    write(explanation_document(explain(setup, quantity)))
