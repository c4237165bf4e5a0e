"""Sensitivities as tables that a person reads, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from edgesym.algebra.elasticity import Partial
from edgesym.analysis.sensitivity import Sensitivity
from edgesym.render.latex import latex
from edgesym.render.tables import render_table
from edgesym.render.text import plain
from edgesym.symbols import describe
from edgesym.units import UNITS, human

__all__ = [
    "amount",
    "sensitivity_csv",
    "sensitivity_json",
    "sensitivity_markdown",
    "sensitivity_text",
]

#: Elasticities below this are left out unless all are asked for.
_WEAKEST = 0.0005
#: Derivatives whose closed form is shown, and interactions.
_FORMULAS, _PAIRS = 5, 10
_HEADERS = ("symbol", "meaning", "given by", "value", "elasticity", "dQ/dx", "note")


def sensitivity_text(found: Sensitivity, *, everything: bool, second_order: bool) -> str:
    """The ranked table, and the derivatives of the strongest symbols in closed form."""
    strong = _strong(found, everything=everything)
    unit = found.quantity.unit
    formulas = [
        f"dQ/d{p.symbol} [{_per(unit, describe(p.symbol).unit)}] = {plain(p.derivative)}"
        for p in (strong if everything else strong[:_FORMULAS])
    ]
    lines = [_heading(found), "", _table(found, strong, "text"), *_left_out(found, strong)]
    lines += ["", *formulas]
    if second_order:
        lines += ["", _pairs(found, "text")]
    return "\n".join(lines)


def sensitivity_markdown(found: Sensitivity, *, everything: bool, second_order: bool) -> str:
    """The same in Markdown, formulas in LaTeX."""
    strong = _strong(found, everything=everything)
    formulas = [
        rf"$$\frac{{\partial Q}}{{\partial {describe(p.symbol).latex}}} = {latex(p.derivative)}$$"
        for p in (strong if everything else strong[:_FORMULAS])
    ]
    left_out = _left_out(found, strong)
    parts = [_heading(found), _table(found, strong, "markdown"), *left_out, *formulas]
    if second_order:
        parts.append(_pairs(found, "markdown"))
    return "\n\n".join(part for part in parts if part)


def sensitivity_csv(results: Sequence[Sensitivity]) -> str:
    """One row per quantity and symbol, in full precision."""
    rows = [
        {"quantity": found.quantity.name, **_row(found, partial)}
        for found in results
        for partial in found.partials
    ]
    cells = [["" if v is None else str(v) for v in row.values()] for row in rows]
    return render_table(list(rows[0]) if rows else ["quantity"], cells, "csv")


def sensitivity_json(results: Sequence[Sensitivity], *, second_order: bool) -> dict[str, Any]:
    """What is run, and the sensitivities of each quantity, in full precision."""
    quantities = {}
    for found in results:
        document: dict[str, Any] = {
            "unit": found.quantity.unit,
            "value": found.value,
            "expression": plain(found.expression),
            "partials": [_row(found, partial) for partial in found.partials],
        }
        if second_order:
            document["interactions"] = [
                {"x": describe(x).word, "y": describe(y).word, "elasticity": second}
                for x, y, second in found.interactions()
            ]
        quantities[found.quantity.name] = document
    return {**results[0].setup.labels(), "quantities": quantities}


def amount(value: float, unit: str) -> str:
    """A number with its unit, also one that takes no prefix.

    >>> amount(8, "sequences"), amount(1, "sequences"), amount(17.07e9, "B/s")
    ('8 sequences', '1 sequence', '17.07 GB/s')
    """
    if unit in UNITS:
        return human(value, unit)
    return f"{human(value, '1')} {_singular(unit) if value == 1 else unit}"


def _strong(found: Sensitivity, *, everything: bool) -> list[Partial]:
    return [p for p in found.partials if everything or p.strength >= _WEAKEST]


def _left_out(found: Sensitivity, shown: Sequence[Partial]) -> list[str]:
    count = len(found.partials) - len(shown)
    symbols = "symbol" if count == 1 else "symbols"
    return [f"{count} {symbols} below {_WEAKEST} left out (--all)"] if count else []


def _heading(found: Sensitivity) -> str:
    quantity = found.quantity
    return f"Q = {quantity.name} = {amount(found.value, quantity.unit)} ({quantity.meaning})"


def _table(found: Sensitivity, partials: Sequence[Partial], style: str) -> str:
    rows = []
    for partial in partials:
        made = partial.symbol
        row, value = describe(made), float(found.values[made])
        rows.append(
            [
                f"{row.word} {made}" if style == "text" else f"{row.word} ${row.latex}$",
                row.meaning,
                row.scope,
                amount(value, row.unit),
                f"{partial.elasticity:+.3f}",
                _rate(partial.value, found.quantity.unit, value, row.unit),
                _note(partial),
            ]
        )
    noted = len(_HEADERS) - (not any(row[-1] for row in rows))
    return render_table(_HEADERS[:noted], [row[:noted] for row in rows], style)


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


def _pairs(found: Sensitivity, style: str) -> str:
    rows = [
        [f"{describe(x).word}, {describe(y).word}", f"{second:+.3f}"]
        for x, y, second in found.interactions()[:_PAIRS]
    ]
    return render_table(["x, y", "d^2 ln Q / (d ln x d ln y)"], rows, style)


def _row(found: Sensitivity, partial: Partial) -> dict[str, Any]:
    """A partial derivative in full."""
    made = partial.symbol
    row, number = describe(made), found.values[made]
    form: sympy.Expr = partial.derivative
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
        "expression": plain(form),
        "latex": latex(form),
    }
