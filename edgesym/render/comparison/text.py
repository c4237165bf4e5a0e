"""A comparison for people: side by side, term by term, and where one overtakes the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.algebra.tidy import tidy
from edgesym.analysis.comparison.compare import Comparison, Contrast
from edgesym.analysis.comparison.difference import Difference, Pair, Part
from edgesym.render.comparison.overtaking import overtaking_line
from edgesym.render.latex import latex
from edgesym.render.tables import render_table
from edgesym.render.text import plain
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe
from edgesym.units import human

__all__ = ["comparison_text", "part_table", "side_by_side", "term_table"]

#: Headers and rows.
Table = tuple[list[str], list[list[str]]]

#: Terms with a row of their own; the others are added up in one.
_MOST_TERMS = 8
#: Formulas with more characters are not printed.
_LONGEST = 300
_BRANCH = "terms of the side of each maximum that holds here:"


@dataclass(frozen=True, slots=True)
class _Style:
    table: str
    title: str
    heading: str
    line: str
    math: Callable[[sympy.Expr], str]


_STYLES = {
    "text": _Style("text", "{}", "--- {} ---", "{}", plain),
    "markdown": _Style(
        "markdown", "# {}\n", "## {}", "- {}", lambda formula: f"${latex(formula)}$"
    ),
}


def comparison_text(found: Comparison, style: str = "text") -> str:
    """The comparison as text or Markdown."""
    return "\n\n".join(_blocks(found, _STYLES[style]))


def _blocks(found: Comparison, style: _Style) -> Iterator[str]:
    title = style.title.format(" against ".join(found.names))
    yield f"{title}\n{', '.join(f'{name} {_label(label)}' for name, label in found.common.items())}"
    yield render_table(*side_by_side(found), style.table)
    if found.symbols:
        yield _symbols(found, style)
    alike = [c for c in found.contrasts if c.difference.alike]
    if alike:
        yield f"nothing differs in {', '.join(_what(contrast, found) for contrast in alike)}"
    for contrast in found.contrasts:
        if contrast not in alike:
            yield from _contrast(contrast, found, style)


def _what(contrast: Contrast, found: Comparison) -> str:
    """The quantity, and of which two setups where there are more."""
    name = contrast.difference.quantity.name
    return name if len(found.names) == 2 else f"{name} of {' and '.join(contrast.names)}"


def side_by_side(found: Comparison) -> Table:
    """A column per setup, and one for its ratio to the first."""
    blank = [""] * len(found.names)
    rows = [
        _with_ratios(name, [_label(label) for label in labels], blank)
        for name, labels in found.differing.items()
        if labels != found.names
    ]
    for row in found.rows:
        numbers = [_human(number, row.quantity.unit) for number in row.numbers]
        ratios = ["" if ratio is None else f"{ratio:.4g}" for ratio in row.ratios]
        rows.append(_with_ratios(row.quantity.name, numbers, ratios))
    if found.fits:
        sizes = (s.machine.figures["memory_size"] for s in found.setups)
        fits = [
            f"{_fitting(fits, setup)}, of {human(size.value, size.unit)}"
            for fits, size, setup in zip(found.fits, sizes, found.setups, strict=True)
        ]
        rows.append(_with_ratios("fits in memory", fits, blank))
    return _with_ratios("", found.names, ["ratio"] * len(found.names)), rows


def _fitting(fits: bool, setup: Setup) -> str:
    if fits and setup.lower_bound:
        return "by a lower bound"
    return "yes" if fits else "no"


def _label(label: Any) -> str:
    if isinstance(label, Mapping):
        return ", ".join(f"{name} = {value:g}" for name, value in label.items())
    return "" if label is None else str(label)


def _with_ratios(name: str, cells: Sequence[str], ratios: Sequence[str]) -> list[str]:
    pairs = zip(cells[1:], ratios[1:], strict=True)
    return [name, cells[0], *(cell for pair in pairs for cell in pair)]


def _symbols(found: Comparison, style: _Style) -> str:
    rows = [
        [style.math(made), describe(made).meaning, *(_number(made, n) for n in numbers)]
        for made, numbers in found.symbols.items()
    ]
    return render_table(["symbol", "meaning", *found.names], rows, style.table)


def _number(made: sympy.Symbol, number: Any) -> str:
    row = describe(made)
    return f"{number:,}" if isinstance(number, int) else human(float(number), row.unit)


def _human(number: Any, unit: str) -> str:
    return "" if number is None else human(float(number), unit)


def _contrast(contrast: Contrast, found: Comparison, style: _Style) -> Iterator[str]:
    difference = contrast.difference
    one, other = (_human(number, difference.quantity.unit) for number in difference.numbers)
    yield style.heading.format(f"{_what(contrast, found)}: {one} against {other}")
    if difference.shared is not None:
        yield _shared(difference.shared, found, style)
    if difference.terms:
        if difference.on_branch:
            yield _BRANCH
        yield render_table(*term_table(contrast, style.math), style.table)
    if difference.parts:
        yield render_table(*part_table(contrast), style.table)
    lines = (
        overtaking_line(o, contrast.names, difference.setups, style.math)
        for o in contrast.overtakings
    )
    yield "\n".join(style.line.format(line) for line in lines)


def _shared(form: sympy.Expr, found: Comparison, style: _Style) -> str:
    """The closed form that both have, and the letters whose numbers differ."""
    formula = style.math(tidy(form))
    same = f"both are {formula}" if len(formula) <= _LONGEST else "both have the same closed form"
    letters = (style.math(made) for made in found.symbols if made in form.free_symbols)
    return f"{same}; they differ in {', '.join(letters)}"


def term_table(contrast: Contrast, math: Callable[[sympy.Expr], str]) -> Table:
    """A row per term: what each model's integers make of it, and its numbers."""
    difference = contrast.difference
    differing = [term for term in difference.terms if term.difference]
    shown = [*differing[:_MOST_TERMS]]
    others = difference.terms[len(shown) :]
    if len(others) == 1:
        shown, others = [*shown, *others], ()
    same = all(term.coefficients[0] == term.coefficients[1] for term in shown)
    rows = [
        [math(t.letters), *map(_exact, t.coefficients[same:]), *_numbers(t, difference)]
        for t in shown
    ]
    blank = [""] * (2 - same)
    if others:
        one, other = (sum(numbers) for numbers in zip(*(t.numbers for t in others), strict=True))
        what = "more" if len(differing) > len(shown) else "that are the same"
        rest = Part((one, other), f"{len(others)} {what}")
        rows.append([rest.name, *blank, *_numbers(rest, difference)])
    rows.append(["total", *blank, *_numbers(difference, difference)])
    return ["term", *["coefficient"] * (2 - same), *contrast.names, "difference"], rows


def part_table(contrast: Contrast) -> Table:
    """A row per part of the model, or per quantity of a sum."""
    difference = contrast.difference
    rows = [[part.name, *_numbers(part, difference)] for part in difference.parts]
    return ["part", *contrast.names, "difference"], rows


def _exact(coefficient: sympy.Rational) -> str:
    return f"{int(coefficient):,}" if coefficient.is_Integer else str(coefficient)


def _numbers(row: Pair, difference: Difference) -> list[str]:
    unit = difference.quantity.unit
    change = _human(row.difference, unit)
    signed = f"+{change}" if row.difference > 0 else change
    return [*(_human(number, unit) for number in row.numbers), signed]
