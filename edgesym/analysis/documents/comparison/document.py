"""A comparison as a document: side by side, term by term, and where one overtakes the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import sympy

from edgesym.algebra.tidy import tidy
from edgesym.analysis.comparison.compare import Comparison, Contrast
from edgesym.analysis.comparison.difference import Difference, Pair, Part
from edgesym.analysis.documents.comparison.data import comparison_data, comparison_records
from edgesym.analysis.documents.comparison.overtaking import overtaking_line
from edgesym.document.nodes import (
    Amount,
    Block,
    Cell,
    Column,
    Document,
    Items,
    Math,
    Row,
    Section,
    Span,
    Table,
    Text,
    table,
)
from edgesym.document.plain import plain
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe
from edgesym.units import human

__all__ = ["comparison_document", "contrast_section", "side_by_side", "symbol_table"]

#: Terms with a row of their own; the others are added up in one.
_MOST_TERMS = 8
#: Formulas with more characters are not printed.
_LONGEST = 300
_BRANCH = "Terms of the side of each maximum that holds here:"


def comparison_document(found: Comparison) -> Document:
    """Setups side by side, and how each quantity differs from that of the first."""
    common = ", ".join(f"{name} {_label(label)}" for name, label in found.common.items())
    blocks: list[Block] = [Text(common), side_by_side(found)]
    if found.symbols:
        blocks.append(Section("", (symbol_table(found),), detail=True))
    alike = [c for c in found.contrasts if c.difference.alike]
    if alike:
        what = ", ".join(_what(contrast, found) for contrast in alike)
        blocks.append(Text(f"nothing differs in {what}"))
    differing = [c for c in found.contrasts if c not in alike]
    sections = (_section(c, found, tuple(_terms_of(c, found)), detail=True) for c in differing)
    overtaking = Section("Where one overtakes the other", (Items(_overtakings(differing, found)),))
    return Document(
        " against ".join(found.names),
        (*blocks, *sections, *([overtaking] if differing else [])),
        partial(comparison_data, found),
        partial(comparison_records, found),
    )


def _what(contrast: Contrast, found: Comparison) -> str:
    """The quantity, and of which two setups where there are more."""
    name = contrast.difference.quantity.name
    return name if len(found.names) == 2 else f"{name} of {' and '.join(contrast.names)}"


def side_by_side(found: Comparison) -> Table:
    """A column per setup, and one for its ratio to the first."""
    blank = [""] * len(found.names)
    rows: list[tuple[Cell, ...]] = [
        _with_ratios(name, [_label(label) for label in labels], blank)
        for name, labels in found.differing.items()
        if labels != found.names
    ]
    for row in found.rows:
        numbers = [Amount(number, row.quantity.unit) for number in row.numbers]
        ratios = [Amount(ratio, form=".4g") for ratio in row.ratios]
        rows.append(_with_ratios(row.quantity.name, numbers, ratios))
    if found.fits:
        sizes = (s.machine.figures["memory_size"] for s in found.setups)
        fits = [
            f"{_fitting(fits, setup)}, of {human(size.value, size.unit)}"
            for fits, size, setup in zip(found.fits, sizes, found.setups, strict=True)
        ]
        rows.append(_with_ratios("fits in memory", fits, blank))
    heads = _with_ratios("", found.names, ["ratio"] * len(found.names))
    columns = (Column(head, "number", spare=head == "ratio") for head in heads[1:])
    return table(("", *columns), rows)


def _label(label: Any) -> str:
    if isinstance(label, Mapping):
        return ", ".join(f"{name} = {value:g}" for name, value in label.items())
    return "" if label is None else str(label)


def _with_ratios(name: str, cells: Sequence[Cell], ratios: Sequence[Cell]) -> tuple[Cell, ...]:
    pairs = zip(cells[1:], ratios[1:], strict=True)
    return (name, cells[0], *(cell for pair in pairs for cell in pair))


def symbol_table(found: Comparison) -> Table:
    """The symbols whose numbers differ."""
    rows = [
        (Math(made), describe(made).meaning, *(_number(made, n) for n in numbers))
        for made, numbers in found.symbols.items()
    ]
    return table(("symbol", "meaning", *(Column(n, "number") for n in found.names)), rows)


def _number(made: sympy.Symbol, number: Any) -> Amount:
    if isinstance(number, int):
        return Amount(number, form=",")
    return Amount(number, describe(made).unit)


def contrast_section(contrast: Contrast, found: Comparison) -> Section:
    """A quantity of the first setup and of another: term by term, and where one overtakes."""
    lines = Items(tuple((f"along {axis}: ", *line) for axis, line in _lines(contrast)))
    terms = Section("", tuple(_terms_of(contrast, found)), detail=True)
    return _section(contrast, found, (terms, lines))


def _section(
    contrast: Contrast, found: Comparison, blocks: tuple[Block, ...], *, detail: bool = False
) -> Section:
    unit = contrast.difference.quantity.unit
    one, other = (Amount(number, unit) for number in contrast.difference.numbers)
    title = (f"{_what(contrast, found)}: ", one, " against ", other)
    return Section(title, blocks, detail=detail)


def _terms_of(contrast: Contrast, found: Comparison) -> Iterator[Block]:
    difference = contrast.difference
    if difference.shared is not None:
        yield Text(_shared(difference.shared, found))
    if difference.terms:
        if difference.on_branch:
            yield Text(_BRANCH)
        yield _terms(contrast)
    if difference.parts:
        yield _parts(contrast)


def _lines(contrast: Contrast) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """The axes of a contrast, and what is said along each."""
    for each in contrast.overtakings:
        line = overtaking_line(each, contrast.names, contrast.difference.setups)
        yield describe(each.axis).word, line


def _overtakings(contrasts: Sequence[Contrast], found: Comparison) -> tuple[Cell, ...]:
    """A line for all quantities and axes of which the same is said."""
    said: dict[tuple[Span, ...], dict[str, list[str]]] = {}
    for contrast in contrasts:
        for axis, line in _lines(contrast):
            said.setdefault(line, {}).setdefault(_what(contrast, found), []).append(axis)
    return tuple((f"{_along(about)}: ", *line) for line, about in said.items())


def _along(about: Mapping[str, Sequence[str]]) -> str:
    """Quantities and the axes that something is said of, those of the same axes together."""
    together: dict[str, list[str]] = {}
    for name, axes in about.items():
        together.setdefault(" and ".join(axes), []).append(name)
    return "; ".join(f"{', '.join(names)} along {axes}" for axes, names in together.items())


def _shared(form: sympy.Expr, found: Comparison) -> Cell:
    """The closed form that both have, and the letters whose numbers differ."""
    tidied = tidy(form)
    same: tuple[Span, ...] = ("both have the same closed form",)
    if len(plain(tidied)) <= _LONGEST:
        same = ("both are ", Math(tidied))
    letters = [made for made in found.symbols if made in form.free_symbols]
    listed = (s for i, made in enumerate(letters) for s in (", " if i else "", Math(made)))
    return (*same, "; they differ in ", *listed)


def _terms(contrast: Contrast) -> Table:
    """A row per term: what each model's integers make of it, and its numbers."""
    difference = contrast.difference
    differing = [term for term in difference.terms if term.difference]
    shown = [*differing[:_MOST_TERMS]]
    others = difference.terms[len(shown) :]
    if len(others) == 1:
        shown, others = [*shown, *others], ()
    same = all(term.coefficients[0] == term.coefficients[1] for term in shown)
    rows = [
        Row((Math(t.letters), *map(_exact, t.coefficients[same:]), *_numbers(t, difference)))
        for t in shown
    ]
    blank = ("",) * (2 - same)
    if others:
        one, other = (sum(numbers) for numbers in zip(*(t.numbers for t in others), strict=True))
        what = "more" if len(differing) > len(shown) else "that are the same"
        rest = Part((one, other), f"{len(others)} {what}")
        rows.append(Row((rest.name, *blank, *_numbers(rest, difference))))
    rows.append(Row(("total", *blank, *_numbers(difference, difference)), total=True))
    heads = [*["coefficient"] * (2 - same), *contrast.names, "difference"]
    columns = (Column("term", "formula"), *(Column(head, "number") for head in heads))
    return table(columns, rows)


def _parts(contrast: Contrast) -> Table:
    """A row per part of the model, or per quantity of a sum."""
    difference = contrast.difference
    rows = [(part.name, *_numbers(part, difference)) for part in difference.parts]
    heads = (*contrast.names, "difference")
    return table(("part", *(Column(head, "number") for head in heads)), rows)


def _exact(coefficient: sympy.Rational) -> Amount | str:
    whole = coefficient.is_Integer
    return Amount(int(coefficient), form=",") if whole else str(coefficient)


def _numbers(row: Pair, difference: Difference) -> tuple[Amount, ...]:
    unit = difference.quantity.unit
    return (*(Amount(n, unit) for n in row.numbers), Amount(row.difference, unit, signed=True))


def _fitting(fits: bool, setup: Setup) -> str:
    if fits and setup.lower_bound:
        return "by a lower bound"
    return "yes" if fits else "no"
