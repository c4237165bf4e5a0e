"""Crossovers in words, tables and JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy

from edgesym.analysis.crossovers.crossover import Crossover, spoken
from edgesym.analysis.crossovers.passing import Crossing, Passing
from edgesym.analysis.crossovers.waits import shares
from edgesym.render.latex import latex
from edgesym.render.substitute import substituted
from edgesym.render.tables import render_table
from edgesym.render.text import plain
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe
from edgesym.units import human

__all__ = [
    "crossing_rows",
    "crossover_csv",
    "crossover_json",
    "crossover_markdown",
    "crossover_text",
]

_WIDTH = 100
#: Of more passings than this the last ones are counted only.
_MOST_SHOWN = 3
_TEXT_HEADERS = ("crossover", "at", "exactly", "both sides")
_HEADERS = (
    *("crossover", "phase", "unknown", "first", "order", "at", "both_sides", "unit"),
    *("formula", "where", "reason"),
)


def crossover_text(
    setup: Setup, found: Sequence[Crossing], needing: Sequence[Crossover]
) -> list[str]:
    """A table with the closed form of each crossover, and where the setup stands."""
    rows, notes = [], []
    for crossing in found:
        for cells, passing, reason in crossing_rows(crossing):
            rows.append(cells)
            below = _wrapped(reason) if passing is None else _below(setup, crossing, passing)
            notes.append(list(below))
    head, rule, *table = render_table(_TEXT_HEADERS, rows).splitlines()
    lines = [setup.title, setup.describe(), "", head, rule]
    for row, below in zip(table, notes, strict=True):
        lines += [row, *below]
    return [*lines, "", _standing(setup, needing)]


def crossing_rows(crossing: Crossing) -> Iterator[tuple[list[str], Passing | None, str]]:
    """The rows of a crossover: name, where, exactly, both sides; the passing, or why none."""
    name, word = crossing.crossover.name, spoken(describe(crossing.crossover.unknown).word)
    if not crossing.passings:
        every = f"{'every' if crossing.ahead else 'no'} {word}"
        yield [name, every, "", ""], None, crossing.reason
    for place, passing in enumerate(crossing.passings[:_MOST_SHOWN]):
        if place:
            name = "  and again" if passing.ahead else "  and no longer"
        yield (
            [
                name if passing.ahead or place else f"{name}: no longer",
                f"{word} {passing.first:,}",
                "" if passing.at is None else f"{float(passing.at):,.2f}",
                "" if passing.value is None else human(float(passing.value), crossing.unit),
            ],
            passing,
            "",
        )
    more = crossing.passings[_MOST_SHOWN:]
    if more:
        last = f"{word} {more[-1].first:,}"
        yield [f"  {len(more)} more changes, the last", last, "", ""], None, ""
    if not crossing.complete:
        yield ["  and between jumps, perhaps", "", "", ""], None, ""


def _below(setup: Setup, crossing: Crossing, passing: Passing) -> Iterator[str]:
    """What is written below a row: the closed form and its numbers."""
    letter = str(crossing.crossover.unknown)
    numbers = {str(s): value for s, value in setup.values().items()}
    if passing.formula is not None and passing.formula.where:
        yield from _wrapped(f"{letter} = {plain(passing.formula.short)}")
        for name, coefficient in passing.formula.where.items():
            yield from _equation(f"  {name}", coefficient, numbers)
    elif passing.formula is not None:
        yield from _equation(letter, passing.formula.short, numbers)
    elif passing.at is None:
        yield from _wrapped("one jumps past the other there")
    else:
        yield from _wrapped("no closed form; found by bisection")
    if passing.formula is not None and passing.branch:
        yield from _wrapped(f"where {_where(passing)}")
    limit, unit = setup.model.context_limit, describe(crossing.crossover.unknown).unit
    if limit is not None and unit == "tokens" and passing.first > limit:
        yield from _wrapped(f"more than the {limit:,} tokens that {setup.model.name} is made for")


def _equation(name: str, formula: sympy.Expr, numbers: Mapping[str, Any]) -> Iterator[str]:
    """A formula, and below it the numbers in place of the letters."""
    text, hanging = plain(formula), len(name) + 3
    yield from _wrapped(f"{name} = {text}", hanging)
    yield from _wrapped(f"{'':{len(name)}} = {substituted(text, numbers)}", hanging)


def _where(passing: Passing) -> str:
    return ", ".join(f"{plain(node)} = {plain(taken)}" for node, taken in passing.branch)


def _wrapped(text: str, hanging: int = 0) -> list[str]:
    blank = " " * 4
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=blank,
        subsequent_indent=blank + " " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _standing(setup: Setup, needing: Sequence[Crossover]) -> str:
    """What a decode step of the setup waits for, or that a device is needed to say."""
    here = f"batch {setup.run.batch}, context {setup.run.timed_at:,}"
    if needing:
        names = ", ".join(crossover.name for crossover in needing)
        return f"With --device also: {names}, and what {here} waits for."
    parts = sorted(shares(setup).items(), key=lambda item: -item[1])
    waiting = ", ".join(f"{name} {share:.1%}" for name, share in parts if share >= 0.0005)
    return f"{here}: waits for {waiting}"


def crossover_markdown(
    setup: Setup, found: Sequence[Crossing], needing: Sequence[Crossover]
) -> str:
    """The same in Markdown: the table, then the closed forms."""
    rows, below = [], []
    for crossing in found:
        for cells, passing, reason in crossing_rows(crossing):
            rows.append(cells)
            if passing is not None or reason:
                said = reason if passing is None else _markdown_form(crossing, passing)
                below.append(f"- {', '.join(cell.strip() for cell in cells[:2])}: {said}")
    table = render_table(_TEXT_HEADERS, rows, "markdown")
    title = f"# Crossovers of {setup.title}"
    parts = (title, setup.describe(), table, "\n".join(below), _standing(setup, needing))
    return "\n\n".join(parts)


def _markdown_form(crossing: Crossing, passing: Passing) -> str:
    """The closed form of a passing, in LaTeX."""
    if passing.formula is None:
        return "one jumps past the other" if passing.at is None else "found by bisection"
    letter = describe(crossing.crossover.unknown).latex
    equations = [(letter, passing.formula.short)]
    equations += [(latex(name), form) for name, form in passing.formula.where.items()]
    text = ", ".join(f"${name} = {latex(form)}$" for name, form in equations)
    where = ", ".join(f"${latex(node)} = {latex(taken)}$" for node, taken in passing.branch)
    return f"{text}{', where ' if where else ''}{where}"


def crossover_csv(found: Sequence[Crossing]) -> str:
    """One row per passing, or per crossover without one."""
    rows = [_row(crossing, passing) for crossing in found for passing in _passings(crossing)]
    return render_table(_HEADERS, rows, "csv")


def _passings(crossing: Crossing) -> Sequence[Passing | None]:
    return crossing.passings or [None]


def _row(crossing: Crossing, passing: Passing | None) -> list[str]:
    asked = crossing.crossover
    head = [asked.name, asked.phase, describe(asked.unknown).word]
    if passing is None:
        return [*head, *[""] * 4, crossing.unit, "", "", crossing.reason]
    return [
        *head,
        str(passing.first),
        "ahead" if passing.ahead else "behind",
        "" if passing.at is None else repr(float(passing.at)),
        "" if passing.value is None else repr(float(passing.value)),
        crossing.unit,
        "" if passing.formula is None else plain(passing.formula.expression),
        _where(passing),
        "",
    ]


def crossover_json(
    setup: Setup, found: Sequence[Crossing], needing: Sequence[Crossover]
) -> dict[str, Any]:
    """All of it, numbers in base units."""
    return {
        **setup.labels(),
        "crossovers": [_entry(crossing) for crossing in found],
        "need_a_device": [crossover.name for crossover in needing],
        **({} if needing else {"shares": shares(setup)}),
    }


def _entry(crossing: Crossing) -> dict[str, Any]:
    asked = crossing.crossover
    return {
        "crossover": asked.name,
        "meaning": asked.meaning,
        "left": asked.left,
        "right": asked.right,
        "phase": asked.phase,
        "unknown": describe(asked.unknown).word,
        "unit": crossing.unit,
        "ahead_at_1": crossing.ahead,
        "complete": crossing.complete,
        "passings": [
            {
                "first": passing.first,
                "ahead": passing.ahead,
                "at": None if passing.at is None else float(passing.at),
                "both_sides": None if passing.value is None else float(passing.value),
                **_formula_json(passing),
                "where": {plain(node): plain(taken) for node, taken in passing.branch},
            }
            for passing in crossing.passings
        ],
        "reason": crossing.reason,
    }


def _formula_json(passing: Passing) -> dict[str, Any]:
    if passing.formula is None:
        return {"formula": None, "with": {}}
    named = {str(name): plain(form) for name, form in passing.formula.where.items()}
    return {"formula": plain(passing.formula.short), "with": named}
