"""How the two sides of a claim are related: equal, equal under assumptions, near, or neither."""

from __future__ import annotations

from dataclasses import replace

import sympy

from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.claims.assumptions import assume
from edgesym.claims.both_sides import MOST_TERMS, BothSides, asked
from edgesym.claims.departures import (
    NEAR,
    departed,
    different,
    repaired,
    units_first,
    verdict_under,
)
from edgesym.claims.derive import total
from edgesym.claims.search import find_assumptions
from edgesym.claims.sizes import relative_sizes
from edgesym.claims.verdict import Verdict

__all__ = ["equality"]

#: Grades of found assumptions that leave a claim exact under them.
_INNOCENT = ("structure", "convention", "scope")


def equality(case: BothSides, *, search: bool = True) -> Verdict:
    """The verdict on a claim whose sides are said to be equal."""
    verdict = _exact(case)
    if verdict is None and search:
        verdict = _searched(case) or _beside(case)
    return verdict or different(case)


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
    found = find_assumptions(
        case.claim.subject, case.stated, case.theirs, case.equation.letters, case.equation
    ).found
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
