"""Sums of monomials: expressions as coefficients, and as numbers modulo a prime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from math import comb
from typing import Any

import sympy

from edgesym.algebra.expansion import expanded

__all__ = ["PRIME", "Residues", "monomials", "nodes_at_most", "terms_at_most", "total"]

#: The prime of all fingerprints; a product of two residues fits in 64 bits.
PRIME = 2**31 - 1
_LARGEST = 10**9

Monomials = dict[sympy.Expr, sympy.Rational]


def monomials(expression: sympy.Expr) -> Monomials:
    """The coefficient of each monomial of an expression, zeros left out.

    A monomial is a product of powers, negative ones too; what is no polynomial (a maximum,
    a rounding) takes part as a symbol would.

    >>> from edgesym.symbols import symbol
    >>> H, L = symbol("hidden"), symbol("layers")
    >>> monomials(2 * L * (H + 1) ** 2 - 4 * H * L)
    {L: 2, H**2*L: 2}
    """
    found: Monomials = {}
    for term in sympy.Add.make_args(expanded(expression)):
        coefficient, rest = term.as_coeff_Mul()
        found[rest] = found.get(rest, sympy.Integer(0)) + coefficient
    kept = {rest: amount for rest, amount in found.items() if amount != 0}
    return dict(sorted(kept.items(), key=lambda item: sympy.default_sort_key(item[0])))


def total(terms: Mapping[sympy.Expr, Any]) -> sympy.Expr:
    """The sum of monomials with their coefficients."""
    return sympy.Add(*(amount * rest for rest, amount in terms.items()))


def terms_at_most(expression: sympy.Expr) -> int:
    """A bound on how many terms the expansion of an expression has, 10^9 at most.

    >>> from edgesym.symbols import symbol
    >>> terms_at_most((symbol("hidden") + 1) ** 3)
    4
    """
    seen: dict[sympy.Basic, int] = {}

    def count(node: sympy.Basic) -> int:
        if node not in seen:
            seen[node] = min(_count(node, count), _LARGEST)
        return seen[node]

    return count(expression)


def nodes_at_most(expression: sympy.Expr, most: int = _LARGEST) -> int:
    """How many different nodes an expression has, counted up to a bound; no recursion.

    >>> from edgesym.symbols import symbol
    >>> nodes_at_most(symbol("hidden") ** 2 + 1)
    5
    """
    seen: set[sympy.Basic] = {expression}
    waiting: list[sympy.Basic] = [expression]
    while waiting and len(seen) < most:
        for argument in waiting.pop().args:
            if argument not in seen:
                seen.add(argument)
                waiting.append(argument)
    return len(seen)


def _count(node: sympy.Basic, count: Any) -> int:
    if isinstance(node, sympy.Add):
        return sum(count(a) for a in node.args)
    if isinstance(node, sympy.Mul):
        return reduce(lambda x, y: min(x * y, _LARGEST), (count(a) for a in node.args), 1)
    if isinstance(node, sympy.Pow) and node.exp.is_Integer:
        inner, power = count(node.base), abs(int(node.exp))
        if inner == 1:
            return 1
        return _LARGEST if power > 10**4 or inner > 10**4 else comb(inner + power - 1, power)
    return max((count(a) for a in node.args), default=1)


class _NoResidueError(Exception):
    """An expression has no value modulo the prime here."""


class Residues:
    """Values of expressions at one point of integers, modulo :data:`PRIME`.

    >>> from edgesym.symbols import symbol
    >>> Residues({symbol("hidden"): 6}).of(symbol("hidden") ** 2 / 4)
    9
    """

    def __init__(self, values: Mapping[sympy.Symbol, int]) -> None:
        self._exact = _fractions(values)
        self._seen: dict[sympy.Basic, int] = {s: v % PRIME for s, v in values.items()}

    def of(self, expression: sympy.Expr) -> int | None:
        """The value; None where there is none: a division by zero, a root, a symbol without one."""
        try:
            return self._value(expression)
        except (_NoResidueError, ValueError, ArithmeticError, RecursionError):  # it has none
            return None

    def _value(self, node: sympy.Basic) -> int:
        if node not in self._seen:
            self._seen[node] = _residue(node, self._value, self._exact)
        return self._seen[node]


def _residue(
    node: sympy.Basic,
    value: Callable[[sympy.Basic], int],
    exact: Callable[[sympy.Basic], Fraction],
) -> int:
    match node:
        case sympy.Rational():
            return int(node.p) * pow(int(node.q), -1, PRIME) % PRIME
        case sympy.Add():
            return sum(value(a) for a in node.args) % PRIME
        case sympy.Mul():
            return reduce(lambda x, y: x * y % PRIME, (value(a) for a in node.args), 1)
        case sympy.Pow(exp=exponent):
            power = exact(exponent)
            if power.denominator != 1:
                raise _NoResidueError
            return pow(value(node.base), power.numerator, PRIME)
        case sympy.Max() | sympy.Min() | sympy.floor() | sympy.ceiling() | sympy.Mod():
            number = exact(node)
            return number.numerator * pow(number.denominator, -1, PRIME) % PRIME
    raise _NoResidueError


def _fractions(values: Mapping[sympy.Symbol, int]) -> Callable[[sympy.Basic], Fraction]:
    """The value of a node as a fraction, where its parts stay small; of each part once."""
    from edgesym.engine.evaluate import evaluator
    from edgesym.errors import EdgesymError

    worked_out = evaluator(values)

    def exact(node: sympy.Basic) -> Fraction:
        try:
            found = worked_out(node)
        except EdgesymError as error:
            raise _NoResidueError from error
        if isinstance(found, float):
            raise _NoResidueError
        return Fraction(found)

    return exact
