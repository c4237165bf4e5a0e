"""Crossovers as a document: where each is, its closed form, and where the setup stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from edgesym.analysis.crossovers.crossover import Crossover, spoken
from edgesym.analysis.crossovers.passing import Crossing, Passing
from edgesym.analysis.crossovers.waits import shares
from edgesym.document.nodes import (
    Amount,
    Cell,
    Code,
    Column,
    Document,
    Formula,
    Math,
    Row,
    Table,
    Text,
    table,
)
from edgesym.document.numbers import substituted
from edgesym.document.plain import plain
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["crossing_table", "crossover_document"]

#: Of more passings than this the last ones are counted only.
_MOST_SHOWN = 3
_COLUMNS = (
    "crossover",
    Column("at"),
    Column("exactly", "number"),
    Column("both sides", "number"),
)
_RECORDS = (
    *("crossover", "phase", "unknown", "first", "order", "at", "both_sides", "unit"),
    *("formula", "where", "reason"),
)


def crossover_document(
    setup: Setup, found: Sequence[Crossing], needing: Sequence[Crossover]
) -> Document:
    """A table with the closed form of each crossover, and what the setup waits for."""
    blocks = (
        Text(setup.describe()),
        crossing_table(setup, found),
        Text(_standing(setup, needing)),
    )
    return Document(
        f"Crossovers of {setup.title}",
        blocks,
        partial(_data, setup, found, needing),
        partial(_records, found),
    )


def crossing_table(setup: Setup, found: Sequence[Crossing]) -> Table:
    """The crossovers, and below each the formula of where it is, or why there is none."""
    return table(_COLUMNS, [row for crossing in found for row in _rows(setup, crossing)])


def _rows(setup: Setup, crossing: Crossing) -> Iterator[Row]:
    """The rows of a crossover: name, where, exactly, both sides."""
    name, word = crossing.crossover.name, spoken(describe(crossing.crossover.unknown).word)
    if not crossing.passings:
        every = f"{'every' if crossing.ahead else 'no'} {word}"
        yield Row((name, every, "", ""), (Text(crossing.reason),))
    for place, passing in enumerate(crossing.passings[:_MOST_SHOWN]):
        if place:
            name = "and again" if passing.ahead else "and no longer"
        cells: tuple[Cell, ...] = (
            name if passing.ahead or place else f"{name}: no longer",
            f"{word} {passing.first:,}",
            Amount(passing.at, form=",.2f"),
            Amount(passing.value, crossing.unit),
        )
        yield Row(cells, tuple(_below(setup, crossing, passing)))
    more = crossing.passings[_MOST_SHOWN:]
    if more:
        last = f"{word} {more[-1].first:,}"
        yield Row((f"{len(more)} more changes, the last", last, "", ""))
    if not crossing.complete:
        yield Row(("and between jumps, perhaps", "", "", ""))


def _below(setup: Setup, crossing: Crossing, passing: Passing) -> Iterator[Text | Formula]:
    """What is written below a row: the closed form and its numbers."""
    left = Math(crossing.crossover.unknown)
    numbers = {str(s): value for s, value in setup.values().items()}
    if passing.formula is not None:
        where = tuple(
            Formula(Math(name), (Math(form), _filled(form, numbers)))
            for name, form in passing.formula.where.items()
        )
        short = Math(passing.formula.short)
        sides = (short,) if where else (short, _filled(passing.formula.short, numbers))
        yield Formula(left, sides, "", where, passing.branch)
    elif passing.at is None:
        yield Text("one jumps past the other there")
    else:
        yield Text("no closed form; found by bisection")
    limit, unit = setup.model.context_limit, describe(crossing.crossover.unknown).unit
    if limit is not None and unit == "tokens" and passing.first > limit:
        yield Text(f"more than the {limit:,} tokens that {setup.model.name} is made for")


def _filled(form: Any, numbers: Mapping[str, Any]) -> Code:
    """A formula with numbers in place of the letters."""
    return Code(substituted(plain(form), numbers))


def _standing(setup: Setup, needing: Sequence[Crossover]) -> Cell:
    """What a decode step of the setup waits for, or that a device is needed to say."""
    here = f"batch {setup.run.batch}, context {setup.run.timed_at:,}"
    if needing:
        names = ", ".join(crossover.name for crossover in needing)
        return f"With --device also: {names}, and what {here} waits for."
    parts = sorted(shares(setup).items(), key=lambda item: -item[1])
    waiting = ", ".join(f"{name} {share:.1%}" for name, share in parts if share >= 0.0005)
    return f"{here}: waits for {waiting}"


def _where(passing: Passing) -> str:
    return ", ".join(f"{plain(node)} = {plain(taken)}" for node, taken in passing.branch)


def _records(found: Sequence[Crossing]) -> Table:
    """One row per passing, or per crossover without one."""
    rows = [
        _record(crossing, passing)
        for crossing in found
        for passing in (crossing.passings or [None])
    ]
    return table(_RECORDS, rows)


def _record(crossing: Crossing, passing: Passing | None) -> list[str]:
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


def _data(setup: Setup, found: Sequence[Crossing], needing: Sequence[Crossover]) -> dict[str, Any]:
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
