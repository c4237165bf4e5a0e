"""Proofs as a document: what is equal for all sizes, where, and what differs otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from edgesym.document.nodes import (
    Block,
    Code,
    Columns,
    Document,
    Items,
    Mark,
    Math,
    Section,
    Text,
    Tone,
    table,
)
from edgesym.tracing.proof import Proved
from edgesym.tracing.verify import Proofs

__all__ = ["proof_document"]

_COLUMNS: Columns = ("quantity", "verdict", "the code's less ours")
_TONES: dict[str, Tone] = {"proven": "good", "open": "caution", "different": "bad"}


def proof_document(name: str, regimes: Sequence[Proofs]) -> Document:
    """Regime by regime, quantity by quantity."""
    sections = tuple(Section(f"Where {r.title}", tuple(_regime(r))) for r in regimes)

    def answer() -> dict[str, Any]:
        return {"model": name, "regimes": [_as_json(regime) for regime in regimes]}

    return Document(f"{name}: proven against its code", sections, answer)


def _regime(regime: Proofs) -> Iterator[Block]:
    cells = [
        (row.quantity, Mark(row.verdict, _TONES[row.verdict]), _gap(row)) for row in regime.rows
    ]
    yield table(_COLUMNS, cells)
    lines = dict.fromkeys(line for row in regime.rows for line in row.lines)
    if lines:
        yield Text(("The difference comes from",))
        yield Items(tuple((Code(line),) for line in lines))
    where = list(dict.fromkeys(str(c) for row in regime.rows for c in row.where))
    where += [str(condition) for condition in regime.traced.model.domain.conditions]
    if where:
        yield Text(("For all sizes where",))
        yield Items(tuple((condition,) for condition in dict.fromkeys(where)))


def _gap(row: Proved) -> Any:
    return "" if row.verdict == "proven" else Math(row.difference)


def _as_json(regime: Proofs) -> dict[str, Any]:
    return {
        "where": regime.title,
        "domain": [str(condition) for condition in regime.traced.model.domain.conditions],
        "quantities": [
            {
                "quantity": row.quantity,
                "verdict": row.verdict,
                "how": row.proof.how,
                "ours": str(row.ours),
                "code": str(row.theirs),
                "difference": str(row.difference),
                "side": [str(relation) for relation in row.where],
                "lines": list(row.lines),
            }
            for row in regime.rows
        ],
    }
