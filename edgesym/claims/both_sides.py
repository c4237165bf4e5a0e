"""A claim with both sides at hand, and the assumptions that bring it nearest to ours."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.algebra.prove import prove_equal
from edgesym.claims.assumptions import Assumption, vocabulary
from edgesym.claims.claim import Claim
from edgesym.claims.derive import Part, derivations, derive, total
from edgesym.claims.dimensions import forced
from edgesym.claims.equation import Equation
from edgesym.errors import EdgesymError, ExpressionError, UnknownNameError

__all__ = ["MOST_TERMS", "BothSides", "asked", "nearest"]

#: Longer sums of monomials are not taken apart.
MOST_TERMS = 2_000


@dataclass(frozen=True, slots=True)
class BothSides:
    """A claim with both sides at hand.

    Attributes:
        claim: the claim.
        equation: its equation, read.
        stated: what it assumes.
        extra: terms of its own that are left out of the comparison.
    """

    claim: Claim
    equation: Equation
    stated: tuple[Assumption, ...]
    extra: sympy.Expr = sympy.S.Zero

    def theirs(self, assumptions: tuple[Assumption, ...]) -> sympy.Expr:
        """The claim's side."""
        return self.equation.under(self.claim.subject, assumptions) - self.extra

    def parts(self, assumptions: tuple[Assumption, ...]) -> tuple[Part, ...]:
        """Our side, part by part."""
        return derive(self.claim.subject, assumptions)

    def holds(self, assumptions: tuple[Assumption, ...]) -> bool:
        """Whether the two are proved equal; not, where the decoder lacks the part or optimum."""
        try:
            return bool(prove_equal(self.theirs(assumptions), total(self.parts(assumptions))))
        except (UnknownNameError, ExpressionError):  # a decoder without the part has no equal
            return False


def nearest(case: BothSides) -> tuple[Assumption, ...]:
    """The stated assumptions, those its letters ask for, and those that bring it much nearer.

    Of the latter as many are tried as the length of ours allows.
    """
    basis = asked(case)
    best = _gap(case, basis)
    tries = derivations(total(case.parts(case.stated)))
    for assumption in [a for a in vocabulary().values() if _is_near(a)][:tries]:
        if any(assumption.contradicts(a) for a in basis):
            continue
        found = _gap(case, (*basis, assumption))
        if found < best - (0 if assumption.grade == "structure" else 1):
            basis, best = (*basis, assumption), found
    return basis


def _is_near(assumption: Assumption) -> bool:
    """Whether it is of another model or scope, and changes more than a symbol."""
    near = assumption.grade in ("structure", "scope") and assumption.search
    return near and not assumption.substitutes


def asked(case: BothSides) -> tuple[Assumption, ...]:
    """The stated assumptions, and the substitutions that the letters of the claim ask for."""
    basis = case.stated
    for name in forced(case.theirs(basis), total(case.parts(basis))):
        assumption = vocabulary()[name]
        if not any(assumption.contradicts(a) for a in basis):
            basis = (*basis, assumption)
            usual = [vocabulary()[n] for n in assumption.needs[:1]]
            known = {a.name for a in basis}
            if usual and not known & set(assumption.needs):
                basis += tuple(u for u in usual if not any(u.contradicts(a) for a in basis))
    return basis


def _gap(case: BothSides, basis: tuple[Assumption, ...]) -> int:
    """How many terms differ."""
    try:
        difference = case.theirs(basis) - total(case.parts(basis))
    except EdgesymError:  # no basis is further off
        return MOST_TERMS
    if terms_at_most(difference) > MOST_TERMS:
        return MOST_TERMS
    return len(monomials(difference))
