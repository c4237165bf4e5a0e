"""What is said of a claim that does not hold: units, terms, sizes, repair."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import sympy

from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.claims.assumptions import Assumption
from edgesym.claims.attribute import Term, attribute
from edgesym.claims.both_sides import MOST_TERMS, BothSides, nearest
from edgesym.claims.derive import total
from edgesym.claims.dimensions import compare_degrees, compare_units
from edgesym.claims.reference import models_for
from edgesym.claims.repair import Repair, find_repair
from edgesym.claims.sizes import relative_sizes, scaled_error, thresholds
from edgesym.claims.verdict import Verdict

__all__ = ["NEAR", "departed", "different", "repaired", "units_first", "verdict_under"]

#: An error below it is small.
NEAR = 0.01
_WIDE = 1000
_LARGE = 0.5


def departed(case: BothSides, departs: list[Assumption], basis: tuple[Assumption, ...]) -> str:
    """What a claim is that is exact only with something left out, halved, or read otherwise."""
    grades = {a.grade for a in departs}
    if "reading" in grades:
        return "wrong"
    if grades == {"half"}:
        return "approximation"
    ours = total(case.parts(basis))
    return "approximation" if _vanishes(case.theirs(basis) - ours, ours) else "wrong"


def _vanishes(difference: sympy.Expr, ours: sympy.Expr) -> bool:
    """Whether the error goes to nothing as a model widens, and is no half on real ones."""
    if max(terms_at_most(difference), terms_at_most(ours)) > MOST_TERMS:
        return False
    sizes = relative_sizes(difference, ours)
    if not sizes or max(abs(size) for size in sizes.values()) > _LARGE:
        return False
    wide = scaled_error(difference, ours, ("hidden", "intermediate", "head_dim"))(Fraction(_WIDE))
    return wide < NEAR


def different(case: BothSides) -> Verdict:
    """A claim that no set of assumptions makes exact: what is off, term by term."""
    basis = nearest(case)
    base = verdict_under(case, "wrong", basis)
    theirs, ours = base.theirs, base.ours
    said = [*base.reasons, *units_first(case, basis), *_factor(theirs, ours)]
    drops = base.difference is not None and _is_dropping(base.terms)
    if drops and _vanishes(base.difference, ours):
        base = replace(base, verdict="approximation")
    said += [f"{_signed(term)}: {term.words}" for term in base.terms[:8]]
    added = tuple(a.name for a in basis if a not in case.stated)
    return replace(base, reasons=tuple(said), repair=repaired(case, basis), found=added)


def _is_dropping(terms: tuple[Term, ...]) -> bool:
    """Whether all that differs is left out, or is there besides."""
    return bool(terms) and all(
        term.ours == 0 or all(d.count == 0 for d in term.departures) for term in terms
    )


def units_first(case: BothSides, basis: tuple[Assumption, ...]) -> list[str]:
    """Units and degrees that do not fit; what is left out as a whole is a matter of terms."""
    theirs, ours = case.theirs(basis), total(case.parts(basis))
    units = compare_units(theirs, ours)
    if max(terms_at_most(theirs), terms_at_most(ours)) > MOST_TERMS:
        return units
    terms = attribute(theirs, case.parts(basis))
    left = {m: a for m, a in monomials(ours).items() if not _is_missing(m, terms)}
    return [*units, *compare_degrees(theirs, sympy.Add(*(a * m for m, a in left.items())) or ours)]


def _is_missing(monomial: sympy.Expr, terms: tuple[Term, ...]) -> bool:
    return any(term.monomial == monomial and term.theirs == 0 for term in terms)


def _factor(theirs: sympy.Expr | None, ours: sympy.Expr | None) -> list[str]:
    """One sentence where the two sides differ by a factor."""
    if theirs is None or ours is None or theirs == 0 or ours == 0:
        return []
    if max(terms_at_most(theirs), terms_at_most(ours)) > 60:
        return []
    ratio = sympy.cancel(theirs / ours)
    above, below = sympy.fraction(ratio)
    if above.is_Add or below.is_Add:
        return []
    return [f"the claim is {ratio} times what the graph gives"]


def _signed(term: Term) -> str:
    text = str(term.expression)
    return text if text.startswith("-") else f"+{text}"


def verdict_under(case: BothSides, name: str, basis: tuple[Assumption, ...]) -> Verdict:
    """Both sides under a set of assumptions, with the terms and sizes of their difference."""
    theirs, parts = case.theirs(basis), case.parts(basis)
    ours = sympy.expand(total(parts)) if len(parts) < MOST_TERMS else total(parts)
    made = Verdict(case.claim, name, theirs=theirs, ours=ours)
    made = replace(made, assumptions=tuple(a.name for a in basis))
    if name.startswith("exact"):
        return replace(made, difference=sympy.S.Zero, relative=dict.fromkeys(models_for(ours), 0.0))
    if max(terms_at_most(theirs), terms_at_most(ours)) > MOST_TERMS:
        return replace(made, reasons=("not equal, and too long to be taken apart term by term",))
    difference = sympy.expand(theirs - ours)
    return replace(
        made,
        difference=difference,
        terms=attribute(theirs, parts),
        relative=relative_sizes(difference, ours),
        thresholds=thresholds(difference, ours),
    )


def repaired(case: BothSides, basis: tuple[Assumption, ...]) -> Repair | None:
    """The one printed number that would make the claim exact."""
    ours = total(case.parts(basis))
    if terms_at_most(ours) > MOST_TERMS or terms_at_most(case.theirs(basis)) > MOST_TERMS:
        return None

    def bound(printed: sympy.Expr) -> sympy.Expr:
        return case.equation.rebound(printed).under(case.claim.subject, basis)

    return find_repair(case.equation.printed, bound, ours)
