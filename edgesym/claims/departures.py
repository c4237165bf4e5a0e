"""What is said of a claim that does not hold: units, terms, sizes, repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import sympy

from edgesym.algebra.exactly import exactly, random_points
from edgesym.algebra.expansion import expanded
from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.algebra.prove import prove_equal
from edgesym.claims.assumptions import Assumption, ordering, substitution
from edgesym.claims.attribute import Term, attribute
from edgesym.claims.both_sides import MOST_TERMS, BothSides, nearest
from edgesym.claims.derive import Subject, derive, step_words, total
from edgesym.claims.dimensions import compare_degrees, compare_units
from edgesym.claims.grid import Grid
from edgesym.claims.repair import find_repair
from edgesym.claims.sizes import models_with, relative_sizes, thresholds
from edgesym.claims.verdict import Counterexample, Verdict
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.symbols import symbol

__all__ = ["NEAR", "different", "units_first", "value_at", "verdict_under"]

#: An error below it is small.
NEAR = 0.01
#: Points at which an exact claim is worked out in fractions besides.
_CHECKS = 3


def different(
    case: BothSides,
    grid: Grid | None = None,
    said: tuple[str, ...] = (),
    made: Verdict | None = None,
) -> Verdict:
    """A claim that no set of assumptions makes exact: what is off, term by term.

    Args:
        case: both sides.
        grid: the assumptions under which a repair is looked for; none but the stated, without it.
        said: what else is to be said of it.
        made: the verdict, where its basis is settled already.
    """
    if made is not None:
        return _refuted(replace(made, verdict="wrong"), case)
    repaired = find_repair(case, grid or _alone(case))
    basis = nearest(case) if repaired is None else case.stated + repaired.added
    base = verdict_under(case, "wrong", basis)
    reasons = [*base.reasons, *units_first(case, basis), *_factor(case, base.theirs, base.ours)]
    reasons += [f"{_signed(case, term)}: {term.words}" for term in base.terms[:8]]
    added = tuple(a.name for a in basis if a not in case.stated)
    repair = repaired.repair if repaired else None
    base = replace(base, reasons=(*reasons, *said), repair=repair, found=added)
    return _refuted(base, case)


def _alone(case: BothSides) -> Grid:
    """The grid of what is stated, and nothing else."""
    named = case.equation.quantities
    subjects = (case.claim.subject, *(Subject(q.name, phase=case.claim.phase) for q in named))
    return Grid.of(tuple(derive(s, case.stated) for s in subjects), (), (), 0)


def _refuted(verdict: Verdict, case: BothSides) -> Verdict:
    """The verdict with a point at which the sides differ; unproven, where there is none."""
    theirs, ours = verdict.theirs, verdict.ours
    if theirs is None or ours is None:
        return verdict
    if verdict.difference == 0:  # exact but for what was set aside: under what is stated it is not
        theirs, ours = case.theirs(case.stated), total(case.parts(case.stated))
    proof = prove_equal(theirs, ours)
    if proof.answer != "no":
        said = f"neither proved nor refuted: {proof.how}"
        return replace(verdict, verdict="unproven", reasons=(said, *verdict.reasons))
    at = dict(sorted(proof.counterexample.items(), key=lambda item: str(item[0])))
    given, wanted = value_at(theirs, at), value_at(ours, at)
    if given is None or wanted is None:
        return verdict
    point = Counterexample(at, given, wanted)
    lettered = {case.equation.lettered(s): v for s, v in at.items()}
    said = Counterexample(lettered, given, wanted).words
    return replace(verdict, counterexample=point, reasons=(*verdict.reasons, said))


def value_at(
    side: sympy.Expr, at: Mapping[sympy.Symbol, int | float | Fraction]
) -> Fraction | float | None:
    """The value of a side, as a fraction where it has one; None where it has none at all."""
    try:
        return exactly(side, {s: v if isinstance(v, int) else Fraction(v) for s, v in at.items()})
    except (ArithmeticError, KeyError):  # not in fractions: tried in doubles
        pass
    try:
        return float(evaluate(side, at))
    except (EdgesymError, ArithmeticError, ValueError):  # it has no value, which is said
        return None


def _checked(verdict: Verdict, case: BothSides, basis: tuple[Assumption, ...]) -> Verdict:
    """An exact verdict after a second look: in fractions, at random integers.

    The printed side is worked out from the names of the text, ours part by part.
    """
    put = {**step_words(case.claim.phase), **substitution(basis)}
    parts = case.parts(basis)
    names = {n: case.equation.rebound(n).bound for n in case.equation.printed.free_symbols}
    symbols = total(parts).free_symbols.union(*(bound.free_symbols for bound in names.values()))
    symbols = symbols.union(*(value.free_symbols for value in put.values())) - put.keys()
    checked = 0
    for point in random_points(frozenset(symbols), _CHECKS):
        try:
            held: dict[sympy.Symbol, int | Fraction] = dict(point)
            held |= {s: exactly(value, point) for s, value in ordering(basis).items()}
            at = {**held, **{s: exactly(value, held) for s, value in put.items()}}
            if case.equation.quantities:
                theirs = exactly(case.theirs(basis), at)
            else:
                printed: dict[sympy.Symbol, int | Fraction] = {
                    name: exactly(bound, at) for name, bound in names.items()
                }
                theirs = exactly(case.equation.printed, printed) - exactly(case.extra, at)
            ours = sum((exactly(part.amount, at) for part in parts), Fraction(0))
        except (ArithmeticError, KeyError):  # no value at this point: the next is tried
            continue
        if theirs != ours:
            said = "the proof and a check in fractions disagree: neither is to be trusted"
            return replace(verdict, verdict="unproven", reasons=(said,))
        checked += 1
    return replace(verdict, checked=checked)


def _ordered(
    point: Mapping[sympy.Symbol, int], basis: tuple[Assumption, ...]
) -> dict[sympy.Symbol, int | Fraction]:
    """The point, with numbers changed over where the assumptions have another order."""
    at: dict[sympy.Symbol, int | Fraction] = dict(point)
    for larger, smaller in (pair for a in basis for pair in a.least):
        more, less = symbol(larger), symbol(smaller)
        if more in at and less in at and at[more] < at[less]:
            at[more], at[less] = at[less], at[more]
    return at


def units_first(case: BothSides, basis: tuple[Assumption, ...]) -> list[str]:
    """Units and degrees that do not fit; what is left out as a whole is a matter of terms."""
    theirs, ours = case.theirs(basis), total(case.parts(basis))
    units = compare_units(theirs, ours)
    if max(terms_at_most(theirs), terms_at_most(ours)) > MOST_TERMS:
        return units
    terms = attribute(theirs, case.parts(basis))
    left = {m: a for m, a in monomials(ours).items() if not _is_missing(m, terms)}
    kept = sympy.Add(*(a * m for m, a in left.items())) or ours
    without = compare_degrees(theirs, kept)
    return [*units, *(said for said in compare_degrees(theirs, ours) if said in without)]


def _is_missing(monomial: sympy.Expr, terms: tuple[Term, ...]) -> bool:
    return any(term.monomial == monomial and term.theirs == 0 for term in terms)


def _factor(case: BothSides, theirs: sympy.Expr | None, ours: sympy.Expr | None) -> list[str]:
    """One sentence where the two sides differ by a factor."""
    if theirs is None or ours is None or theirs == 0 or ours == 0:
        return []
    if max(terms_at_most(theirs), terms_at_most(ours)) > 60 or theirs.has(sympy.Max, sympy.Min):
        return []
    ratio = sympy.cancel(theirs / ours)
    above, below = sympy.fraction(ratio)
    if above.is_Add or below.is_Add:
        return []
    return [f"the claim is {case.equation.lettered(ratio)} times what the graph gives"]


def _signed(case: BothSides, term: Term) -> str:
    text = str(case.equation.lettered(term.expression))
    return text if text.startswith("-") else f"+{text}"


def verdict_under(case: BothSides, name: str, basis: tuple[Assumption, ...]) -> Verdict:
    """Both sides under a set of assumptions, with the terms and sizes of their difference."""
    theirs, parts = case.theirs(basis), case.parts(basis)
    ours = total(parts)
    ours = expanded(ours) if terms_at_most(ours) <= MOST_TERMS else ours
    made = Verdict(case.claim, name, theirs=theirs, ours=ours, printed=case.equation.printed)
    made = replace(made, assumptions=tuple(a.name for a in basis))
    if name.startswith("exact"):
        sizes = dict.fromkeys(models_with(ours.free_symbols), 0.0)
        return _checked(replace(made, difference=sympy.S.Zero, relative=sizes), case, basis)
    if max(terms_at_most(theirs), terms_at_most(ours)) > MOST_TERMS:
        return replace(made, reasons=("not equal, and too long to be taken apart term by term",))
    difference = expanded(theirs - ours)
    return replace(
        made,
        difference=difference,
        terms=attribute(theirs, parts),
        relative=relative_sizes(difference, ours),
        thresholds=thresholds(difference, ours),
    )
