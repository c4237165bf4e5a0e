"""A validation as a document: errors by group, what was not compared and why, and every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Document,
    Section,
    Table,
    Text,
    table,
)
from edgesym.validation.corpus import UNITS
from edgesym.validation.statistics import Statistics
from edgesym.validation.validate import BY, Outcome, Validation

__all__ = ["group_table", "reason_table", "validation_document", "worst_table"]

#: Rows of a table that one screen shows.
_MOST = 12
#: The rows that are furthest off, which a document names.
_WORST = 10
_NUMBERS = (
    Column("rows", "number"),
    Column("compared", "number"),
    Column("median error", "number"),
    Column("90 % below", "number"),
    Column("bias", "number"),
    Column("within 25 %", "number"),
    Column("in the interval", "number"),
    Column("its width", "number", spare=True),
)
_RECORDS = (
    *("line", "group", *BY, "batch", "context", "unit"),
    *("measured", "predicted", "low_90", "high_90", "error", "split", "assumed", "reason"),
)


def validation_document(found: Validation, by: str | None = None, split: str = "") -> Document:
    """Errors of each kind of measurement, by label if asked, and the reasons of the other rows."""
    shown = found.only(split) if split else found
    blocks: list[Block] = [
        Text(_said(found, split)),
        group_table("measured", shown.groups),
    ]
    if by is not None:
        blocks += [
            Section(f"{kind} by {by}", (group_table(by, groups, _MOST),))
            for kind, groups in shown.by(by).items()
        ]
    if any(one.predicted for one in shown.outcomes):
        blocks.append(Section("Furthest off", (worst_table(shown),), detail=True))
    if found.unmapped:
        blocks.append(Section("Not compared", (reason_table(found),)))
    return Document(
        "Predicted against measured",
        tuple(blocks),
        partial(_data, found, shown, by),
        partial(_records, shown),
    )


def _said(found: Validation, split: str) -> str:
    compared = sum(1 for one in found.outcomes if one.predicted)
    of_split = {
        "seen": " Shown: devices, runtimes and models that the fit has rows of.",
        "model": " Shown: devices and runtimes that the fit has rows of, of other models.",
        "device": " Shown: devices that the fit has no row of in their runtime.",
    }.get(split, "")
    return (
        f"{compared} of {len(found.outcomes)} measurements are compared; nothing is fitted here. "
        "An error is predicted / measured - 1, of a rate, of bytes or of joules per token; "
        "the interval is the 90 % that the fit and the figures of the device give, and its width "
        f"the factor by which it reaches up and down.{of_split}"
    )


def group_table(title: str, groups: Mapping[str, Statistics], most: int | None = None) -> Table:
    """One row of statistics per group."""
    rows = [(name, *_cells(each)) for name, each in groups.items()]
    return table((title, *_NUMBERS), rows, most)


def _cells(each: Statistics) -> Iterator[Cell]:
    yield Amount(each.rows, form=",")
    yield Amount(each.mapped, form=",")
    yield Amount(each.median_abs_error, form=".1%")
    yield Amount(each.p90_abs_error, form=".1%")
    yield Amount(each.bias, form="+.1%")
    yield Amount(each.within_25, form=".0%")
    yield Amount(each.coverage_90, form=".0%")
    yield "" if each.width_90 is None else f"x {each.width_90:.2f}"


def reason_table(found: Validation, most: int = _MOST) -> Table:
    """Why rows were not compared, and how many."""
    rows = [(reason, Amount(count, form=",")) for reason, count in found.unmapped.items()]
    return table(("reason", Column("rows", "number")), rows, most)


def worst_table(found: Validation) -> Table:
    """The compared rows with the largest errors."""
    compared = [one for one in found.outcomes if one.predicted]
    worst = sorted(compared, key=lambda one: -abs(one.error))[:_WORST]
    columns = (
        *("row", "measured", "device", "model", "runtime", "format"),
        Column("value", "number"),
        Column("predicted", "number"),
        Column("error", "number"),
    )
    return table(columns, [tuple(_worst(one)) for one in worst])


def _worst(one: Outcome) -> Iterator[Cell]:
    unit = UNITS[one.row.kind]
    yield str(one.row.line)
    yield one.row.kind
    yield from (one.label(by) for by in ("device", "model", "runtime", "format"))
    yield Amount(one.row.value, unit)
    yield Amount(one.predicted.value if one.predicted else None, unit)
    yield Amount(one.error, form="+.0%")


def _data(found: Validation, shown: Validation, by: str | None) -> dict[str, Any]:
    groups = {kind: each.as_json() for kind, each in shown.groups.items()}
    grouped = {} if by is None else {"by": _json(shown.by(by))}
    rows = [one.as_json() for one in shown.outcomes]
    return {"groups": groups, **grouped, "unmapped": found.unmapped, "rows": rows}


def _json(by: Mapping[str, Mapping[str, Statistics]]) -> dict[str, Any]:
    return {
        kind: {label: each.as_json() for label, each in groups.items()}
        for kind, groups in by.items()
    }


def _records(found: Validation) -> Table:
    """The rows as one flat table."""
    return table(_RECORDS, [tuple(_record(one.as_json())) for one in found.outcomes])


def _record(row: Mapping[str, Any]) -> Iterable[str]:
    low, high = row["interval_90"] or (None, None)
    flat = {**row, "low_90": low, "high_90": high, "assumed": "; ".join(row["assumed"])}
    return ("" if flat[name] is None else str(flat[name]) for name in _RECORDS)
