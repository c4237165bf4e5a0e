"""A sweep as a document: what was asked, and its rows where they are few."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from edgesym.analysis.sweep.answer import Sweep
from edgesym.analysis.sweep.design import Design, Relaxed
from edgesym.analysis.sweep.sinks.sink import Field
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Document,
    Facts,
    Table,
    Text,
    table,
)
from edgesym.units import human

__all__ = ["design_document", "sweep_document"]

#: Rows that one screen shows.
_BRIEF = 20


def sweep_document(found: Sweep, title: str) -> Document:
    """The rows as a table; of a file, its name and how many it holds."""
    blocks: list[Block] = [Text(_said(found))]
    if found.path is None:
        blocks.append(_table(found, readable=True))
    records = None if found.path is not None else partial(_table, found, readable=False)
    return Document(title, tuple(blocks), partial(_data, found), records)


def design_document(best: Design) -> Document:
    """The best candidate: its extents, what it does, what binds, and the same without a grid."""
    found, question = best.found, best.question
    wanted = question.objectives[0]
    unit = _spoken(wanted.unit)
    rows: list[tuple[str, Cell]] = [
        (field.name, _cell(field, found.columns[field.name][0], readable=True))
        for field in found.fields
    ]
    for condition, (left, right) in zip(question.conditions, best.sides, strict=True):
        part = abs(left - right) / max(abs(right), 1e-300)
        rows.append((str(condition), (Amount(part, form=".2%"), " from the bound")))
    said = f"{found.points:,} candidates; the best has {wanted} = {_number(best.objective, unit)}"
    blocks: list[Block] = [Text(said), Facts(tuple(rows)), *_relaxation(best, unit)]
    if found.kept > 1:
        blocks.append(_table(found, readable=True))
    return Document(f"Design of {question.setup.title}", tuple(blocks), partial(_designed, best))


def _number(value: float, unit: str) -> str:
    return human(value, unit, 6)


def _spoken(unit: str) -> str:
    """The unit of a number that is written; of a count none."""
    return "1" if unit in ("sequences", "bits") else unit


def _relaxation(best: Design, unit: str) -> list[Block]:
    """What the search without a grid came to."""
    relaxed = best.relaxed
    if relaxed is None:
        return [Text(f"Without a grid: {best.missing}", note=True)]
    at = ", ".join(f"{name} = {value:.6g}" for name, value in relaxed.values.items())
    text = f"Without a grid: {_number(relaxed.objective, unit)} at {at}"
    if relaxed.binding:
        text += f"; bound by {', '.join(relaxed.binding)}"
    answer = "the same answer, rounded to the grid" if relaxed.same else relaxed.reason
    return [Text(f"{text}. {answer[:1].upper()}{answer[1:]}.")]


def _designed(best: Design) -> dict[str, Any]:
    return {
        **_data(best.found),
        "objective": best.objective,
        "conditions": [
            {"condition": str(condition), "left": left, "right": right}
            for condition, (left, right) in zip(best.question.conditions, best.sides, strict=True)
        ],
        "relaxation": _as_data(best.relaxed) if best.relaxed else {"missing": best.missing},
    }


def _as_data(relaxed: Relaxed) -> dict[str, Any]:
    return {
        "values": dict(relaxed.values),
        "objective": relaxed.objective,
        "binding": list(relaxed.binding),
        "same": relaxed.same,
        **({"reason": relaxed.reason} if relaxed.reason else {}),
    }


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
    unit = _spoken(field.unit) if readable else "1"
    return Amount(value, unit, digits=6 if field.kind == "whole" else 4)
