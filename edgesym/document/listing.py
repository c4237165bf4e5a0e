"""What there is to choose from, as a document: a table, and the same rows for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from edgesym.document.nodes import Amount, Block, Cell, Columns, Document, Math, table

__all__ = ["listing"]


def listing(
    title: str,
    name: str,
    columns: Columns,
    rows: Iterable[tuple[Cell, ...]],
    more: tuple[Block, ...] = (),
    data: Mapping[str, Any] | None = None,
) -> Document:
    """A document of one table; its rows are the entry ``name`` of the answer.

    >>> listing("Planets", "planets", ("planet", "moons"), [("Mars", Amount(2))]).data
    {'planets': [{'planet': 'Mars', 'moons': 2}]}

    Args:
        title: what is listed.
        name: of the list in the answer.
        columns: headers, or typed columns.
        rows: their cells.
        more: what follows the table.
        data: further entries of the answer.
    """
    made = table(columns, list(rows))
    keys = [str(column.title).replace(" ", "_") for column in made.columns]

    def answer() -> dict[str, Any]:
        listed = [dict(zip(keys, map(_value, row.cells), strict=True)) for row in made.rows]
        return {name: listed, **(data or {})}

    return Document(title, (made, *more), answer)


def _value(cell: Cell) -> Any:
    match cell:
        case Amount(value):
            return value
        case Math(expression):
            return str(expression)
    return cell
