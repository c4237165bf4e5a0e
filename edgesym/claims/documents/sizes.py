"""EdgeProfiler's table II and its statements in words, as a document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from edgesym.catalogue import REGISTRY
from edgesym.claims.edgeprofiler_sizes import SOURCE, Size, published, table_of
from edgesym.claims.edgeprofiler_words import Ground, Remark, Statement
from edgesym.document.nodes import (
    Amount,
    Cell,
    Column,
    Columns,
    Document,
    Mark,
    Section,
    Span,
    Text,
    Tone,
    table,
)

__all__ = ["sizes_document"]

_TONES: dict[str, Tone] = {"holds": "good", "in part": "caution", "wrong": "bad"}


def sizes_document(
    cells: Sequence[Size], statements: Sequence[Statement], remarks: Sequence[Remark]
) -> Document:
    """The sizes with the files they are; what INT4 is; what is said of it, and what is so."""
    columns: Columns = (
        "model",
        "label",
        Column("printed", "number"),
        "file",
        Column("edgesym", "number"),
        Column("apart", "number"),
        "",
    )
    shown = table(columns, [_size(cell) for cell in cells])
    label = table_of(2)["label"]
    four = [cell for cell in cells if cell.label == label]
    mixes, bits = dict.fromkeys(cell.recipe for cell in four), [cell.bits for cell in four]
    hidden = (
        f"{label} is {len(mixes)} formats: {', '.join(mixes)}, with {min(bits):.1f} to "
        f"{max(bits):.1f} bits per parameter of the file: blocks have scales, and tables, heads "
        "and some layers have more bits. The words beside a size say why it does not round to "
        "the cell."
    )
    blocks = (
        Text(f"{table_of(2)['title']}; {published()['paper']}."),
        shown,
        Text(hidden),
        Section("What the abstract says of it", (_statements(statements),)),
        Section("What the text says of single numbers", (_remarks(remarks),)),
    )
    title = "EdgeProfiler, table II"
    return Document(title, blocks, partial(_data, cells, statements, remarks), lambda: shown)


def _size(cell: Size) -> tuple[Cell, ...]:
    apart = Mark(f"{cell.apart:+.1%}", "good" if cell.agrees else "caution")
    ours = Amount(cell.bytes / 1e9, form=".3f")
    why = "" if cell.agrees else cell.why
    return cell.model, cell.label, cell.printed, cell.recipe, (ours, " GB"), apart, why


def _statements(statements: Sequence[Statement]) -> Any:
    rows: list[tuple[Cell, ...]] = []
    for said in statements:
        for ground in said.grounds:
            verdict = said.verdict(ground)
            rows.append(
                (said.says, ground.what, _ends(said, ground), Mark(verdict, _TONES[verdict]))
            )
    return table(("it says", "what is so, by", "", "verdict"), rows)


def _ends(said: Statement, ground: Ground) -> str:
    """The ends of a ground, once where they are written alike."""
    form, unit = (".1%", "") if said.measure == "share" else (".2f", " times")
    low, high = format(ground.low, form), format(ground.high, form)
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def _remarks(remarks: Sequence[Remark]) -> Any:
    rows: list[tuple[Cell, ...]] = []
    for said in remarks:
        unit = REGISTRY[said.named].unit if said.named in REGISTRY and said.found else "1"
        real: tuple[Span, ...] = (said.named, " is ", Amount(said.value, unit, digits=3))
        if said.found:
            real = (*real, "; that is ", said.found, ", ", Amount(said.found_value, unit, digits=3))
        rows.append((said.says, real))
    return table(("it says", "by its script"), rows)


def _data(
    cells: Sequence[Size], statements: Sequence[Statement], remarks: Sequence[Remark]
) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "table": 2,
        "rows": [
            {
                "model": cell.model,
                "label": cell.label,
                "printed": cell.printed,
                "recipe": cell.recipe,
                "file_bytes": cell.bytes,
                "bits_per_parameter": cell.bits,
                "rounds_to_it": cell.agrees,
                "apart": cell.apart,
                "why": cell.why,
            }
            for cell in cells
        ],
        "statements": [
            {
                "id": said.id,
                "where": said.where,
                "says": said.says,
                "low": said.low,
                "high": said.high,
                "grounds": [
                    {"by": g.what, "low": g.low, "high": g.high, "verdict": said.verdict(g)}
                    for g in said.grounds
                ],
            }
            for said in statements
        ],
        "remarks": [
            {
                "id": said.id,
                "says": said.says,
                "named": said.named,
                "value": said.value,
                "really": said.found,
                "really_value": said.found_value,
            }
            for said in remarks
        ],
    }
