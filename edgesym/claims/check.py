"""The check of a claim: proof, assumptions, and otherwise what is off."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import sympy

from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.catalogue import REGISTRY
from edgesym.claims.assumptions import assume
from edgesym.claims.both_sides import MOST_TERMS, BothSides, asked
from edgesym.claims.claim import Claim
from edgesym.claims.departures import (
    NEAR,
    departed,
    different,
    repaired,
    units_first,
    verdict_under,
)
from edgesym.claims.derive import derive, names_of, total
from edgesym.claims.equation import read_claim
from edgesym.claims.numbers import Number, compare_number
from edgesym.claims.search import find_assumptions
from edgesym.claims.sizes import relative_sizes
from edgesym.claims.verdict import Verdict
from edgesym.errors import ConfigError, ExpressionError

__all__ = ["check"]

#: Grades of found assumptions that leave a claim exact under them.
_INNOCENT = ("structure", "convention", "scope")


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
    verdict = _exact(case)
    if verdict is None and search:
        verdict = _searched(case) or _beside(case)
    return _with_numbers(verdict or different(case), case)


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


def _exact(case: BothSides) -> Verdict | None:
    """Exact, without or with the stated assumptions; of these, only those that are needed."""
    if not case.holds(case.stated):
        return None
    if not case.stated or case.holds(()):
        made = verdict_under(case, "exact", ())
        return replace(made, unused=tuple(a.name for a in case.stated))
    needed = case.stated
    for assumption in case.stated:
        fewer = tuple(a for a in needed if a is not assumption)
        if case.holds(fewer):
            needed = fewer
    unused = tuple(a.name for a in case.stated if a not in needed)
    said = (f"exact if {_and([a.text or a.name for a in needed])}",)
    return replace(
        verdict_under(case, "exact under assumptions", needed), reasons=said, unused=unused
    )


def _searched(case: BothSides) -> Verdict | None:
    """The smallest set of further assumptions that makes it exact, and what that says of it."""
    found = find_assumptions(case.claim.subject, case.stated, case.theirs, case.equation.letters)
    if not found:
        return None
    best = found[0]
    everything = case.stated + best.added
    needed = everything
    for assumption in case.stated:
        fewer = tuple(a for a in needed if a is not assumption)
        if case.holds(fewer):
            needed = fewer
    departs = [a for a in best.added if a.grade not in _INNOCENT]
    said = [f"exact if {_and([a.text or a.name for a in best.added])}"]
    if not departs:
        name, basis = "exact under assumptions", everything
    else:
        basis = tuple(a for a in everything if a not in departs)
        name = departed(case, departs, basis)
        said += units_first(case, basis)
    base = verdict_under(case, name, basis)
    if name != "exact under assumptions":
        base = replace(base, repair=repaired(case, basis))
    return replace(
        base,
        reasons=tuple(said if name != "wrong" else [*said[1:], said[0]]),
        assumptions=tuple(a.name for a in needed),
        found=tuple(a.name for a in best.added),
        alternatives=tuple(tuple(a.name for a in f.added) for f in found[1:4]),
        unused=tuple(a.name for a in case.stated if a not in needed),
    )


def _beside(case: BothSides) -> Verdict | None:
    """A claim that is exact but for element-wise work that it counts in its own way.

    That is: terms of a kind that no contraction has, of less than 1 % on every real model.
    """
    if terms_at_most(case.theirs(case.stated)) > MOST_TERMS:
        return None
    basis = asked(case)
    theirs, ours = case.theirs(basis), total(case.parts(basis))
    known = monomials(ours)
    own = {m: a for m, a in monomials(theirs).items() if m not in known}
    extra = sympy.Add(*(a * m for m, a in own.items()))
    sizes = relative_sizes(extra, theirs)
    if extra == 0 or not sizes or max(abs(size) for size in sizes.values()) > NEAR:
        return None
    peeled = replace(case, extra=extra)
    verdict = _exact(peeled) or _searched(peeled)
    if verdict is None or verdict.verdict == "wrong":
        return None
    allowed = any(a.name == "own elementwise" for a in case.stated)
    if not allowed and verdict.verdict in ("exact", "exact under assumptions"):
        base = verdict_under(case, "approximation", tuple(assume(n) for n in verdict.assumptions))
        found = (verdict.found, verdict.alternatives)
        verdict = replace(base, reasons=verdict.reasons, found=found[0], alternatives=found[1])
    what = "its own count of element-wise work" if allowed else "of which the graph has nothing"
    said = f"besides, {extra}, {what}: less than 1 % on real models"
    return replace(verdict, reasons=(*verdict.reasons, said), theirs=case.theirs(basis))


def _and(names: list[str]) -> str:
    return ", and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


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
