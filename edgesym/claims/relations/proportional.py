r"""Proportions: equal up to a factor that is free of the claim's own symbols, and given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import sympy

from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.claims.approximate import left_out
from edgesym.claims.assumptions import Assumption
from edgesym.claims.both_sides import MOST_TERMS, BothSides
from edgesym.claims.departures import value_at
from edgesym.claims.derive import total
from edgesym.claims.equality import equality
from edgesym.claims.reference import measured_at, models_for
from edgesym.claims.relations.facts import bases, letters_of
from edgesym.claims.verdict import Verdict
from edgesym.symbols import describe

__all__ = ["proportional", "similar"]

_TWICE = 2


def proportional(case: BothSides, *, search: bool = True) -> Verdict:
    """Whether the quantity is the claim's side times a factor without any of its symbols.

    Where it is so but for terms whose share vanishes, it is an approximation. The factor is in
    the letters of the author; symbols of ours without a letter keep their own.
    """
    tried = bases(case, ["batch = 1"]) if search else [case.stated]
    for basis in tried:
        factor = _factor(case.theirs(basis), total(case.parts(basis)))
        if factor is not None:
            return _made(case, "proportional", basis, factor)
    for basis in tried:
        theirs, ours = case.theirs(basis), total(case.parts(basis))
        factor = _leading_factor(theirs, ours)
        if factor is None:
            continue
        scaled = replace(case.equation, bound=case.equation.bound * factor)
        dropped = left_out(replace(case, equation=scaled), basis)
        if dropped is not None and set(dropped.proof.growing) <= theirs.free_symbols:
            return _made(case, "approximation", basis, factor, (dropped.words,))
    return _wrong(case, tried[-1])


def similar(case: BothSides, *, search: bool = True) -> Verdict:
    r"""What ``\sim`` says: equal, or near; without a number in front, equal up to one.

    ``M \sim L S H`` lets the number be, ``M \sim 4 L S H`` does not.
    """
    found = equality(case, search=search)
    if found.verdict not in ("wrong", "unproven"):
        return found
    numbers = {abs(a) for a in monomials(case.equation.printed).values()}
    if terms_at_most(case.equation.printed) > MOST_TERMS or numbers != {1}:
        return found
    other = proportional(case, search=search)
    plain = other.factor is not None and not other.factor.free_symbols
    return other if plain and other.verdict != "wrong" else found


def _factor(theirs: sympy.Expr, ours: sympy.Expr) -> sympy.Expr | None:
    """Ours over theirs, if none of the symbols of theirs is left in it."""
    if max(terms_at_most(theirs), terms_at_most(ours)) > MOST_TERMS or theirs == 0 or ours == 0:
        return None
    ratio = sympy.cancel(ours / theirs)
    if ratio.free_symbols & theirs.free_symbols:
        ratio = sympy.cancel(sympy.expand(ours) / sympy.expand(theirs))
    return None if ratio.free_symbols & theirs.free_symbols else sympy.factor_terms(ratio)


def _leading_factor(theirs: sympy.Expr, ours: sympy.Expr) -> sympy.Expr | None:
    """What the terms of ours that have exactly the powers of theirs are times it."""
    if max(terms_at_most(theirs), terms_at_most(ours)) > MOST_TERMS:
        return None
    given = monomials(theirs)
    if len(given) != 1:
        return None
    ((monomial, amount),) = given.items()
    shares = ((a * m / (amount * monomial)) for m, a in monomials(ours).items())
    kept = [share for share in shares if not share.free_symbols & theirs.free_symbols]
    return sympy.Add(*kept) if kept else None


def _made(
    case: BothSides,
    name: str,
    basis: tuple[Assumption, ...],
    factor: sympy.Expr | None,
    said: tuple[str, ...] = (),
) -> Verdict:
    own = None if factor is None else factor.xreplace(letters_of(case))
    first = () if own is None else (f"the factor is {own}",)
    if own is not None and factor is not None and factor.free_symbols:
        words = sorted({describe(s).word.replace("_", " ") for s in factor.free_symbols})
        first = (f"the factor is {own}, of {', '.join(words)}",)
    return Verdict(
        case.claim,
        name,
        (*first, *said),
        theirs=case.theirs(basis),
        ours=total(case.parts(basis)),
        printed=case.equation.printed,
        factor=own,
        assumptions=tuple(a.name for a in basis),
        found=tuple(a.name for a in basis if a not in case.stated),
    )


def _wrong(case: BothSides, basis: tuple[Assumption, ...]) -> Verdict:
    """Refuted by what doubling a symbol does at a real model."""
    theirs, ours = case.theirs(basis), total(case.parts(basis))
    needed = theirs.free_symbols | ours.free_symbols
    said: list[str] = []
    for model in models_for(ours):
        for device, values in measured_at(model, needed).items():
            if not said and needed <= values.keys():
                said = _doubled(case, theirs, ours, values)
                where = f"{model} on {device}" if device else model
                said = [f"{text} ({where})" for text in said]
    name = "wrong" if said else "unproven"
    return _made(case, name, basis, None, tuple(said) or ("neither proved nor refuted",))


def _doubled(
    case: BothSides,
    theirs: sympy.Expr,
    ours: sympy.Expr,
    values: Mapping[sympy.Symbol, int | float | Fraction],
) -> list[str]:
    said = []
    letters = letters_of(case)
    for s in sorted(theirs.free_symbols, key=str):
        more = {**values, s: _TWICE * values[s]}
        pairs = [(value_at(side, values), value_at(side, more)) for side in (theirs, ours)]
        grown = [float(b / a) for a, b in pairs if a and b is not None]
        if len(grown) == len(pairs) and abs(grown[0] - grown[1]) > 1e-9 * abs(grown[0]):
            said.append(
                f"when {letters.get(s, s)} doubles, the claim grows {grown[0]:.4g} times, "
                f"the quantity {grown[1]:.4g} times"
            )
    return said
