"""Closed forms as a document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from edgesym.analysis.closed_forms import ClosedForms
from edgesym.catalogue import REGISTRY
from edgesym.document.latex import latex
from edgesym.document.nodes import (
    Amount,
    Block,
    Column,
    Columns,
    Document,
    Formula,
    Math,
    Table,
    Text,
    table,
)
from edgesym.document.plain import plain
from edgesym.symbols import describe, symbol

__all__ = ["closed_forms_document"]

_OF_STEP = {symbol(w) for w in ("batch", "new_tokens", "cached_tokens", "context")}


def closed_forms_document(found: ClosedForms) -> Document:
    """Each form on lines of its own, and what the symbols stand for."""
    case, model = found.case, found.case.model
    formulas = (
        Formula(name, (Math(form),), _of(name, found)) for name, form in found.forms.items()
    )
    pruned = f"weights {found.weights}, " if found.weights else ""
    pruned += f"pruned {found.prune}, " if found.prune else ""
    counted = f"{pruned}{found.phase}, {case.runtime.id} kernels, convention {case.counting.name}"
    blocks: list[Block] = [*formulas, Text(f"{model.name}, {counted}")]
    blocks += _where(found)
    if found.symbols:
        values = model.values
        rows = [
            (Math(s), describe(s).meaning, Amount(values.get(s), form="d")) for s in found.symbols
        ]
        blocks.append(table(("symbol", "meaning", Column(model.name, "number")), rows))
    return Document("", tuple(blocks), partial(_data, found), partial(_records, found))


def _where(found: ClosedForms) -> Iterator[Block]:
    """Where the forms of a model out of its own code hold: in words, of the step alone."""
    step = [c for c in found.holds if c.relation.free_symbols & _OF_STEP]
    others = len(found.holds) - len(step)
    said = [", ".join(map(str, step))] if step else []
    said += [f"{others} conditions on its sizes hold (--format json lists them)"] if others else []
    if said:
        yield Text((f"holds where {' and '.join(said)}",))


def _of(name: str, found: ClosedForms) -> str:
    """The unit of a quantity, and the phase that its meaning fixes."""
    return ", ".join(filter(None, (REGISTRY[name].unit, found.fixed_phase(name))))


def _data(found: ClosedForms) -> dict[str, Any]:
    case = found.case
    return {
        "model": case.model.name,
        "phase": found.phase,
        "part": case.part,
        "kernels": case.runtime.id,
        "convention": case.counting.name,
        **({"prune": found.prune} if found.prune else {}),
        **({"weights": found.weights} if found.weights else {}),
        **({"holds": list(map(str, found.holds))} if found.holds else {}),
        "quantities": {
            name: {
                "unit": REGISTRY[name].unit,
                "phase": found.fixed_phase(name) or found.phase,
                "expression": plain(form),
                "latex": latex(form),
            }
            for name, form in found.forms.items()
        },
        "symbols": {
            str(s): {
                "word": describe(s).word,
                "meaning": describe(s).meaning,
                "unit": describe(s).unit,
                "value": case.model.values.get(s),
            }
            for s in found.symbols
        },
    }


def _records(found: ClosedForms) -> Table:
    rows = [
        (name, REGISTRY[name].unit, found.fixed_phase(name) or found.phase, Math(form))
        for name, form in found.forms.items()
    ]
    columns: Columns = ("quantity", "unit", "phase", "expression")
    if found.holds:
        held = " and ".join(map(str, found.holds))
        return table((*columns, "holds"), [(*row, held) for row in rows])
    return table(columns, rows)
