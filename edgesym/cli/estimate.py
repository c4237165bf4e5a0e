"""``edgesym estimate``: memory, time and energy on a device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from edgesym.cli.output import Write, output_options
from edgesym.cli.recalled import recalled
from edgesym.cli.setup import setup_texts
from edgesym.document.nodes import Document

__all__ = ["command"]


@click.command()
@setup_texts(device="required")
@click.option(
    "--no-cache",
    "anew",
    is_flag=True,
    help="Compute anew: leave the cache on disk alone (edgesym cache).",
)
@output_options
def command(write: Write, anew: bool, **options: Any) -> None:
    """Estimate memory, time and energy on a device."""
    write(_answer(options) if anew else recalled("estimate", options, _answer))


def _answer(options: Mapping[str, Any]) -> Document:
    from edgesym.analysis.documents.estimate import estimate_document
    from edgesym.analysis.estimate import estimate
    from edgesym.cli.asked import setup_of
    from edgesym.devices import ROOM
    from edgesym.quantities.registry import tagged
    from edgesym.scenario.unused import refuse_unused

    setup, _ = setup_of(options)
    refuse_unused([setup], tagged("estimate"), used=ROOM)
    return estimate_document(estimate(setup))
