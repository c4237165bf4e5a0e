"""Sensitivities as a document: ranked tables, and the derivatives of the strongest symbols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial as bound
from typing import Any

from edgesym.algebra.elasticity import Partial
from edgesym.analysis.sensitivity import Sensitivity
from edgesym.document.latex import latex
from edgesym.document.nodes import (
    Amount,
    Block,
    Column,
    Columns,
    Document,
    Formula,
    Math,
    Notation,
    Section,
    Table,
    Text,
    table,
)
from edgesym.document.plain import plain
from edgesym.symbols import describe
from edgesym.units import UNITS, human

__all__ = ["amount", "derivative", "sensitivity_document"]

#: Elasticities below this are left out unless all are asked for.
_WEAKEST = 0.0005
#: Derivatives whose closed form is shown, interactions, and rows of one screen.
_FORMULAS, _PAIRS, _MOST = 5, 10, 8
_COLUMNS: Columns = (
    *("symbol", Column("meaning", spare=True), Column("given by", spare=True)),
    *(Column(title, "number") for title in ("value", "elasticity", "dQ/dx")),
    "note",
)


def sensitivity_document(
    results: Sequence[Sensitivity], *, everything: bool = False, second_order: bool = False
) -> Document:
    """Each quantity with its symbols, the strongest first.

    Args:
        results: sensitivities at one setup.
        everything: whether weak symbols and all derivatives are told.
        second_order: whether it is told which pairs of symbols interact.
    """
    setup = results[0].setup
    sections = tuple(
        Section(_heading(found), tuple(_blocks(found, everything, second_order)))
        for found in results
    )
    return Document(
        setup.title,
        (Text(setup.describe()), *sections),
        bound(_data, results, second_order=second_order),
        bound(_records, results),
    )


def amount(value: float, unit: str) -> str:
    """A number with its unit, also one that takes no prefix.

    >>> amount(8, "sequences"), amount(1, "sequences"), amount(17.07e9, "B/s")
    ('8 sequences', '1 sequence', '17.07 GB/s')
    """
    if unit in UNITS:
        return human(value, unit)
    return f"{human(value, '1')} {_singular(unit) if value == 1 else unit}"


def derivative(partial: Partial, unit: str = "") -> Formula:
    """The derivative of the quantity Q by a symbol, in closed form; with its unit if given."""
    row, made = describe(partial.symbol), partial.symbol
    left = Notation(f"dQ/d{made}", rf"\frac{{\partial Q}}{{\partial {row.latex}}}")
    return Formula(left, (Math(partial.derivative),), _per(unit, row.unit) if unit else "")


def _heading(found: Sensitivity) -> tuple[str | Amount, ...]:
    quantity = found.quantity
    return (f"Q = {quantity.name} = ", Amount(found.value, quantity.unit))


def _blocks(found: Sensitivity, everything: bool, second_order: bool) -> Iterator[Block]:
    strong = [p for p in found.partials if everything or p.strength >= _WEAKEST]
    yield Text(f"{found.quantity.meaning}.")
    yield _table(found, strong)
    count = len(found.partials) - len(strong)
    if count:
        symbols = "symbol" if count == 1 else "symbols"
        yield Text(f"{count} {symbols} below {_WEAKEST} left out (--all)", note=True)
    shown = strong if everything else strong[:_FORMULAS]
    formulas = tuple(derivative(partial, found.quantity.unit) for partial in shown)
    yield Section("", formulas, detail=True)
    if second_order:
        yield _pairs(found)


def _table(found: Sensitivity, partials: Sequence[Partial]) -> Table:
    rows = []
    for partial in partials:
        made = partial.symbol
        row, value = describe(made), float(found.values[made])
        rows.append(
            (
                (f"{row.word} ", Math(made)),
                row.meaning,
                row.scope,
                Amount(value, row.unit),
                Amount(partial.elasticity, form="+.3f"),
                _rate(partial.value, found.quantity.unit, value, row.unit),
                _note(partial),
            )
        )
    noted = len(_COLUMNS) - (not any(row[-1] for row in rows))
    return table(_COLUMNS[:noted], [row[:noted] for row in rows], _MOST)


def _note(partial: Partial) -> str:
    """What one elasticity does not say."""
    below, average = partial.below, partial.average
    kink = [] if below is None else [f"kink: {below:+.3f} just below"]
    steps = [] if average is None else [f"steps: {average:+.3f} on average"]
    return ", ".join([*kink, *steps])


def _rate(slope: float, unit: str, at: float, per: str) -> str:
    """A derivative, per the unit that the symbol's number is readable in."""
    readable = amount(at, per).rpartition(" ")[2]
    factor = float(UNITS[readable][1]) if readable in UNITS and at else 1.0
    return _per(amount(slope * factor, unit), readable if factor != 1 else per)


def _per(above: str, below: str) -> str:
    """A unit, or a number with its unit, per another unit."""
    if below == "1":
        return above
    return f"{above} per {_singular(below)}"


def _singular(unit: str) -> str:
    return unit.removesuffix("s") if unit in ("tokens", "sequences") else unit


def _pairs(found: Sensitivity) -> Table:
    second = Notation("d^2 ln Q / (d ln x d ln y)", r"d^2 \ln Q / (d \ln x \, d \ln y)")
    rows = [
        (f"{describe(x).word}, {describe(y).word}", Amount(value, form="+.3f"))
        for x, y, value in found.interactions()[:_PAIRS]
    ]
    return table(("x, y", Column(second, "number")), rows)


def _data(results: Sequence[Sensitivity], *, second_order: bool) -> dict[str, Any]:
    """What is run, and the sensitivities of each quantity, in full precision."""
    quantities = {}
    for found in results:
        answer: dict[str, Any] = {
            "unit": found.quantity.unit,
            "value": found.value,
            "expression": plain(found.expression),
            "partials": [_row(found, partial) for partial in found.partials],
        }
        if second_order:
            answer["interactions"] = [
                {"x": describe(x).word, "y": describe(y).word, "elasticity": second}
                for x, y, second in found.interactions()
            ]
        quantities[found.quantity.name] = answer
    return {**results[0].setup.labels(), "quantities": quantities}


def _records(results: Sequence[Sensitivity]) -> Table:
    """One row per quantity and symbol, in full precision."""
    rows = [
        {"quantity": found.quantity.name, **_row(found, partial)}
        for found in results
        for partial in found.partials
    ]
    cells = [tuple("" if v is None else str(v) for v in row.values()) for row in rows]
    return table(tuple(rows[0]) if rows else ("quantity",), cells)


def _row(found: Sensitivity, partial: Partial) -> dict[str, Any]:
    """A partial derivative in full."""
    made = partial.symbol
    row, number = describe(made), found.values[made]
    return {
        "symbol": row.letter,
        "word": row.word,
        "meaning": row.meaning,
        "given_by": row.scope,
        "value": number if isinstance(number, int) else float(number),
        "unit": row.unit,
        "elasticity": partial.elasticity,
        "elasticity_below": partial.below,
        "elasticity_on_average": partial.average,
        "derivative": partial.value,
        "derivative_unit": _per(found.quantity.unit, row.unit),
        "expression": plain(partial.derivative),
        "latex": latex(partial.derivative),
    }
