"""The terms of a quantity as the rows of a table, each with notes on where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgesym.analysis.explanation.explain import Link
from edgesym.analysis.explanation.kernel_terms import OVER_KERNELS
from edgesym.analysis.explanation.term import Term
from edgesym.graph.operation import Operation
from edgesym.render.explanation.operation import operation_text, shape_text, work_text
from edgesym.render.substitute import digits
from edgesym.render.text import plain
from edgesym.units import human

__all__ = ["TermTable", "term_table"]

_WIDEST_BLOCKS = 24
#: A closed form with more characters is not read any more.
_LONGEST_NOTE = 600


@dataclass(frozen=True, slots=True)
class TermTable:
    """Rows that add up, before they are set as text or Markdown.

    Attributes:
        rows: the cells of each term.
        notes: lines on each term.
        total: the cells of the sum.
    """

    headers: list[str]
    rows: list[list[str]]
    notes: list[list[str]]
    total: list[str]


def term_table(link: Link, widest: int) -> TermTable:
    """The terms of a quantity; formulas of more than ``widest`` characters go to the notes."""
    return _of_runs(link) if link.terms[0].run else _of_sums(link, widest)


def _of_sums(link: Link, widest: int) -> TermTable:
    unit = link.quantity.unit
    number = "number" if unit == "1" else unit
    headers = [_label(link), "blocks", "repeat", "formula", number, "share"]
    rows, notes = [], []
    for term in link.terms:
        formula = plain(term.formula)
        long = len(formula) > widest
        cell = "see below" if long else formula
        whole = f"= {formula}" if len(formula) <= _LONGEST_NOTE else _too_long(formula)
        rows.append([*_head(term), cell, digits(term.value), _share(term, link)])
        origin = _runs(term) if _label(link) == "kernel" else _origin(term, unit)
        notes.append([*origin, *([whole] if long else [])])
    return TermTable(headers, rows, notes, ["total", "", "", "", digits(link.value), "100%"])


def _too_long(formula: str) -> str:
    return f"= a closed form of {len(formula):,} characters, in full with --format json"


def _of_runs(link: Link) -> TermTable:
    headers = ["kernel", "blocks", "repeat", "F/(U_c*P)", "Q/(U_m*W_m)", "holds", "in all", "share"]
    rows, notes = [], []
    for term in link.terms:
        run = term.run
        if run is None:
            continue
        times = [human(run.compute_time, "s"), human(run.memory_time, "s"), run.holds]
        rows.append([*_head(term), *times, human(float(term.value), "s"), _share(term, link)])
        notes.append(
            [
                *_runs(term),
                *([f"F = {plain(run.flops)} = {digits(run.work)} FLOP"] if run.work else []),
                f"Q = {plain(run.traffic)} = {digits(run.moved)} B",
            ]
        )
    blank = [""] * 5
    return TermTable(headers, rows, notes, ["total", *blank, human(float(link.value), "s"), "100%"])


def _label(link: Link) -> str:
    if link.terms[0].tensor:
        return "tensor"
    return "kernel" if link.quantity.name in OVER_KERNELS else "part"


def _head(term: Term) -> list[str]:
    names = ", ".join(term.blocks)
    blocks = names if len(names) <= _WIDEST_BLOCKS else f"{len(term.blocks)} kinds"
    repeat = "1" if term.repeat == 1 else f"{plain(term.repeat)} = {term.count}"
    return [term.name, blocks, repeat]


def _runs(term: Term) -> list[str]:
    """The operations that a kernel runs, where it does not say so itself."""
    parts = ", ".join(operation.part for operation in term.operations)
    return [] if parts == term.name.partition(" ")[0] else [f"runs {parts}"]


def _origin(term: Term, unit: str) -> list[str]:
    """The operations of a part with what they cost, or the shape of a tensor."""
    if term.tensor:
        return [shape_text(term.tensor)]
    lines = []
    for operation in term.operations:
        work = work_text(operation) if unit == "FLOP" else ""
        said = filter(None, (operation_text(operation), work, *_partial(term, operation, unit)))
        lines.append("; ".join(said))
    return list(dict.fromkeys(lines))


def _partial(term: Term, operation: Operation, unit: str) -> Iterator[str]:
    """What of a tensor counts, where it is not all of it and the formula speaks of it."""
    for tensor in (*operation.inputs, *operation.outputs):
        kept = tensor.cache.kept if tensor.cache else None
        said = {"read": tensor.touched, "kept": kept}
        for verb, elements in ({"used by a token": tensor.active} if unit == "1" else said).items():
            if elements is None or elements in (0, tensor.elements):
                continue
            if elements.free_symbols <= term.formula.free_symbols:
                yield f"of {tensor.name} {plain(elements)} elements are {verb}"


def _share(term: Term, link: Link) -> str:
    return f"{float(term.value) / float(link.value):.1%}" if link.value else ""
