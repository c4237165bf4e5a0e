"""How the two sides of a claim are related: equal, equal under assumptions, near, or neither."""

from __future__ import annotations

from dataclasses import replace

import sympy

from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.algebra.vanish import vanishing
from edgesym.claims.approximate import growing, left_out, with_departures
from edgesym.claims.assumptions import Assumption, assume, vocabulary
from edgesym.claims.both_sides import MOST_TERMS, BothSides, asked, nearest
from edgesym.claims.departures import NEAR, different, units_first, verdict_under
from edgesym.claims.derive import names_of, total
from edgesym.claims.dimensions import compare_units
from edgesym.claims.grid import Grid
from edgesym.claims.plausible import absurd, innocent
from edgesym.claims.search import Found, Searched, find_assumptions, grid_of
from edgesym.claims.sizes import relative_sizes
from edgesym.claims.verdict import Verdict
from edgesym.errors import EdgesymError

__all__ = ["equality"]


def equality(case: BothSides, *, search: bool = True) -> Verdict:
    """The verdict on a claim whose sides are said to be equal."""
    verdict = _exact(case)
    if verdict is not None:
        return verdict
    if not search:
        return _approximation(case) or different(case)
    grid = _grid(case)
    searched = _search(case, grid)
    verdict = _searched(case, searched) or _beside(case, grid) or _approximation(case)
    return replace(verdict or different(case, grid, _absurd(case, searched)), cut=searched.cut)


def _grid(case: BothSides) -> Grid:
    equation = case.equation
    return grid_of(case.claim.subject, case.stated, case.theirs, equation.letters, equation)


def _search(case: BothSides, grid: Grid) -> Searched:
    subject, equation = case.claim.subject, case.equation
    named = equation if not case.extra else None
    return find_assumptions(subject, case.stated, case.theirs, equation.letters, named, grid)


def _exact(case: BothSides) -> Verdict | None:
    """Exact, without or with the stated assumptions; of these, only those that are needed."""
    if not case.holds(case.stated):
        return None
    if not case.stated or case.holds(()):
        made = verdict_under(case, "exact", ())
        return replace(made, unused=tuple(a.name for a in case.stated))
    needed = _needed(case, ())
    unused = tuple(a.name for a in case.stated if a not in needed)
    said = (f"exact if {listed([a.text or a.name for a in needed])}",)
    return replace(
        verdict_under(case, "exact under assumptions", needed), reasons=said, unused=unused
    )


def _needed(case: BothSides, added: tuple[Assumption, ...]) -> tuple[Assumption, ...]:
    """Those of the stated assumptions, and of others, without which it does not hold."""
    needed = case.stated + added
    for assumption in case.stated:
        fewer = tuple(a for a in needed if a is not assumption)
        if case.holds(fewer):
            needed = fewer
    return needed


def _searched(case: BothSides, searched: Searched) -> Verdict | None:
    """What the most plausible set of further assumptions that makes it exact says of it."""
    plausible = [f for f in searched.found if not absurd(f.added, case.stated)]
    if not plausible:
        return None
    best = _chosen(plausible)
    needed = _needed(case, best.added)
    departs = [a for a in best.added if not innocent(a)]
    basis = tuple(a for a in case.stated + best.added if a not in departs)
    said = [f"exact if {listed([a.text or a.name for a in best.added])}"]
    name = "exact under assumptions"
    if departs:
        dropped = with_departures(case, basis, departs)
        name = "approximation" if dropped else "wrong"
        said += [dropped.words(case.equation.lettered)] if dropped else []
        said += units_first(case, basis) if not dropped else []
    others = [f for f in searched.found if f is not best]
    made = replace(
        verdict_under(case, name, basis if departs else case.stated + best.added),
        reasons=tuple(said if name != "wrong" else [*said[1:], said[0]]),
        assumptions=tuple(a.name for a in needed),
        found=tuple(a.name for a in best.added),
        alternatives=tuple(_told(case, f) for f in others[:3]),
        unused=tuple(a.name for a in case.stated if a not in needed),
    )
    return made if name != "wrong" else different(case, None, (), made)


def _chosen(found: list[Found]) -> Found:
    """The most plausible set; of nearly equal ones, one that leaves the claim exact."""
    if all(innocent(a) or a.grade == "half" for a in found[0].added):
        return found[0]
    for other in found:
        if all(map(innocent, other.added)) and other.rank[1] <= found[0].rank[1] + 1:
            return other
    return found[0]


