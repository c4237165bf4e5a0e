"""Closed forms as a document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import sympy

from edgesym.analysis.closed_forms import ClosedForms, media_forms
from edgesym.architectures.tower import said_of_media
from edgesym.catalogue import REGISTRY
from edgesym.document.latex import latex
from edgesym.document.letters import Letters, renamed
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Columns,
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
from edgesym.symbols import describe, symbol

__all__ = ["closed_forms_document"]

_OF_STEP = {symbol(w) for w in ("batch", "new_tokens", "cached_tokens", "context")}
#: Conditions that are said where there are no more.
_SHOWN = 4


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
    held = f"; counted: {said_of_media(model, case.prompt.media)}" if model.counted else ""
    sizes = (_size(made, form, letters) for made, form in media_forms(case).items())
    blocks: list[Block] = [*formulas, *sizes, Text(f"{model.name}, {counted}{held}")]
    if found.dropped:
        blocks.append(Text(_order(found, letters), note=True))
    blocks += _where(found)
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


def _size(made: sympy.Symbol, form: sympy.Expr, letters: Letters) -> Formula:
    """What an image or a piece of audio is to a tower and to the prompt."""
    sides = (Math(letters.get(made, made)), Math(renamed(form, letters)))
    return Formula(describe(made).word, sides, describe(made).unit)


def _where(found: ClosedForms) -> Iterator[Block]:
    """Where the forms of a model out of its own code hold: in words, those of the step first."""
    ordered = sorted(found.holds, key=lambda c: not c.relation.free_symbols & _OF_STEP)
    step = sum(1 for c in ordered if c.relation.free_symbols & _OF_STEP)
    shown = ordered if len(ordered) <= _SHOWN else ordered[:step]
    more = len(ordered) - len(shown)
    said = [", ".join(map(str, shown))] if shown else []
    said += [f"{more} conditions on its sizes hold (--format json lists them)"] if more else []
    if said:
        yield Text((f"holds where {' and '.join(said)}",))


def _of(name: str, found: ClosedForms) -> str:
    """The unit of a quantity, and the phase that its meaning fixes."""
    return ", ".join(filter(None, (REGISTRY[name].unit, found.fixed_phase(name))))


def _data(found: ClosedForms, letters: Letters) -> dict[str, Any]:
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
        **({"holds": list(map(str, found.holds))} if found.holds else {}),
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
    columns: Columns = ("quantity", "unit", "phase", "expression")
    if found.holds:
        held = " and ".join(map(str, found.holds))
        return table((*columns, "holds"), [(*row, held) for row in rows])
    return table(columns, rows)
