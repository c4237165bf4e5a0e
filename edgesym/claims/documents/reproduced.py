"""A published table, recomputed, beside our derivation, as a document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from edgesym.claims.edgeprofiler import COLUMNS, Reproduced
from edgesym.document.nodes import Amount, Cell, Column, Columns, Document, Text, table
from edgesym.quantities.stated import paper

__all__ = ["reproduced_document"]

#: Columns that stand on any page.
_KEPT = ("Mem(MiB)", "E2E(ms)", "Energy(J)")
_NOTE = (
    "script: the formulas and inputs of {script}, in its units (MB are MiB). "
    "edgesym: the real model on the real device ({devices}), a decode step at context 1024, "
    "fused kernels; E2E there is a decode step: loading (IO) and copying (H2D) are paid once "
    "and not charged to each token, and unified memory has no H2D copy. "
    "A star marks a model that does not fit in the device's memory."
)


def reproduced_document(source: str, rows: Sequence[Reproduced]) -> Document:
    """Of each row of the table the line of the script, and ours below it."""
    inputs = paper(source)
    devices = ", ".join(d["device"] for d in inputs["inputs"]["devices"].values())
    numbers = (Column(name, "number", spare=name not in _KEPT) for name in COLUMNS)
    columns: Columns = ("Device", "Model", "Prec", "from", *numbers)
    lines = table(columns, [cells for row in rows for cells in _lines(row)])
    note = Text(_NOTE.format(script=inputs["script"], devices=devices))
    return Document("", (lines, note), partial(_data, source, rows))


def _lines(row: Reproduced) -> list[tuple[Cell, ...]]:
    """The line of the script, and ours below it."""

    def cells(numbers: dict[str, float]) -> list[Cell]:
        return [
            Amount(numbers[name] * factor, form=f".{digits}f") if name in numbers else "-"
            for name, factor, digits in COLUMNS.values()
        ]

    label = (row.device, row.model, row.precision)
    ours = "edgesym" if row.fits else "edgesym*"
    return [
        (*label, "script", *cells(dict(row.script))),
        (*label, ours, *cells(dict(row.derived))),
    ]


def _data(source: str, rows: Sequence[Reproduced]) -> dict[str, Any]:
    return {
        "source": source,
        "rows": [
            {
                "device": row.device,
                "model": row.model,
                "precision": row.precision,
                "script": dict(row.script),
                "edgesym": {name: row.derived.get(name) for name in row.script},
                "fits": row.fits,
            }
            for row in rows
        ],
    }
