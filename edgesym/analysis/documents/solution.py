"""The answer to an inverse question as a document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import sympy

from edgesym.algebra.invert import Formula as Root
from edgesym.analysis.inverse.ends import End
from edgesym.analysis.inverse.infeasible import written
from edgesym.analysis.inverse.solve import Check, Solution
from edgesym.analysis.inverse.unknown import Unknown
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Columns,
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
from edgesym.numbers import Number
from edgesym.symbols import describe

__all__ = ["answer_text", "solution_document", "solution_formulas"]


def solution_document(found: Solution) -> Document:
    """What is asked, what is found, what limits it, and where that is in closed form."""
    conditions = " and ".join(map(str, found.conditions))
    title = f"{found.setup.title}: {found.unknown.name} such that {conditions}"
    formulas = tuple(solution_formulas(found))
    blocks: list[Block] = [Text(found.setup.describe()), Facts(tuple(_rows(found)))]
    if formulas:
        blocks.append(Section("", formulas, detail=True))
    return Document(title, tuple(blocks), partial(_data, found), partial(_records, found))


def _rows(found: Solution) -> Iterator[tuple[str, Cell]]:
    """A label and a sentence for each finding."""
    unknown, missed = found.unknown, found.impossible
    if missed is not None:
        yield unknown.name, Mark(answer_text(found), "bad")
        if missed.floor is not None:
            yield "floor", (f"{missed.conditions[0].left.text} -> ", Math(missed.floor))
        yield from _jump(missed.end, unknown)
    elif found.end is not None and found.answer is not None:
        yield unknown.name, Mark(answer_text(found), "good")
        yield "feasible", unknown.listed(found.intervals)
        if found.end.limits:
            yield "limited by", " and ".join(map(str, found.end.limits))
        yield from _jump(found.end, unknown)
        if found.low is not None and _ends_too(found, found.low):
            yield "and below", " and ".join(map(str, found.low.limits))
            yield from _jump(found.low, unknown)
    yield from (("there", _check(check)) for check in found.checks)
    yield from (("note", note) for note in found.notes)


def _ends_too(found: Solution, low: End) -> bool:
    """Whether a condition also limits the feasible values from below."""
    return found.end is not None and bool(low.limits) and low.value != found.end.value


def answer_text(found: Solution) -> str:
    """The answer in words: the largest or the least value, or why there is none."""
    if found.impossible is not None:
        return f"impossible because {found.impossible.reason}"
    if found.answer is None or found.end is None:
        return ""
    value = found.unknown.written(found.answer)
    if not found.end.limits:
        return f"{value} or more" if found.unknown.open else value
    if found.intervals[-1].low == found.intervals[-1].high:
        return value
    return f"{'at least' if found.end is found.low else 'at most'} {value}"


def _jump(end: End | None, unknown: Unknown) -> Iterator[tuple[str, Cell]]:
    """What is said of an end that no equality is at."""
    if end is not None and end.limits and end.root is None:
        yield str(unknown.symbol), "jumps past the bound there: a rounding steps"


def solution_formulas(found: Solution) -> Iterator[Block]:
    """The closed form of each end."""
    missed = found.impossible
    ends = [found.end if missed is None else missed.end]
    if missed is None and found.low is not None and _ends_too(found, found.low):
        ends.append(found.low)
    for end in ends:
        if end is not None and end.limits and end.root is not None:
            yield from _formula(end, end.root, found.unknown)


def _formula(end: End, root: Number, unknown: Unknown) -> Iterator[Block]:
    """The closed form of an end and its number, or that there is none."""
    left, unit = Math(unknown.symbol), describe(unknown.symbol).unit
    number = Amount(float(root), unit if unit != "1" else "1", form=".12g")
    if end.formula is None:
        yield Formula(left, (number,))
        yield Text("by bisection: no closed form on this branch", note=True)
        return
    closed = () if end.formula.expression.is_number else (Math(end.formula.short),)
    where = tuple(Formula(Math(n), (Math(form),)) for n, form in end.formula.where.items())
    limit = end.limits[0]
    named = [(limit.bound, limit.right.text)] if str(limit.bound) == "bound" else []
    yield Formula(
        left, (*closed, number), "", where if closed else (), end.branch if closed else ()
    )
    if closed and named:
        yield Text(("where ", Math(named[0][0]), f" = {named[0][1]}"), note=True)


def _check(check: Check) -> str:
    left, right = check.condition.left, check.condition.right
    readable = right.expression.is_number and (right.unit != "B" or "iB" in right.text)
    wanted = "" if readable else f" = {written(check.right, right)}"
    return (
        f"{left.text} = {written(check.left, left)} {check.condition.relation} {right.text}{wanted}"
    )


def _records(found: Solution) -> Table:
    """A row per interval of feasible values, in the unit of the unknown."""
    columns: Columns = ("symbol", *(Column(n, "number") for n in ("low", "high", "answer")), "unit")
    unknown = found.unknown
    rows = [
        (
            str(unknown.symbol),
            *(Amount(_number(n, unknown)) for n in (i.low, i.high, found.answer)),
            unknown.unit,
        )
        for i in found.intervals
    ]
    return table(columns, rows)


def _data(found: Solution) -> dict[str, Any]:
    """The answer with its reasons; numbers of the unknown in its unit."""
    unknown, end, missed = found.unknown, found.end, found.impossible
    document: dict[str, Any] = {
        **found.setup.labels(),
        "for": unknown.name,
        "symbol": str(unknown.symbol),
        "unit": unknown.unit,
        "such_that": [str(condition) for condition in found.conditions],
        "answer": _number(found.answer, unknown),
        "feasible": [[_number(i.low, unknown), _number(i.high, unknown)] for i in found.intervals],
        "monotone": found.monotone,
        **_end_json(end, unknown),
        "low": _end_json(found.low, unknown),
        "high": _end_json(found.high, unknown),
        "at_the_answer": [
            {
                "condition": str(check.condition),
                "unit": check.condition.left.unit,
                "left": _exact(check.left),
                "right": _exact(check.right),
                "slack": _exact(check.slack),
            }
            for check in found.checks
        ],
        "notes": [*found.setup.notes, *found.notes],
    }
    if missed is not None:
        document["impossible"] = {
            "because": missed.reason,
            "conditions": [str(condition) for condition in missed.conditions],
            "extreme": _exact(missed.extreme),
            "parts": dict(missed.parts),
            "floor": _text(missed.floor),
            **_end_json(missed.end, unknown),
        }
    return document


def _end_json(end: End | None, unknown: Unknown) -> dict[str, Any]:
    """What limits the values at an end, and where exactly."""
    formula: Root | None = None if end is None else end.formula
    return {
        "limited_by": [] if end is None else [str(condition) for condition in end.limits],
        "root": None if end is None else _number(end.root, unknown),
        "closed_form": None if formula is None else plain(formula.expression),
    }


def _text(expression: sympy.Expr | None) -> str | None:
    return None if expression is None else plain(expression)


def _number(value: Number | None, unknown: Unknown) -> int | float | None:
    return None if value is None else _exact(value * unknown.scale)


def _exact(value: Any) -> int | float | None:
    """A number as JSON has it: whole ones exactly."""
    return value if value is None or isinstance(value, int) else float(value)