def _told(case: BothSides, found: Found) -> tuple[str, ...]:
    why = absurd(found.added, case.stated)
    return (*(a.name for a in found.added), *([f"(absurd: {why})"] if why else []))


def _absurd(case: BothSides, searched: Searched) -> tuple[str, ...]:
    """What is said of sets that nobody means."""
    return tuple(
        f"exact only if {listed([a.text or a.name for a in f.added])}, which is absurd "
        f"({absurd(f.added, case.stated)})"
        for f in searched.found[:1]
    )


def _approximation(case: BothSides) -> Verdict | None:
    """A claim that leaves out whole terms of ours that vanish."""
    bases = dict.fromkeys([case.stated, asked(case), nearest(case)])
    for basis in bases:
        dropped = left_out(case, basis)
        if dropped:
            added = tuple(a.name for a in basis if a not in case.stated)
            made = verdict_under(case, "approximation", basis)
            return replace(made, reasons=(dropped.words(case.equation.lettered),), found=added)
    return None


def _beside(case: BothSides, grid: Grid) -> Verdict | None:
    """A claim that is exact but for element-wise work that it counts in its own way.

    That is: terms of a kind that no contraction has, of a lower order, and of less than 1 % on
    every real model; but for a symbol, none of them is a term of ours that the claim lacks.
    """
    if terms_at_most(case.theirs(case.stated)) > MOST_TERMS:
        return None
    basis = asked(case)
    try:
        theirs, ours = case.theirs(basis), total(case.parts(basis))
    except EdgesymError:  # what cannot be derived is judged elsewhere
        return None
    if terms_at_most(ours) > MOST_TERMS:
        return None
    given, known = monomials(theirs), monomials(ours)
    own = {m: a for m, a in given.items() if m not in known}
    extra = sympy.Add(*(a * m for m, a in own.items()))
    if extra == 0 or compare_units(extra, ours):
        return None
    proof = vanishing(extra, ours, growing(ours))
    if proof is None:
        return None
    missing = [a * n for n, a in known.items() if n not in given]
    if any(_is_misprint(a * m, n) for m, a in own.items() for n in missing):
        return None
    sizes = relative_sizes(extra, theirs)
    if not sizes or max(abs(size) for size in sizes.values()) > NEAR:
        return None
    peeled = replace(case, extra=extra)
    verdict = _exact(peeled) or _searched(peeled, _search(peeled, grid))
    allowed = any(a.name == "own elementwise" for a in case.stated)
    exact = ("exact", "exact under assumptions")
    if allowed and min(own.values()) < 0:
        return None  # no work is counted below nothing
    if verdict is None or verdict.verdict not in (*exact, *["approximation"] * allowed):
        return None
    scoped = [n for n in verdict.found if vocabulary()[n].grade != "structure"]
    if scoped and not _counts_flops(case):
        return None  # terms of ours are left out, and there is no element-wise work to count
    if not allowed:
        base = verdict_under(case, "approximation", tuple(assume(n) for n in verdict.assumptions))
        found = (verdict.found, verdict.alternatives)
        verdict = replace(base, reasons=verdict.reasons, found=found[0], alternatives=found[1])
    lettered = case.equation.lettered
    what = "its own count of element-wise work" if allowed else "of which the graph has nothing"
    said = (
        f"besides, {lettered(extra)}, {what}: {proof.words(lettered)}; less than 1 % on real models"
    )
    return replace(verdict, reasons=(*verdict.reasons, said), theirs=case.theirs(basis))


def _is_misprint(own: sympy.Expr, lacking: sympy.Expr) -> bool:
    """Whether a term is another but for a symbol, or with another symbol for one of its own."""
    number, ratio = (own / lacking).as_coeff_Mul()
    found = list(ratio.as_powers_dict().values())
    if not all(power.is_number for power in found):
        return False
    powers = sorted(map(abs, found))
    return powers == [1] or (powers == [1, 1] and number == 1)


def _counts_flops(case: BothSides) -> bool:
    """Whether element-wise work is something of the quantity."""
    names = names_of(case.claim.quantity)
    return bool(names) and all("flops" in name for name in names)


def listed(names: list[str]) -> str:
    """Names in a sentence."""
    return ", and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""
