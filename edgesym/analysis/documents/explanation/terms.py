"""The terms of a quantity as the rows of a table, each with notes on where it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from edgesym.analysis.documents.explanation.operations import operation_text, shape_text, work_text
from edgesym.analysis.explanation.explain import Link
from edgesym.analysis.explanation.kernel_terms import OVER_KERNELS
from edgesym.analysis.explanation.term import Term
from edgesym.document.nodes import (
    Amount,
    Cell,
    Column,
    Formula,
    Math,
    Notation,
    Row,
    Table,
    Text,
    table,
)
from edgesym.document.plain import plain
from edgesym.graph.operation import Operation

__all__ = ["LONGEST_IN_TABLE", "term_table"]

_WIDEST_BLOCKS = 24
#: Formulas of more characters do not stand in a table.
LONGEST_IN_TABLE = 40
#: A closed form with more characters is not read any more.
_LONGEST_NOTE = 600
#: Rows of one screen.
_MOST = 10

_RUNS = (
    *("kernel", Column("repeat", "formula")),
    *(Column("compute", "number"), Column("memory", "number"), "holds"),
    *(Column("in all", "number"), Column("share", "number")),
)


def term_table(link: Link) -> Table:
    """The terms of a quantity, and their sum."""
    return _of_runs(link) if link.terms[0].run else _of_sums(link)


def _of_sums(link: Link) -> Table:
    unit = link.quantity.unit
    kind = _label(link)
    columns = (
        *(kind, "blocks", Column("repeat", "formula"), Column("formula", "formula")),
        *(Column("number" if unit == "1" else unit, "number"), Column("share", "number")),
    )
    rows = []
    for term in link.terms:
        long = len(plain(term.formula)) > LONGEST_IN_TABLE
        cell: Cell = "see below" if long else Math(term.formula)
        number = Amount(term.value, form="digits")
        origin = _runs(term) if kind == "kernel" else _origin(term, unit)
        below = (*map(Text, origin), *([_whole(term)] if long else []))
        rows.append(Row((*_head(term), cell, number, _share(term, link)), below))
    sum_ = ("total", "", "", "", Amount(link.value, form="digits"), Amount(1, form=".0%"))
    return table(columns, [*rows, Row(sum_, total=True)], _MOST)


def _whole(term: Term) -> Text | Formula:
    """A formula that is too long for the table."""
    length = len(plain(term.formula))
    if length > _LONGEST_NOTE:
        return Text(f"= a closed form of {length:,} characters, in full with --format json")
    return Formula("", (Math(term.formula),))


def _of_runs(link: Link) -> Table:
    rows = []
    times_named = Counter(term.name for term in link.terms)
    for term in link.terms:
        run = term.run
        if run is None:
            added = Amount(float(term.value), "s")
            rows.append(Row((term.name, "1", "", "", "launch", added, _share(term, link))))
            continue
        where = f" ({', '.join(term.blocks)})" if times_named[term.name] > 1 else ""
        times = (Amount(run.compute_time, "s"), Amount(run.memory_time, "s"), run.holds)
        work = Amount(run.work, "FLOP", form="digits")
        moved = Amount(run.moved, "B", form="digits")
        below: tuple[Text | Formula, ...] = (
            *map(Text, _runs(term)),
            *([Formula(Notation("F", "F"), (Math(run.flops), work))] if run.work else []),
            Formula(Notation("Q", "Q"), (Math(run.traffic), moved)),
        )
        name = f"{term.name}{where}"
        whole = Amount(float(term.value), "s")
        rows.append(Row((name, _repeat(term), *times, whole, _share(term, link)), below))
    whole = Amount(float(link.value), "s")
    sum_: tuple[Cell, ...] = ("total", *[""] * 4, whole, Amount(1, form=".0%"))
    return table(_RUNS, [*rows, Row(sum_, total=True)], _MOST)


def _label(link: Link) -> str:
    if link.terms[0].tensor:
        return "tensor"
    return "kernel" if link.quantity.name in OVER_KERNELS else "part"


def _head(term: Term) -> tuple[Cell, ...]:
    names = ", ".join(term.blocks)
    blocks = names if len(names) <= _WIDEST_BLOCKS else f"{len(term.blocks)} kinds"
    return (term.name, blocks, _repeat(term))


def _repeat(term: Term) -> Cell:
    return "1" if term.repeat == 1 else (Math(term.repeat), f" = {term.count}")


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


def _share(term: Term, link: Link) -> Amount:
    share = float(term.value) / float(link.value) if link.value else None
    return Amount(share, form=".1%")
