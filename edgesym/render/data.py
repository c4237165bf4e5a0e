"""A document for programs: its answer as JSON, or its records as CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from fractions import Fraction
from typing import Any

from edgesym.document.cells import cell_text, formula_text
from edgesym.document.nodes import Amount, Block, Cell, Column, Document, Math, Section, Table
from edgesym.errors import OutputError
from edgesym.render.page import Page
from edgesym.render.words import plain_text

__all__ = ["csv_text", "records", "write_csv", "write_json"]


def write_json(document: Document, _: Page) -> str:
    """The answer as JSON."""
    return json.dumps(_finite(document.data), indent=2) + "\n"


def write_csv(document: Document, _: Page) -> str:
    """The records of a document, else its first table.

    Raises:
        OutputError: the document has no table.
    """
    return csv_text(_records(document))


def records(document: Document) -> list[list[Any]]:
    """The records of a document, else its first table: its header, then a list per row.

    Raises:
        OutputError: the document has no table.
    """
    return _lines(_records(document))


def csv_text(found: Table) -> str:
    """A table as CSV: a header, and a line per row.

    Numbers are in full, in base units; the header has the unit where a column has one.
    """
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(_lines(found))
    return buffer.getvalue()


def _records(document: Document) -> Table:
    found = document.records() if document.records else _first_table(document.blocks)
    if found is None:
        raise OutputError("there is no table in this answer; use --format json")
    return found


def _lines(found: Table) -> list[list[Any]]:
    units = [_unit([row.cells[i] for row in found.rows]) for i in range(len(found.columns))]
    header = [_header(c, u) for c, u in zip(found.columns, units, strict=True)]
    rows = [[_value(c, u) for c, u in zip(row.cells, units, strict=True)] for row in found.rows]
    return [header, *rows]


def _first_table(blocks: tuple[Block, ...]) -> Table | None:
    for block in blocks:
        if isinstance(block, Table):
            return block
        if isinstance(block, Section) and (found := _first_table(block.blocks)):
            return found
    return None


def _unit(cells: list[Cell]) -> str | None:
    """The unit that all numbers of a column have; none where they differ."""
    units = {cell.unit for cell in cells if isinstance(cell, Amount)}
    return units.pop() if len(units) == 1 else None


def _header(column: Column, unit: str | None) -> str:
    title = plain_text(column.title)
    return cell_text(title if unit in (None, "1", title) else f"{title} [{unit}]")


def _value(cell: Cell, unit: str | None) -> Any:
    """A cell as it is written: a number in full if its column has one unit."""
    if not isinstance(cell, Amount) or unit is None:
        return (formula_text if isinstance(cell, Math) else cell_text)(plain_text(cell))
    if isinstance(cell.value, Fraction):
        return int(cell.value) if cell.value.denominator == 1 else float(cell.value)
    return "" if cell.value is None else cell.value


def _finite(data: Any) -> Any:
    """Data without what JSON cannot write: a limit that is infinite is none, ``null``.

    >>> _finite({"limit": float("inf"), "at": (1, 2.5)})
    {'limit': None, 'at': [1, 2.5]}
    """
    match data:
        case float() if math.isinf(data):
            return None
        case dict():
            return {key: _finite(value) for key, value in data.items()}
        case list() | tuple():
            return [_finite(value) for value in data]
    return data
