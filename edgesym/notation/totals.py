"""Sums of polynomials over an index, in closed form."""

from __future__ import annotations

from math import comb

import sympy

__all__ = ["total"]

_HIGHEST = 6
#: Bernoulli numbers with B_1 = 1/2.
_BERNOULLI = ((1, 1), (1, 2), (1, 6), (0, 1), (-1, 30), (0, 1), (1, 42))


def total(body: sympy.Expr, i: sympy.Symbol, lower: sympy.Expr, upper: sympy.Expr) -> sympy.Expr:
    """The sum of ``body`` for i from lower to upper.

    A polynomial in i up to degree 6 is summed by Faulhaber's formula (Concrete Mathematics,
    2nd ed., section 6.5); another body stays an unevaluated sum.

    >>> from edgesym.symbols import declared, index
    >>> i, L = index("i"), declared("L")
    >>> total(i, i, sympy.Integer(1), L)
    L**2/2 + L/2
    """
    coefficients = _coefficients(body, i)
    if coefficients is None:
        return sympy.Sum(body, (i, lower, upper))
    below = lower - 1
    return sympy.Add(
        *(c * (_powers(k, upper) - _powers(k, below)) for k, c in enumerate(coefficients))
    )


def _powers(k: int, n: sympy.Expr) -> sympy.Expr:
    """1^k + 2^k + ... + n^k."""
    terms = (
        sympy.Rational(*_BERNOULLI[j]) * comb(k + 1, j) * n ** (k + 1 - j) for j in range(k + 1)
    )
    return sympy.Add(*terms) / (k + 1)


def _coefficients(body: sympy.Expr, i: sympy.Symbol) -> list[sympy.Expr] | None:
    """The coefficients of a polynomial in i, lowest first; None if it is none of low degree."""
    if i not in body.free_symbols:
        return [body]
    if body == i:
        return [sympy.S.Zero, sympy.S.One]
    if body.is_Pow and body.exp.is_Integer and 0 < body.exp <= _HIGHEST:
        return _multiplied([_coefficients(body.base, i)] * int(body.exp))
    if not (body.is_Add or body.is_Mul):
        return None
    parts = [_coefficients(part, i) for part in body.args]
    if body.is_Mul:
        return _multiplied(parts)
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    highest = max(map(len, known))
    columns = ([part[k] for part in known if k < len(part)] for k in range(highest))
    return [sympy.Add(*column) for column in columns]


def _multiplied(parts: list[list[sympy.Expr] | None]) -> list[sympy.Expr] | None:
    product: list[sympy.Expr] = [sympy.S.One]
    for part in parts:
        if part is None or len(product) + len(part) - 2 > _HIGHEST:
            return None
        rows: list[list[sympy.Expr]] = [[] for _ in range(len(product) + len(part) - 1)]
        for j, left in enumerate(product):
            for k, right in enumerate(part):
                rows[j + k].append(left * right)
        product = [sympy.Add(*row) for row in rows]
    return product
