"""The operator table as a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from edgesym.analysis.operators import Operator, OperatorTable
from edgesym.architectures.tower import said_of_media
from edgesym.document.nodes import (
    Amount,
    Cell,
    Column,
    Columns,
    Document,
    Row,
    Span,
    Table,
    Text,
    table,
)

__all__ = ["operator_document", "operator_rows", "storage_line"]

_COLUMNS: Columns = (
    "part",
    *(Column(title, "number") for title in ("blocks", "compute", "weights", "inputs", "outputs")),
    Column("FLOP/B", "number", spare=True),
)
_UNITS = {
    "flops": "FLOP",
    "weight_bytes": "B",
    "input_bytes": "B",
    "output_bytes": "B",
}
_STORAGE = {
    "weights": "weights",
    "kv_cache": "KV cache",
    "additional_experts": "additional experts",
    "embedding_table": "embedding table",
}
#: Rows of one screen.
_MOST = 12


def operator_document(found: OperatorTable) -> Document:
    """A row per operator, its numbers those of one block, and the totals of the step."""
    counted = f"Convention {found.counting.name}: {'; '.join(found.counting.describe())}."
    counted += f" Counted: {said_of_media(found.model)}." if found.model.counted else ""
    blocks = (operator_rows(found), Text(storage_line(found)), Text(counted))
    return Document(
        f"Operators of {found.model.name}", blocks, found.as_json, lambda: _records(found)
    )


def operator_rows(found: OperatorTable) -> Table:
    """The operators, and the totals of the step."""
    rows = [
        Row((row.part, _blocks(row), *_cells(asdict(row), row.intensity))) for row in found.rows
    ]
    total = Row(("total", "", *_cells(found.totals, found.totals["intensity"])), total=True)
    return table(_COLUMNS, [*rows, total], _MOST)


def _cells(numbers: Mapping[str, float], intensity: float) -> tuple[Cell, ...]:
    amounts = (Amount(numbers[name], unit) for name, unit in _UNITS.items())
    return (*amounts, Amount(intensity, form=".3g"))


def _blocks(row: Operator) -> str:
    return f"{row.repeat} / {row.of}" if row.of else f"{row.repeat}"


def storage_line(found: OperatorTable) -> Cell:
    """What must be held anywhere, as a sum."""
    spans: list[Span] = []
    for name, amount in found.storage.items():
        if amount or name in ("weights", "kv_cache"):
            spans += [
                " + " if spans else "Minimum storage: ",
                f"{_STORAGE[name]} ",
                Amount(amount, "B"),
            ]
    return (*spans, " = ", Amount(found.totals["storage_bytes"], "B"))


def _records(found: OperatorTable) -> Table:
    """A row per operator, numbers in full."""
    rows = found.as_json()["rows"]
    cells = [tuple(v if isinstance(v, str) else Amount(v) for v in row.values()) for row in rows]
    return table(tuple(rows[0]), cells)
