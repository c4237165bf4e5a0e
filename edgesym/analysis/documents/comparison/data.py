"""A comparison for programs: all of it, and a line per number compared."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from edgesym.algebra.tidy import tidy
from edgesym.analysis.comparison.compare import Comparison, Contrast
from edgesym.analysis.comparison.difference import Difference, Part, Term
from edgesym.analysis.comparison.overtaking import Overtaking
from edgesym.document.nodes import Table, table
from edgesym.document.plain import plain
from edgesym.symbols import describe

__all__ = ["comparison_data", "comparison_records"]

_HEADERS = (
    "quantity",
    "unit",
    "row",
    "name",
    "first",
    "other",
    "at_first",
    "at_other",
    "difference",
)


def comparison_data(found: Comparison) -> dict[str, Any]:
    """All of a comparison; numbers in base units, exact where they are whole."""
    return {
        "items": list(found.names),
        "common": found.common,
        "differing": {name: list(labels) for name, labels in found.differing.items()},
        "quantities": {
            row.quantity.name: {
                "unit": row.quantity.unit,
                "values": [_number(n) for n in row.numbers],
                "ratios": list(row.ratios),
            }
            for row in found.rows
        },
        "fits": list(found.fits),
        "notes": {
            n: list(s.notes) for n, s in zip(found.names, found.setups, strict=True) if s.notes
        },
        "symbols": {
            str(s): {"word": describe(s).word, "values": [_number(n) for n in numbers]}
            for s, numbers in found.symbols.items()
        },
        "differences": [_contrast(contrast) for contrast in found.contrasts],
    }


def comparison_records(found: Comparison) -> Table:
    """A line for the total of each difference, for each of its terms and for each part."""
    return table(_HEADERS, list(_lines(found)))


def _lines(found: Comparison) -> Iterator[list[str]]:
    for contrast in found.contrasts:
        difference = contrast.difference
        quantity = difference.quantity
        rows: list[tuple[str, str, Difference | Term | Part]] = [
            ("total", "", difference),
            *(("term", plain(term.letters), term) for term in difference.terms),
            *(("part", part.name, part) for part in difference.parts),
        ]
        for kind, name, row in rows:
            numbers = (str(_number(n)) for n in (*row.numbers, row.difference))
            yield [quantity.name, quantity.unit, kind, name, *contrast.names, *numbers]


def _contrast(contrast: Contrast) -> dict[str, Any]:
    difference = contrast.difference
    shared = difference.shared
    return {
        "quantity": difference.quantity.name,
        "unit": difference.quantity.unit,
        "items": list(contrast.names),
        **_numbers(difference),
        "closed_form_of_both": None if shared is None else plain(tidy(shared)),
        "on_branch": difference.on_branch,
        "terms": [
            {
                "letters": plain(term.letters),
                "coefficients": [_number(Fraction(c.p, c.q)) for c in term.coefficients],
                **_numbers(term),
            }
            for term in difference.terms
        ],
        "parts": [{"part": part.name, **_numbers(part)} for part in difference.parts],
        "overtaking": {describe(o.axis).word: _spans(o) for o in contrast.overtakings},
    }


def _spans(found: Overtaking) -> list[dict[str, Any]]:
    return [
        {
            "from": span.low,
            "to": span.high,
            "smaller": span.less,
            "begins": None if span.begins is None else plain(span.begins),
        }
        for span in found.spans
    ]


def _numbers(row: Difference | Term | Part) -> dict[str, Any]:
    return {
        "values": [_number(n) for n in row.numbers],
        "difference": _number(row.difference),
    }


def _number(value: Any) -> Any:
    """A number as JSON has it."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value
