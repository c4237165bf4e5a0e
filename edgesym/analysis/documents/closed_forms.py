"""Closed forms as a document."""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy

from edgesym.analysis.closed_forms import ClosedForms
from edgesym.catalogue import REGISTRY
from edgesym.document.latex import latex
from edgesym.document.letters import Letters, renamed
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Document,
    Formula,
    Math,
    Notation,
    Span,
    Table,
    Text,
    table,
)
from edgesym.document.plain import plain
from edgesym.symbols import describe

__all__ = ["closed_forms_document"]


def closed_forms_document(found: ClosedForms, letters: Letters | None = None) -> Document:
    """Each form on lines of its own, what was left out of it, and what the symbols stand for."""
    letters = letters or {}
    case, model = found.case, found.case.model
    formulas = []
    for name, form in found.forms.items():
        formulas.append(Formula(name, (Math(renamed(form, letters)),), _of(name, found)))
        if name in found.dropped:
            left = Notation("left out", r"\text{left out}")
            formulas.append(Formula(left, (Math(renamed(found.dropped[name], letters)),)))
    pruned = f"weights {found.weights}, " if found.weights else ""
    pruned += f"pruned {found.prune}, " if found.prune else ""
    counted = f"{pruned}{found.phase}, {case.runtime.id} kernels, convention {case.counting.name}"
    blocks: list[Block] = [*formulas, Text(f"{model.name}, {counted}")]
    if found.dropped:
        blocks.append(Text(_order(found, letters), note=True))
    if found.symbols:
        values = model.values
        rows = [
            (
                Math(letters.get(s, s)),
                describe(s).meaning,
                Amount(values.get(s), form="d"),
            )
            for s in found.symbols
        ]
        blocks.append(table(("symbol", "meaning", Column(model.name, "number")), rows))
    return Document(
        "", tuple(blocks), partial(_data, found, letters), partial(_records, found, letters)
    )


def _order(found: ClosedForms, letters: Letters) -> Cell:
    """Why terms were left out."""
    start = "What is left out is of lower order: its share vanishes as "
    if not found.growing:
        return f"{start}the extents grow that another term has besides."
    spans: list[Span] = []
    for one in found.growing:
        spans += [", " if spans else "", Math(letters.get(one, one))]
    return (
        start,
        *spans,
        " together" if len(found.growing) > 1 else "",
        " grow, the others fixed.",
    )


def _of(name: str, found: ClosedForms) -> str:
    """The unit of a quantity, and the phase that its meaning fixes."""
    return ", ".join(filter(None, (REGISTRY[name].unit, found.fixed_phase(name))))


def _data(found: ClosedForms, letters: Letters) -> dict[str, Any]:
    case = found.case
    return {
        "model": case.model.name,
        "phase": found.phase,
        "part": case.part,
        "kernels": case.runtime.id,
        "convention": case.counting.name,
        **({"prune": found.prune} if found.prune else {}),
        **({"weights": found.weights} if found.weights else {}),
        "quantities": {
            name: {
                "unit": REGISTRY[name].unit,
                "phase": found.fixed_phase(name) or found.phase,
                "expression": plain(renamed(form, letters)),
                "latex": latex(renamed(form, letters)),
                **_left_out(found.dropped.get(name), letters),
            }
            for name, form in found.forms.items()
        },
        "symbols": {
            str(letters.get(s, s)): {
                "word": describe(s).word,
                "meaning": describe(s).meaning,
                "unit": describe(s).unit,
                "value": case.model.values.get(s),
            }
            for s in found.symbols
        },
    }


def _left_out(form: sympy.Expr | None, letters: Letters) -> dict[str, str]:
    return {} if form is None else {"dropped": plain(renamed(form, letters))}


def _records(found: ClosedForms, letters: Letters) -> Table:
    rows = [
        (
            *(name, REGISTRY[name].unit, found.fixed_phase(name) or found.phase),
            Math(renamed(form, letters)),
        )
        for name, form in found.forms.items()
    ]
    return table(("quantity", "unit", "phase", "expression"), rows)
