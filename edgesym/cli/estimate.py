"""``edgesym estimate``: memory, time and energy on a device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from edgesym.cli.output import Write, output_options
from edgesym.cli.recalled import recalled
from edgesym.cli.setup import setup_texts
from edgesym.document.nodes import Document

if TYPE_CHECKING:
    from edgesym.scenario.setup import Setup

__all__ = ["command"]


@click.command()
@setup_texts(device="several")
@click.option(
    "--no-cache",
    "anew",
    is_flag=True,
    help="Compute anew: leave the cache on disk alone (edgesym cache).",
)
@output_options
def command(write: Write, anew: bool, **options: Any) -> None:
    """Estimate memory, time and energy on a device, or on several side by side."""
    write(_answer(options) if anew else recalled("estimate", options, _answer))


def _answer(options: Mapping[str, Any]) -> Document:
    from edgesym.analysis.documents.estimate import estimate_document
    from edgesym.analysis.estimate import estimate
    from edgesym.cli.asked import setup_of
    from edgesym.cli.unused import refuse_unused
    from edgesym.devices import ROOM
    from edgesym.quantities.registry import tagged

    given = dict(options)
    names = given.pop("device_names")
    setups = [setup_of({**given, "device_name": name})[0] for name in names]
    refuse_unused(setups, tagged("estimate"), used=ROOM)
    if len(setups) == 1:
        return estimate_document(estimate(setups[0]))
    return _side_by_side(names, setups)


def _side_by_side(names: Sequence[str], setups: Sequence[Setup]) -> Document:
    from edgesym.analysis.comparison.compare import compare
    from edgesym.analysis.documents.comparison.document import comparison_document

    return comparison_document(compare(list(names), setups)).briefly()
