"""The check of a claim: proof, assumptions, and otherwise what is off."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import sympy

from edgesym.claims.assumptions import Assumption, assume
from edgesym.claims.both_sides import BothSides
from edgesym.claims.claim import Claim
from edgesym.claims.derive import names_of, total
from edgesym.claims.equation import read_claim
from edgesym.claims.figures import given_quantities, of_numbers, sums_held, with_numbers
from edgesym.claims.relations import related
from edgesym.claims.relations.said import joined, said_by
from edgesym.claims.verdict import Verdict
from edgesym.domain import checked
from edgesym.errors import ConfigError, ExpressionError
from edgesym.notation.vocabulary import ORDERS

__all__ = ["check"]


@checked
def check(claim: Claim, *, search: bool = True) -> Verdict:
    """The verdict on a claim.

    Args:
        claim: the equation and what it speaks of.
        search: whether to look for assumptions where it does not hold as stated.

    >>> from edgesym.claims.claim import Claim
    >>> names = {"L": "layers", "H": "hidden", "I": "intermediate"}
    >>> text = "L*(4*H**2 + 2*H*I)"
    >>> claim = Claim(text, "parameters", names, "plain", part="attention + feed_forward")
    >>> check(claim).found[:2]
    ('kv_heads = heads', 'head_dim = hidden/heads')

    Raises:
        EdgesymError: the claim cannot be read, or its assumptions cannot hold together.
    """
    stated = tuple(dict.fromkeys(assume(text) for text in claim.assumptions))
    for one, other in combinations(stated, 2):
        if one.contradicts(other):
            raise ConfigError(
                f"{claim.label}: {one.name!r} and {other.name!r} cannot both be assumed; keep one"
            )
    said = said_by(claim)
    found = [_judged(replace(claim, text=s.text, relation=s.kind), stated, search) for s in said]
    verdict = joined(claim, found)
    if verdict.verdict == "not comparable":
        return verdict
    return sums_held(verdict)


def _judged(claim: Claim, stated: tuple[Assumption, ...], search: bool) -> Verdict:
    """The verdict on one statement of a claim."""
    equation = read_claim(claim)
    case = BothSides(claim, equation, stated)
    kind = claim.relation
    why = _incomparable(case)
    if why:
        return Verdict(claim, "not comparable", (why,), theirs=equation.bound, relation=kind)
    given = given_quantities(case)
    bare = not case.equation.under(claim.subject, stated, given).free_symbols
    if bare and kind not in ORDERS and kind != "propto" and total(case.parts(stated)).free_symbols:
        return of_numbers(case)
    verdict = replace(related(case, kind, search=search), relation=kind)
    return with_numbers(verdict, case)


def _incomparable(case: BothSides) -> str:
    """Why a claim cannot be compared; empty if it can."""
    claim, unknown = case.claim, case.equation.unknown
    if claim.definition:
        return "it defines a quantity: no graph can contradict it, only what is put into it"
    if unknown:
        names = ", ".join(unknown)
        return f"no graph speaks of {names}: nothing in edgesym is called so"
    try:
        names_of(claim.quantity)
    except ExpressionError as error:  # the verdict tells it
        return f"no graph gives the quantity: {error}"
    whole = case.equation.bound
    if whole.has(sympy.zoo, sympy.oo, sympy.nan):
        return "the equation divides by zero"
    return ""
