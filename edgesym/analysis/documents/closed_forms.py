"""Closed forms as a document."""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy

from edgesym.analysis.closed_forms import ClosedForms, media_forms
from edgesym.architectures.tower import said_of_media
from edgesym.catalogue import REGISTRY
from edgesym.document.latex import latex
from edgesym.document.nodes import (
    Amount,
    Block,
    Column,
    Document,
    Formula,
    Math,
    Table,
    Text,
    table,
)
from edgesym.document.plain import plain
from edgesym.symbols import describe

__all__ = ["closed_forms_document"]


def closed_forms_document(found: ClosedForms) -> Document:
    """Each form on lines of its own, and what the symbols stand for."""
    case, model = found.case, found.case.model
    formulas = (
        Formula(name, (Math(form),), _of(name, found)) for name, form in found.forms.items()
    )
    pruned = f"weights {found.weights}, " if found.weights else ""
    pruned += f"pruned {found.prune}, " if found.prune else ""
    counted = f"{pruned}{found.phase}, {case.runtime.id} kernels, convention {case.counting.name}"
    held = f"; counted: {said_of_media(model, case.prompt.media)}" if model.counted else ""
    sizes = (_size(made, form) for made, form in media_forms(case).items())
    blocks: list[Block] = [*formulas, *sizes, Text(f"{model.name}, {counted}{held}")]
    if found.symbols:
        values = model.values
        rows = [
            (Math(s), describe(s).meaning, Amount(values.get(s), form="d")) for s in found.symbols
        ]
        blocks.append(table(("symbol", "meaning", Column(model.name, "number")), rows))
    return Document("", tuple(blocks), partial(_data, found), partial(_records, found))


def _size(made: sympy.Symbol, form: sympy.Expr) -> Formula:
    """What an image or a piece of audio is to a tower and to the prompt."""
    return Formula(describe(made).word, (Math(made), Math(form)), describe(made).unit)


def _of(name: str, found: ClosedForms) -> str:
    """The unit of a quantity, and the phase that its meaning fixes."""
    return ", ".join(filter(None, (REGISTRY[name].unit, found.fixed_phase(name))))


def _data(found: ClosedForms) -> dict[str, Any]:
    case = found.case
    sizes = {str(made): plain(form) for made, form in media_forms(case).items()}
    return {
        "model": case.model.name,
        "phase": found.phase,
        "part": case.part,
        "kernels": case.runtime.id,
        "convention": case.counting.name,
        **({"prune": found.prune} if found.prune else {}),
        **({"weights": found.weights} if found.weights else {}),
        **({"counted": said_of_media(case.model, case.prompt.media)} if case.model.counted else {}),
        **({"sizes": sizes} if sizes else {}),
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
    return table(("quantity", "unit", "phase", "expression"), rows)
