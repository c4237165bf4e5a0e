"""A sweep as a document: what was asked, and its rows where they are few."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from edgesym.analysis.sweep.answer import Sweep
from edgesym.analysis.sweep.sinks.sink import Field
from edgesym.document.nodes import Amount, Block, Cell, Column, Document, Table, Text, table

__all__ = ["sweep_document"]

#: Rows that one screen shows.
_BRIEF = 20


def sweep_document(found: Sweep, title: str) -> Document:
    """The rows as a table; of a file, its name and how many it holds."""
    blocks: list[Block] = [Text(_said(found))]
    if found.path is None:
        blocks.append(_table(found, readable=True))
    records = None if found.path is not None else partial(_table, found, readable=False)
    return Document(title, tuple(blocks), partial(_data, found), records)


def _said(found: Sweep) -> str:
    said = f"{found.points:,} points, {found.kept:,} rows"
    if len(found.objectives) == 1:
        said += f", the best by {found.objectives[0]}"
    elif found.objectives:
        said += f" on the front of {', '.join(found.objectives)}"
    return f"{said}, in {found.path}" if found.path is not None else said


def _data(found: Sweep) -> dict[str, Any]:
    rows = None if found.path is not None else _rows(found)
    where = {"path": str(found.path)} if found.path is not None else {}
    return {
        "points": found.points,
        "kept": found.kept,
        **({"best_by": list(found.objectives)} if found.objectives else {}),
        "units": found.units,
        **where,
        **({"rows": rows} if rows is not None else {}),
    }


def _rows(found: Sweep) -> list[dict[str, Any]]:
    columns = {name: column.tolist() for name, column in found.columns.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _table(found: Sweep, *, readable: bool) -> Table:
    fields = found.fields
    titles = [f.name if readable else f.title for f in fields]
    columns = tuple(
        title if field.kind == "name" else Column(title, "number")
        for field, title in zip(fields, titles, strict=True)
    )
    values = [found.columns[field.name] for field in fields]
    rows = [
        tuple(
            _cell(field, value, readable=readable) for field, value in zip(fields, row, strict=True)
        )
        for row in zip(*(np.asarray(column).tolist() for column in values), strict=True)
    ]
    return table(columns, rows, most=_BRIEF)


def _cell(field: Field, value: Any, *, readable: bool) -> Cell:
    if field.kind == "name":
        return str(value)
    unit = "1" if field.unit in ("sequences", "bits") or not readable else field.unit
    return Amount(value, unit, digits=6 if field.kind == "whole" else 4)
