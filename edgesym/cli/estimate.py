"""``edgesym estimate``: memory, time and energy on a device."""

from __future__ import annotations

import click

from edgesym.analysis.documents.estimate import estimate_document
from edgesym.analysis.estimate import estimate
from edgesym.cli.output import Write, output_options
from edgesym.cli.setup import setup_options
from edgesym.devices import ROOM
from edgesym.quantities.registry import tagged
from edgesym.scenario.setup import Setup
from edgesym.scenario.unused import refuse_unused

__all__ = ["command"]


@click.command()
@setup_options(device="required")
@output_options
def command(setup: Setup, write: Write) -> None:
    """Estimate memory, time and energy on a device."""
    refuse_unused([setup], tagged("estimate"), used=ROOM)
    write(estimate_document(estimate(setup)))
