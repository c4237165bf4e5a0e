"""The answer to an inverse question, in words and as JSON."""

from __future__ import annotations

import textwrap
from typing import Any

import sympy

from edgesym.algebra.invert import Formula
from edgesym.analysis.inverse.ends import End
from edgesym.analysis.inverse.infeasible import written
from edgesym.analysis.inverse.solve import Check, Solution
from edgesym.analysis.inverse.unknown import Unknown
from edgesym.engine.grid import Number
from edgesym.render.text import plain
from edgesym.symbols import describe

__all__ = ["answer_text", "solution_json", "solution_lines"]


def solution_lines(found: Solution) -> list[str]:
    """The lines that a person reads."""
    setup = found.setup
    heading = f"{setup.title}: {found.unknown.name} such that "
    heading += " and ".join(map(str, found.conditions))
    rows = _rows(found)
    width = max(len(label) for label, _ in rows)
    lines = [line for label, text in rows for line in _wrapped(f"{label:{width}} {text}", width)]
    return [heading, setup.describe(), "", *lines]


def _wrapped(row: str, width: int) -> list[str]:
    """A row in lines, set in under its label."""
    return textwrap.wrap(
        row,
        100,
        subsequent_indent=" " * (width + 3),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _rows(found: Solution) -> list[tuple[str, str]]:
    """A label and a sentence for each finding."""
    unknown, missed = found.unknown, found.impossible
    rows = []
    if missed is not None:
        rows.append((unknown.name, answer_text(found)))
        if missed.floor is not None:
            rows.append(("floor", f"{missed.conditions[0].left.text} -> {plain(missed.floor)}"))
        rows += _formula_rows(missed.end, unknown)
    elif found.end is not None and found.answer is not None:
        rows.append((unknown.name, answer_text(found)))
        rows.append(("feasible", unknown.listed(found.intervals)))
        if found.end.limits:
            rows.append(("limited by", " and ".join(map(str, found.end.limits))))
        rows += _formula_rows(found.end, unknown)
        low = found.low
        if low is not None and low.limits and low.value != found.end.value:
            rows.append(("and below", " and ".join(map(str, low.limits))))
            rows += _formula_rows(low, unknown)
    rows += [("there", _check(check)) for check in found.checks]
    rows += [("note", note) for note in found.notes]
    return rows


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


def _formula_rows(end: End | None, unknown: Unknown) -> list[tuple[str, str]]:
    """The closed form of an end and its number, or that there is none."""
    if end is None or not end.limits:
        return []
    letter = str(unknown.symbol)
    if end.root is None:
        return [(letter, "jumps past the bound there: a rounding steps")]
    base = describe(unknown.symbol).unit
    number = f"{float(end.root):.12g} {base}".removesuffix(" 1")
    if end.formula is None:
        return [(letter, f"= {number}, by bisection: no closed form on this branch")]
    if end.formula.expression.is_number:
        return [(letter, f"= {number}")]
    rows = [(letter, f"= {plain(end.formula.short)} = {number}")]
    rows += [(str(name), f"= {plain(form)}") for name, form in end.formula.where.items()]
    where = [f"{plain(node)} = {plain(taken)}" for node, taken in end.branch]
    limit = end.limits[0]
    if str(limit.bound) == "bound":
        where.append(f"bound = {limit.right.text}")
    return [*rows, ("where", ", ".join(where))] if where else rows


def _check(check: Check) -> str:
    left, right = check.condition.left, check.condition.right
    readable = right.expression.is_number and (right.unit != "B" or "iB" in right.text)
    wanted = "" if readable else f" = {written(check.right, right)}"
    return (
        f"{left.text} = {written(check.left, left)} {check.condition.relation} {right.text}{wanted}"
    )


def solution_json(found: Solution) -> dict[str, Any]:
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
    formula: Formula | None = None if end is None else end.formula
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
