"""The best whole number as a document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from edgesym.analysis.inverse.optimum import RATIO, Optimum
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Document,
    Facts,
    Formula,
    Mark,
    Math,
    Section,
    Table,
    Text,
    table,
)
from edgesym.document.plain import plain

__all__ = ["optimum_document"]


def optimum_document(found: Optimum) -> Document:
    """What is best, how much worse its neighbours are, and where the slope is zero."""
    wanted = "most" if found.largest else "least"
    title = f"{found.setup.title}: {found.unknown.name} for the {wanted} {found.objective}"
    blocks: list[Block] = [Text(found.setup.describe()), Facts(tuple(_rows(found)))]
    formulas = tuple(_formulas(found))
    if formulas:
        blocks.append(Section("", formulas, detail=True))
    return Document(title, tuple(blocks), partial(_data, found), partial(_records, found))


def _amount(found: Optimum, value: Any) -> Amount:
    return Amount(float(value), found.unit)


def _rows(found: Optimum) -> Iterator[tuple[str, Cell]]:
    """A label and a sentence for each finding."""
    unknown = found.unknown
    yield unknown.name, Mark(unknown.written(found.best), "good")
    yield "there", (f"{found.objective} = ", _amount(found, found.value))
    for number, value in found.values:
        if number != found.best:
            verdict = "the same" if value == found.value else "less" if found.largest else "more"
            yield f"at {number}", (_amount(found, value), f", {verdict}")
    if found.conditions:
        yield "feasible", unknown.listed(found.feasible)
    last = found.feasible[-1].high
    beyond = "" if found.each >= last else f", and a grid from there to {int(last):,}"
    first = int(found.feasible[0].low)
    yield "looked at", f"each whole number from {first:,} to {found.each:,}{beyond}"
    if found.best in (first, last):
        yield "note", "the best lies at an end of the range"
    elif found.stationary is None:
        yield "note", "no slope is zero there: it jumps, as kernels turn from memory to compute"
    yield from (("note", note) for note in found.notes)


def _formulas(found: Optimum) -> Iterator[Block]:
    """Where the slope is zero."""
    still = found.stationary
    if still is None:
        return
    number = Amount(still.at, form=".6g")
    closed = () if still.formula is None else (Math(still.formula),)
    yield Formula(Math(found.unknown.symbol), (*closed, number), "")
    said = "the slope of the branch that holds there is zero, between the neighbours of the best"
    if still.ratio is None:
        yield Text(f"{said}; by bisection: no closed form", note=True)
        return
    ratio = (Math(RATIO), " = ", Amount(still.ratio, form=".6g"))
    yield Text((*ratio, ": what a step takes with nothing drafted, over what each adds"), note=True)
    yield Text(said, note=True)


def _records(found: Optimum) -> Table:
    """A row for the best number and each of its neighbours."""
    columns = (Column(found.unknown.name, "number"), Column(found.objective, "number"), "unit")
    rows = [(Amount(n), Amount(float(value)), found.unit) for n, value in found.values]
    return table(columns, rows)


def _data(found: Optimum) -> dict[str, Any]:
    """The answer with its neighbours and its stationary point."""
    still = found.stationary
    return {
        **found.setup.labels(),
        "for": found.unknown.name,
        "objective": found.objective,
        "unit": found.unit,
        "largest": found.largest,
        "such_that": [str(condition) for condition in found.conditions],
        "answer": found.best,
        "values": {str(n): float(value) for n, value in found.values},
        "each_up_to": found.each,
        "feasible": [[int(i.low), int(i.high)] for i in found.feasible],
        "stationary": None if still is None else still.at,
        "closed_form": None if still is None or still.formula is None else plain(still.formula),
        "notes": list(found.notes),
    }
