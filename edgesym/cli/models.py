"""``edgesym models``: the model cards, the models from their own code, and the architectures."""

from __future__ import annotations

from collections.abc import Iterator

import click

from edgesym.architectures.naming import cards
from edgesym.architectures.reader import architectures
from edgesym.architectures.traced.library import shipped_model, traced_models
from edgesym.cli.output import Write, output_options
from edgesym.document.listing import listing
from edgesym.document.nodes import Cell, Column, Section, Text

__all__ = ["command"]

_COLUMNS = (
    "card",
    Column("model", spare=True),
    Column("model type", spare=True),
    "Hugging Face id",
)
_TRACED = (
    "name",
    Column("model type", spare=True),
    Column("Hugging Face id", spare=True),
    "holds where",
)
#: Conditions of a domain that are said; ``derive`` prints all of them.
_SAID = 3


@click.command()
@output_options
def command(write: Write) -> None:
    """List the model cards, those whose formulas come from their own code, and architectures."""
    rows = (
        (name, card["name"], str(card["config"]["model_type"]), card["hugging_face"])
        for name, card in cards().items()
    )
    types = sorted(architectures())
    said = Text(f"Model types that a config.json may have: {', '.join(types)}")
    traced = listing("Models from their own code", "traced", _TRACED, _traced())
    more = (Section(traced.title, traced.blocks), said)
    data = {**traced.data, "model_types": types}
    write(listing("Model cards", "models", _COLUMNS, rows, more, data))


def _traced() -> Iterator[tuple[Cell, ...]]:
    """Models without an architecture file, with the domain on which their formulas hold."""
    for name, row in traced_models().items():
        conditions = shipped_model(name).domain.conditions
        more = len(conditions) - _SAID
        where = ", ".join(map(str, conditions[:_SAID])) + (f" and {more} more" * (more > 0))
        yield name, str(row["config"]["model_type"]), row["hugging_face"], where or "anywhere"
