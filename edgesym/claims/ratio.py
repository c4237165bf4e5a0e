"""Ratios that are numbers."""

from __future__ import annotations

import sympy

from edgesym.algebra.polynomial import Residues, monomials, terms_at_most

__all__ = ["reduced"]

_MOST_TERMS = 500


def reduced(expression: sympy.Expr) -> sympy.Expr:
    """A ratio of two sums of which one is a multiple of the other, as that number.

    >>> from edgesym.symbols import symbol
    >>> H, L = symbol("hidden"), symbol("layers")
    >>> reduced((4 * H * L + 2 * H) / (2 * H * L + H))
    2
    """
    if not _may_be_a_number(expression):
        return expression
    joined = sympy.together(expression)
    if not joined.free_symbols:
        return joined
    above, below = sympy.fraction(joined)
    if below == 1 or max(terms_at_most(above), terms_at_most(below)) > _MOST_TERMS:
        return expression
    tops, bottoms = monomials(above), monomials(below)
    if tops.keys() != bottoms.keys():
        return expression
    ratios = {sympy.sympify(tops[m]) / bottoms[m] for m in tops}
    return ratios.pop() if len(ratios) == 1 else expression


def _may_be_a_number(expression: sympy.Expr) -> bool:
    """Whether it is the same at two points, modulo a prime: what differs is no number."""
    symbols = sorted(expression.free_symbols, key=str)
    points = [{s: start + 7 * i for i, s in enumerate(symbols)} for start in (1_009, 60_013)]
    found = [Residues(point).of(expression) for point in points]
    return None in found or found[0] == found[1]
