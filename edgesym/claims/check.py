"""The check of a claim: proof, assumptions, and otherwise what is off."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import sympy

from edgesym.catalogue import REGISTRY
from edgesym.claims.assumptions import assume
from edgesym.claims.both_sides import BothSides
from edgesym.claims.claim import Claim
from edgesym.claims.derive import derive, names_of, total
from edgesym.claims.equality import equality
from edgesym.claims.equation import read_claim
from edgesym.claims.numbers import Number, compare_number
from edgesym.claims.verdict import Verdict
from edgesym.errors import ConfigError, ExpressionError

__all__ = ["check"]


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
    equation = read_claim(claim)
    case = BothSides(claim, equation, stated)
    why = _incomparable(case)
    if why:
        return Verdict(claim, "not comparable", (why,), theirs=equation.bound)
    if not case.theirs(stated).free_symbols and total(case.parts(stated)).free_symbols:
        return _of_numbers(case)
    return _with_numbers(_related(case, search=search), case)


def _related(case: BothSides, *, search: bool) -> Verdict:
    """How the two sides are related, as the claim says they are."""
    return equality(case, search=search)


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
    except ExpressionError as error:
        return f"no graph gives the quantity: {error}"
    whole = case.equation.bound
    if whole.has(sympy.zoo, sympy.oo, sympy.nan):
        return "the equation divides by zero"
    return ""


def _of_numbers(case: BothSides) -> Verdict:
    """A claim that is but a number: right if the model it is printed for has it."""
    base = Verdict(case.claim, "not comparable", theirs=case.equation.bound)
    if not case.claim.numbers:
        why = "it is one number: name the model and the values it is printed for under numbers"
        return replace(base, reasons=(why,))
    found = _with_numbers(replace(base, ours=total(case.parts(case.stated))), case)
    agreed = all(number.agrees for number in found.numbers)
    said = ("the graph gives it to the last printed digit",) if agreed else found.reasons
    return replace(found, verdict="exact" if agreed else "wrong", reasons=said)


def _with_numbers(verdict: Verdict, case: BothSides) -> Verdict:
    """The verdict with the printed numbers compared."""
    claim = case.claim
    if not claim.numbers:
        return verdict
    names = names_of(claim.quantity)
    unit = REGISTRY[claim.quantity].unit if claim.quantity in REGISTRY else "1"
    kept = tuple(a for a in case.stated if a.grade != "structure")

    def ours(model: str) -> sympy.Expr:
        return total(derive(replace(claim.subject, model=model), kept)) if names else verdict.ours

    numbers: tuple[Number, ...] = tuple(
        compare_number(row, unit, case.theirs(kept), ours) for row in claim.numbers
    )
    off = [n for n in numbers if not n.agrees]
    said = tuple(f"{n.printed} printed for {n.model}: the graph gives {n.ours}" for n in off)
    return replace(verdict, numbers=numbers, reasons=(*verdict.reasons, *said))
