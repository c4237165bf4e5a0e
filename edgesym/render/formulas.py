"""Equations as all media set them: sides with long repeats named, and what the names stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from edgesym.document.nodes import Formula, Math, Notation

if TYPE_CHECKING:
    import sympy

__all__ = ["shortened", "symbolic", "with_names"]

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
    if formula.where:
        return formula
    for place, side in enumerate(formula.sides):
        if isinstance(side, Math):
            short, names = with_names(side.expression, length, share)
            if names:
                sides = (*formula.sides[:place], Math(short), *formula.sides[place + 1 :])
                where = tuple(Formula(Math(n), (Math(form),)) for n, form in names.items())
                return replace(formula, sides=sides, where=where)
    return formula


def with_names(
    expression: sympy.Expr,
    length: Callable[[sympy.Expr], int] | None = None,
    share: float = 1.0,
) -> tuple[sympy.Expr, dict[sympy.Symbol, sympy.Expr]]:
    """A long closed form with what it repeats named, and what the names stand for.

    Args as for :func:`shortened`.
    """
    from edgesym.algebra.repeats import named_repeats
    from edgesym.document.plain import plain

    measure = length or (lambda form: len(plain(form)))
    return named_repeats(expression, measure, int(_LONG * share))


def symbolic(formula: Formula) -> list[Math | Notation]:
    """The sides of an equation that are mathematics."""
    return [side for side in formula.sides if isinstance(side, Math | Notation)]
