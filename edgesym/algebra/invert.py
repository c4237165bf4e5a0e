"""Inverting: a closed form for the value of one symbol at which an expression is 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isclose
from typing import Any

import sympy

from edgesym.algebra.derivative import branch_at
from edgesym.algebra.polynomial import terms_at_most
from edgesym.algebra.tidy import tidy
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.frozen import Frozen
from edgesym.symbols import declared, in_table

__all__ = ["Formula", "closed_form_root", "constant_terms", "root_formula"]

Values = Mapping[sympy.Symbol, Any]
_RELATIVE = 1e-7
#: Sums with the unknown that may stand in denominators.
_MOST_DENOMINATORS = 4
#: Terms of what is multiplied out on the way to a formula; a longer one nobody reads.
_MOST_TERMS = 2_000


@dataclass(frozen=True, slots=True)
class Formula(Frozen):
    """A root in closed form.

    Attributes:
        short: the formula, over the names in ``where``.
        where: what these stand for: the coefficients of a quadratic polynomial.
    """

    short: sympy.Expr
    where: Mapping[sympy.Symbol, sympy.Expr] = field(default_factory=dict)

    @property
    def expression(self) -> sympy.Expr:
        """The formula without names."""
        return self.short.xreplace(dict(self.where))


def closed_form_root(
    expression: sympy.Expr, unknown: sympy.Symbol, values_near_root: Values
) -> sympy.Expr | None:
    """The unknown in terms of the other symbols, where the expression is 0.

    >>> from edgesym.symbols import declared, symbol
    >>> S, b, target = symbol("context"), symbol("batch"), declared("target")
    >>> closed_form_root(3 * S * b + b - target, S, {S: 33, b: 1, target: 100})
    (-b + target)/(3*b)

    Returns:
        The expression of :func:`root_formula`, or None.
    """
    found = root_formula(expression, unknown, values_near_root)
    return None if found is None else found.expression


def root_formula(
    expression: sympy.Expr, unknown: sympy.Symbol, values_near_root: Values
) -> Formula | None:
    """The root in closed form, the coefficients of a quadratic polynomial named.

    On the branch of maxima and roundings that holds near the root, multiplied by what the
    unknown stands in below a fraction line, the expression is a polynomial in the unknown.
    Of one of degree 1 or 2 the root is a formula; of another there is none.

    >>> from edgesym.symbols import declared, symbol
    >>> S, area = symbol("context"), declared("area")
    >>> root_formula(S**2 + S - area, S, {S: 3, area: 12}).short
    (-a_1 + sqrt(-4*a_0*a_2 + a_1**2))/(2*a_2)

    Args:
        values_near_root: a number for each symbol; the unknown's close to the root, on its
            branch.

    Returns:
        A formula whose value there is the unknown's, or None.
    """
    here = branch_at(expression, values_near_root)
    powers = _polynomial(here, unknown) if terms_at_most(here) <= _MOST_TERMS else None
    for formula in _formulas(powers, values_near_root) if powers else ():
        try:
            value = evaluate(formula.expression, values_near_root)
        except (ArithmeticError, EdgesymError):  # a root without a value here is none
            continue
        near = float(values_near_root[unknown])
        if not isinstance(value, complex) and isclose(value, near, rel_tol=_RELATIVE):
            return formula
    return None


def constant_terms(expression: sympy.Expr, unknown: sympy.Symbol, values: Values) -> sympy.Expr:
    """The terms of an expression without an unknown, on the branch that holds at a point.

    >>> from edgesym.symbols import symbol
    >>> S, H = symbol("context"), symbol("hidden")
    >>> constant_terms(sympy.Max(4 * S * H + H**2, 7), S, {S: 2, H: 8})
    H**2
    """
    here = branch_at(expression, values)
    if terms_at_most(here) > _MOST_TERMS:
        return sympy.S.Zero
    expanded = sympy.expand(here)
    constant, _ = expanded.as_independent(unknown, as_Add=True)
    return _tidied(constant)


def _polynomial(expression: sympy.Expr, unknown: sympy.Symbol) -> list[sympy.Expr] | None:
    """Coefficients from the lowest power up, after the denominators are multiplied away."""
    cleared = _without_denominators(expression, unknown)
    found: dict[int, list[sympy.Expr]] = {}
    for term in sympy.Add.make_args(cleared):
        coefficient, rest = term.as_independent(unknown, as_Add=False)
        base, power = rest.as_base_exp()
        if rest != 1 and not (base == unknown and power.is_Integer):
            return None
        found.setdefault(0 if rest == 1 else int(power), []).append(coefficient)
    totals = {power: sympy.Add(*terms) for power, terms in found.items()}
    present = [power for power, total in totals.items() if total != 0]
    if not present or max(present) - min(present) > 2:
        return None
    return _primitive([totals.get(p, sympy.S.Zero) for p in range(min(present), max(present) + 1)])


def _primitive(coefficients: list[sympy.Expr]) -> list[sympy.Expr]:
    """Coefficients over what all their terms have in common; nothing is left below a line."""
    terms = [t.as_powers_dict() for c in coefficients for t in sympy.Add.make_args(c) if t != 0]
    bases = {base for term in terms for base in term if base.free_symbols}
    common = sympy.Mul(*(base ** min(term.get(base, 0) for term in terms) for base in bases))
    return [sympy.expand(coefficient / common) for coefficient in coefficients]


def _without_denominators(expression: sympy.Expr, unknown: sympy.Symbol) -> sympy.Expr:
    """The expression as a sum of products, times the sums with the unknown that divide it."""
    expanded = sympy.expand(expression)
    for _ in range(_MOST_DENOMINATORS):
        below = {
            power.base: power.exp
            for power in expanded.atoms(sympy.Pow)
            if power.exp.is_negative and power.base.is_Add and unknown in power.base.free_symbols
        }
        if not below:
            break
        base = max(below, key=sympy.count_ops)
        factor = base ** -below[base]
        if len(sympy.Add.make_args(expanded)) * terms_at_most(factor) > _MOST_TERMS:
            break  # with a denominator left there is no formula
        expanded = sympy.expand(
            sympy.Add(*(term * factor for term in sympy.Add.make_args(expanded)))
        )
    return expanded


def _formulas(coefficients: list[sympy.Expr], values: Values) -> list[Formula]:
    """The roots of a polynomial of degree 1 or 2, with a positive denominator."""
    if len(coefficients) < 2:
        return []
    if evaluate(coefficients[-1], values) < 0:
        coefficients = [-c for c in coefficients]
    if len(coefficients) == 2:
        constant, slope = coefficients
        above, below = _tidied(-constant), _tidied(slope)
        if below.is_Number and above.is_Add:
            return [Formula(sympy.Mul(1 / below, above, evaluate=below == 1))]
        return [Formula(above / below)]
    constant, slope, curve = (_tidied(c) for c in coefficients)
    if slope == 0:
        return [Formula(sympy.sqrt(-constant / curve))]
    a_0, a_1, a_2 = names = tuple(declared(f"a_{power}") for power in range(3))
    where = dict(zip(names, (constant, slope, curve), strict=True))
    root = sympy.sqrt(a_1**2 - 4 * a_2 * a_0)
    return [Formula((sign * root - a_1) / (2 * a_2), where) for sign in (1, -1)]


def _tidied(expression: sympy.Expr) -> sympy.Expr:
    """A sum of products as a person would write it.

    One bracket per denominator; what a symbol from outside the table is in stands apart.
    """
    strange = {s: sympy.Dummy(positive=True) for s in expression.free_symbols if not in_table(s)}
    outside = set(strange.values())
    groups: dict[tuple[sympy.Expr, bool], list[sympy.Expr]] = {}
    for term in sympy.Add.make_args(expression.xreplace(strange)):
        above, below = sympy.fraction(term)
        groups.setdefault((below, bool(outside & above.free_symbols)), []).append(above)
    parts = [_signed(tidy(sympy.Add(*above))) / below for (below, _), above in groups.items()]
    whole = sympy.factor_terms(sympy.Add(*parts), sign=False)
    return whole.xreplace({dummy: s for s, dummy in strange.items()})


def _signed(expression: sympy.Expr) -> sympy.Expr:
    """A sum that -1 was put in front of, with the sign back in its terms."""
    match expression.args:
        case (sympy.S.NegativeOne, sympy.Add() as total) if expression.is_Mul:
            return sympy.Add(*(-term for term in total.args))
    return expression
