"""``edgesym whatif``: what a measured speed says of a device."""

from __future__ import annotations

import click

from edgesym.cli.output import Write, output_options
from edgesym.cli.setup import setup_options
from edgesym.cli.speed import speed
from edgesym.cli.unused import refuse_unused
from edgesym.scenario.setup import Setup
from edgesym.validation.whatif import what_if
from edgesym.validation.whatif_document import what_if_document

__all__ = ["command"]


@click.command()
@setup_options(device="required")
@click.option(
    "--measured",
    required=True,
    metavar="SPEED",
    help="The speed that was measured, of all sequences, such as '7.1 tok/s'.",
)
@click.option(
    "--phase",
    type=click.Choice(["decode", "prefill"]),
    default="decode",
    show_default=True,
    help="What was measured: tokens generated, or those of the prompt.",
)
@output_options
def command(setup: Setup, measured: str, phase: str, write: Write) -> None:
    """Say what a measured speed means: which efficiency it implies, or that it cannot be."""
    timed = {"decode": "time_per_output_token", "prefill": "time_to_first_token"}
    refuse_unused([setup], [timed[phase]])
    write(what_if_document(what_if(setup, speed(measured), phase)))
