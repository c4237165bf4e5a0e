r"""Proportions: equal up to a factor that is free of the claim's own symbols, and given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import sympy

from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.algebra.vanish import vanishing
from edgesym.claims.assumptions import Assumption
from edgesym.claims.both_sides import MOST_TERMS, BothSides
from edgesym.claims.departures import value_at
from edgesym.claims.derive import total
from edgesym.claims.equality import equality
from edgesym.claims.reference import measured_at
from edgesym.claims.relations.facts import bases, letters_of, tied
from edgesym.claims.sizes import models_with
from edgesym.claims.verdict import Verdict
from edgesym.symbols import describe

__all__ = ["proportional", "similar"]

_TWICE = 2
#: Relative differences that floating point leaves.
_NOISE = 1e-9
#: Factors that are tried, and symbols whose doubling is told.
_MOST_FACTORS, _MOST_TOLD = 2, 3


def proportional(case: BothSides, *, search: bool = True) -> Verdict:
    """Whether the quantity is the claim's side times a factor without any of its symbols.

    Where it is so but for terms whose share vanishes, it is an approximation. The factor is in
    the letters of the author; symbols of ours without a letter keep their own.
    """
    tried = [case.stated]
    if search:
        ties = tied(case)
        tried = [basis for basis in (ties, *bases(case, ["batch = 1"])) if set(ties) <= set(basis)]
    for basis in tried:
        factor = _factor(case.theirs(basis), total(case.parts(basis)))
        if factor is not None:
            return _made(case, "proportional", basis, factor)
    for basis in tried:
        for factor in _factors(case.theirs(basis), total(case.parts(basis))):
            found = _scaled(case, factor, search)
            if found is not None:
                return found
    return _wrong(case, tried[-1])


def similar(case: BothSides, *, search: bool = True) -> Verdict:
    r"""What ``\sim`` says: equal, or near; without a number in front, equal up to a factor.

    ``M \sim L S H`` lets the factor be, as a scaling does; ``M \sim 4 L S H`` does not.
    """
    found = equality(case, search=search)
    if found.verdict not in ("wrong", "unproven"):
        return found
    if terms_at_most(case.equation.printed) > MOST_TERMS:
        return found
    if {abs(a) for a in monomials(case.equation.printed).values()} != {1}:
        return found
    other = proportional(case, search=search)
    return found if other.factor is None else other


def _factor(theirs: sympy.Expr, ours: sympy.Expr) -> sympy.Expr | None:
    """Ours over theirs, if none of the symbols of theirs is left in it."""
    if max(terms_at_most(theirs), terms_at_most(ours)) > MOST_TERMS or theirs == 0 or ours == 0:
        return None
    ratio = sympy.cancel(ours / theirs)
    if ratio.free_symbols & theirs.free_symbols:
        ratio = sympy.cancel(sympy.expand(ours) / sympy.expand(theirs))
    return None if ratio.free_symbols & theirs.free_symbols else sympy.factor_terms(ratio)


def _factors(theirs: sympy.Expr, ours: sympy.Expr) -> list[sympy.Expr]:
    """What terms of ours are times terms of theirs, free of its symbols; frequent ones first."""
    if terms_at_most(theirs) * terms_at_most(ours) > MOST_TERMS:
        return []
    seen: Counter[sympy.Expr] = Counter()
    for monomial, amount in monomials(theirs).items():
        for other, wanted in monomials(ours).items():
            ratio = wanted * other / (amount * monomial)
            if not ratio.free_symbols & theirs.free_symbols:
                seen[ratio] += 1
    return [ratio for ratio, _ in seen.most_common(_MOST_FACTORS)]


def _scaled(case: BothSides, factor: sympy.Expr, search: bool) -> Verdict | None:
    """The verdict where the claim is meant times a factor, if it is then right or near."""
    whole = case.equation
    scaled = replace(whole, printed=whole.printed * factor, bound=whole.bound * factor)
    found = equality(replace(case, equation=scaled), search=search)
    if found.verdict not in ("exact", "exact under assumptions", "approximation"):
        return None
    if found.verdict == "approximation" and not _fades(found, case.theirs(case.stated)):
        return None
    own, said = _told(case, factor)
    name = "approximation" if found.verdict == "approximation" else "proportional"
    theirs = None if found.theirs is None else found.theirs / factor
    made = replace(found, verdict=name, factor=own, reasons=(said, *found.reasons))
    return replace(made, theirs=theirs, printed=whole.printed)


def _fades(found: Verdict, theirs: sympy.Expr) -> bool:
    """Whether what is left out vanishes as symbols of the claim grow: it grows as it says."""
    if found.ours is None or found.difference is None:
        return False
    growing = sorted(theirs.free_symbols & found.ours.free_symbols, key=str)
    return vanishing(found.difference, found.ours, growing) is not None


def _told(case: BothSides, factor: sympy.Expr) -> tuple[sympy.Expr, str]:
    """The factor in the letters of the author, and a sentence on it."""
    own = factor.xreplace(letters_of(case))
    words = ", ".join(sorted(describe(s).word.replace("_", " ") for s in factor.free_symbols))
    return own, f"the factor is {own}{', of ' if words else ''}{words}"


def _made(
    case: BothSides,
    name: str,
    basis: tuple[Assumption, ...],
    factor: sympy.Expr | None,
    said: tuple[str, ...] = (),
) -> Verdict:
    own, first = (None, "") if factor is None else _told(case, factor)
    return Verdict(
        case.claim,
        name,
        tuple(filter(None, (first, *said))),
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
    for model in models_with(needed):
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
    told: dict[str, float] = {}
    letters = letters_of(case)
    for s in sorted(theirs.free_symbols, key=str):
        more = {**values, s: _TWICE * values[s]}
        pairs = [(value_at(side, values), value_at(side, more)) for side in (theirs, ours)]
        grown = [float(b / a) for a, b in pairs if a and b is not None]
        if len(grown) == len(pairs) and abs(grown[0] - grown[1]) > _NOISE * abs(grown[0]):
            said = (
                f"when {letters.get(s, s)} doubles, the claim grows {grown[0]:.4g} times, "
                f"the quantity {grown[1]:.4g} times"
            )
            told[said] = abs(grown[0] - grown[1])
    return sorted(told, key=lambda said: -told[said])[:_MOST_TOLD]
