"""Equations as all media set them: sides with long repeats named, and what the names stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from edgesym.document.nodes import Formula, Math, Notation

if TYPE_CHECKING:
    import sympy

__all__ = ["shortened", "symbolic"]

#: Closed forms of more characters, three lines of a page, get names for what they repeat.
_LONG = 240


def shortened(
    formula: Formula, length: Callable[[sympy.Expr], int] | None = None, share: float = 1.0
) -> Formula:
    """An equation whose long sides have what they repeat named below.

    Args:
        formula: the equation.
        length: how long an expression is where it is written, in characters.
        share: the width of a line as a share of that of a page.
    """
    from edgesym.algebra.repeats import named_repeats
    from edgesym.document.plain import plain

    if formula.where:
        return formula
    measure = length or (lambda form: len(plain(form)))
    for place, side in enumerate(formula.sides):
        if isinstance(side, Math):
            short, names = named_repeats(side.expression, measure, int(_LONG * share))
            if names:
                sides = (*formula.sides[:place], Math(short), *formula.sides[place + 1 :])
                where = tuple(Formula(Math(n), (Math(form),)) for n, form in names.items())
                return replace(formula, sides=sides, where=where)
    return formula


def symbolic(formula: Formula) -> list[Math | Notation]:
    """The sides of an equation that are mathematics."""
    return [side for side in formula.sides if isinstance(side, Math | Notation)]
