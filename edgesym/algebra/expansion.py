"""Multiplying out, each part of a form once.

``sympy.expand`` walks a form once for each of its rules, and anew for each form that shares parts
with another; to sums of maxima few rules apply, and they share nearly everything.
"""

from __future__ import annotations

from functools import lru_cache, reduce

import sympy

from edgesym.algebra.once import STEPPED, remade, replaced

__all__ = ["expanded"]

#: Parts of forms that are remembered.
_REMEMBERED = 2**15


@lru_cache(maxsize=_REMEMBERED)
def expanded(expression: sympy.Expr) -> sympy.Expr:
    """``sympy.expand(expression)``.

    >>> from edgesym.symbols import symbol
    >>> S, W = symbol("context"), symbol("window")
    >>> expanded(W * (sympy.Min(S * (W + 1), W) + 1))
    W*Min(W, S*W + S) + W
    """
    if not expression.args:
        return expression
    if expression.is_Add or isinstance(expression, STEPPED):
        return remade(expression, [expanded(argument) for argument in expression.args])
    if expression.is_Mul and all(map(_is_simple, expression.args)):
        return _product([expanded(argument) for argument in expression.args])
    if expression.is_Pow and expression.exp.is_Integer and expression.exp > 1:
        power = expanded(expression.base) ** expression.exp
        return _flattened(sympy.expand_multinomial(power, deep=False))
    inner = {node: expanded(node) for node in expression.atoms(*STEPPED)}
    return sympy.expand(replaced(expression, inner))


def _is_simple(factor: sympy.Expr) -> bool:
    """Whether a factor of a product can be multiplied out by itself."""
    if factor.is_Pow:
        positive = factor.exp.is_Integer and factor.exp > 0
        return positive or (factor.exp.is_Integer and not factor.base.is_Add)
    return not factor.args or factor.is_Add or isinstance(factor, STEPPED)


def _product(factors: list[sympy.Expr]) -> sympy.Expr:
    outer = sympy.Mul(*(factor for factor in factors if not factor.is_Add))
    sums = [factor.args for factor in factors if factor.is_Add]
    terms = reduce(lambda made, more: [x * y for x in made for y in more], sums, [outer])
    return _flattened(sympy.Add(*terms))


def _flattened(whole: sympy.Expr) -> sympy.Expr:
    """A sum with what is left to multiply out in its terms multiplied out."""
    terms = sympy.Add.make_args(whole)
    if all(map(_is_flat, terms)):
        return whole
    return sympy.Add(*(term if _is_flat(term) else sympy.expand(term) for term in terms))


def _is_flat(term: sympy.Expr) -> bool:
    """Whether nothing in a product is left to multiply out."""
    factors = sympy.Mul.make_args(term)
    return all(_is_simple(f) and not f.is_Add and not (f.is_Pow and f.base.is_Add) for f in factors)
