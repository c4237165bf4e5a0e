"""``edgesym estimate``: memory, time and energy on a device."""

from __future__ import annotations

import click

from edgesym.analysis.estimate import estimate
from edgesym.cli.common import echo_json
from edgesym.cli.setup import setup_options
from edgesym.render.estimate import estimate_lines
from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setup_options(device="required")
@click.option("--json", "as_json", is_flag=True, help="Print quantities with their unit as JSON.")
def command(setup: Setup, as_json: bool) -> None:
    """Estimate memory, time and energy on a device."""
    found = estimate(setup)
    if as_json:
        echo_json(found.as_json())
    else:
        click.echo("\n".join(estimate_lines(found)))
