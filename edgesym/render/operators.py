"""The operator table for people: readable units, a line of totals, the line of storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from edgesym.analysis.operators import Operator, OperatorTable
from edgesym.units import human

__all__ = ["OPERATOR_HEADERS", "operator_rows", "storage_line"]

OPERATOR_HEADERS = ("part", "blocks", "compute", "weights", "inputs", "outputs", "FLOP/B")
_STORAGE = {
    "weights": "weights",
    "kv_cache": "KV cache",
    "additional_experts": "additional experts",
    "embedding_table": "embedding table",
}


def operator_rows(table: OperatorTable) -> list[list[str]]:
    """A row per operator, its numbers those of one block, and the totals of the step."""
    rows = [[row.part, _blocks(row), *_cells(asdict(row), row.intensity)] for row in table.rows]
    return [*rows, ["total", "", *_cells(table.totals, table.totals["intensity"])]]


def _cells(numbers: Mapping[str, float], intensity: float) -> list[str]:
    moved = (human(numbers[name], "B") for name in ("weight_bytes", "input_bytes", "output_bytes"))
    return [human(numbers["flops"], "FLOP"), *moved, f"{intensity:.3g}"]


def _blocks(row: Operator) -> str:
    return f"{row.repeat} / {row.of}" if row.of else f"{row.repeat}"


def storage_line(table: OperatorTable) -> str:
    """What must be held anywhere, as a sum."""
    terms = [
        f"{_STORAGE[name]} {human(amount, 'B')}"
        for name, amount in table.storage.items()
        if amount or name in ("weights", "kv_cache")
    ]
    return f"Minimum storage: {' + '.join(terms)} = {human(table.totals['storage_bytes'], 'B')}"
