"""The sample of Transformer Roofline Analyzer beside our table, as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from edgesym.analysis.operators import Operator
from edgesym.claims.roofline_analyzer import SOURCE, Line, sample
from edgesym.document.nodes import (
    Amount,
    Cell,
    Column,
    Columns,
    Document,
    Items,
    Mark,
    Section,
    Text,
    table,
)

__all__ = ["analyzer_document"]

#: Column -> its title.
_TITLES = {
    "flops": "compute",
    "weight_bytes": "weights",
    "input_bytes": "inputs",
    "output_bytes": "outputs",
    "bytes": "stored",
}


def analyzer_document(lines: Sequence[Line], unlisted: Sequence[Operator]) -> Document:
    """Each cell that differs with the reason; then the whole table, and what it leaves out."""
    given = sample()
    cells = sum(len(line.printed) for line in lines)
    alike = cells - sum(len(line.differing) for line in lines)
    said = Text(
        f"{given['paper']}: {given['card']}, {given['cached']:,} cached tokens and {given['new']} "
        f"new; per block, in its way of counting ({given['convention']}). "
        f"{alike} of {cells} cells are ours to the last digit."
    )
    columns: Columns = ("node", "blocks", "cell", *map(_numbers, ("printed", "edgesym")), "why")
    whole: Columns = ("node", "blocks", *map(_numbers, list(_TITLES.values())[:-1]))
    blocks = (
        said,
        Section("Cells that differ", (table(columns, list(_differing(lines))),)),
        Section("Its nodes, in our numbers", (table(whole, list(_nodes(lines))),), detail=True),
        Section("What it leaves out", (Items(tuple(row.part for row in unlisted)),), detail=True),
    )
    return Document("Transformer Roofline Analyzer", blocks, partial(_data, lines, unlisted))


def _numbers(title: str) -> Column:
    return Column(title, "number")


def _amount(line: Line, column: str) -> Amount:
    return Amount(line.ours[column], "FLOP" if column == "flops" else "B")


def _differing(lines: Sequence[Line]) -> Iterator[tuple[Cell, ...]]:
    for line in lines:
        if "blocks" in line.why:
            all_of = line.blocks.partition(" / ")[2]
            yield line.name, line.blocks, "blocks", f"{all_of} / {all_of}", "", line.why["blocks"]
        for column in line.differing:
            printed = line.printed[column]
            why = line.why.get(column) or Mark("not explained", "bad")
            ours = _amount(line, column)
            yield line.name, line.blocks, _TITLES[column], printed, ours, why


def _nodes(lines: Sequence[Line]) -> Iterator[tuple[Cell, ...]]:
    for line in lines:
        if "flops" in line.printed:
            yield line.name, line.blocks, *(_amount(line, column) for column in line.printed)


def _data(lines: Sequence[Line], unlisted: Sequence[Operator]) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "rows": [
            {
                "node": line.name,
                "blocks": line.blocks,
                "printed": dict(line.printed),
                "edgesym": {column: line.ours[column] for column in line.printed},
                "differing": list(line.differing),
                "why": dict(line.why),
            }
            for line in lines
        ],
        "left_out": [row.part for row in unlisted],
    }
