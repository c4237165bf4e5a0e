"""Proofs as a document: what is equal for all sizes, where, and what differs otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edgesym.document.nodes import (
    Block,
    Cell,
    Code,
    Columns,
    Document,
    Items,
    Mark,
    Math,
    Section,
    Span,
    Text,
    Tone,
    table,
)
from edgesym.tracing.proof import CALLS, PROVED, Proved
from edgesym.tracing.verify import Proofs

__all__ = ["as_data", "proof_document"]

#: A call of the code -> what the column of its verdicts is called.
_TITLES = {
    "step": "several tokens on a cache",
    "single": "one token on a cache",
    "first": "a prompt, nothing cached",
}
_COLUMNS: Columns = ("quantity", *(_TITLES[call] for call in CALLS))
_TONES: dict[str, Tone] = {
    "proven": "good",
    "explained": "caution",
    "open": "caution",
    "different": "bad",
}


def proof_document(name: str, found: Sequence[Proofs]) -> Document:
    """Regime by regime, quantity by quantity, call by call."""
    sections = tuple(Section(f"Where {each.title}", tuple(_regime(each))) for each in found)

    def answer() -> dict[str, Any]:
        return {"model": name, "regimes": [as_data(each) for each in found]}

    return Document(f"{name}: proven against its code", sections, answer)


def _regime(regime: Proofs) -> Iterator[Block]:
    rows = {(row.quantity, row.call): row for row in regime.rows}
    cells: list[tuple[Cell, ...]] = [
        (name, *(_mark(rows[name, call]) for call in CALLS)) for name in PROVED
    ]
    yield table(_COLUMNS, cells)
    gaps: dict[Any, list[Proved]] = {}
    for row in regime.rows:
        if row.difference != 0:
            gaps.setdefault((row.quantity, row.difference), []).append(row)
    for alike in gaps.values():
        yield Text(tuple(_gap(alike)))
    where = [str(relation) for row in regime.rows for relation in row.presupposed]
    where += [str(condition) for condition in regime.traced.model.domain.conditions]
    if where:
        yield Text(("For all sizes where",))
        yield Items(tuple((condition,) for condition in dict.fromkeys(where)))


def _mark(row: Proved) -> Mark:
    return Mark(row.verdict, _TONES[row.verdict])


def _gap(rows: Sequence[Proved]) -> Iterator[Span]:
    """What one quantity of some calls differs by, why, and where in the code."""
    row = rows[0]
    calls = "" if len(rows) == len(CALLS) else f" of {' and '.join(_TITLES[r.call] for r in rows)}"
    yield f"{row.quantity}{calls}: the code's less ours is "
    yield Math(row.difference)
    yield f": {row.reason}" if row.reason else ""
    for place, line in enumerate(row.lines):
        yield ", " if place else " ("
        yield Code(line)
    yield ")" if row.lines else ""


def as_data(regime: Proofs) -> dict[str, Any]:
    """A regime as plain data."""
    return {
        "where": regime.title,
        "domain": [str(condition) for condition in regime.traced.model.domain.conditions],
        "quantities": [
            {
                "quantity": row.quantity,
                "call": row.call,
                "verdict": row.verdict,
                "how": row.proof.how,
                "ours": str(row.ours),
                "code": str(row.theirs),
                "difference": str(row.difference),
                "presupposed": [str(relation) for relation in row.presupposed],
                "lines": list(row.lines),
                "reason": row.reason,
            }
            for row in regime.rows
        ],
    }
