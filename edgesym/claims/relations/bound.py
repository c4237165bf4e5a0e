"""Bounds: a quantity is at most, or at least, what a claim says, for all sizes."""

from __future__ import annotations

from fractions import Fraction

import sympy

from edgesym.algebra.expansion import expanded
from edgesym.algebra.growth import Bound
from edgesym.algebra.nonnegative import nonnegative
from edgesym.claims.assumptions import Assumption
from edgesym.claims.both_sides import BothSides, asked
from edgesym.claims.derive import total
from edgesym.claims.dimensions import compare_units
from edgesym.claims.relations.facts import bases, facts_of, spelled
from edgesym.claims.relations.points import points, sides_at
from edgesym.claims.verdict import Counterexample, Verdict

__all__ = ["beyond", "bound"]

#: Relative errors that floating point leaves where there is none.
_ROUNDING = 1e-9


def bound(case: BothSides, *, search: bool = True) -> Verdict:
    """Whether a bound holds for all sizes: proved, or refuted at a point, or neither.

    Sizes are counts from 1 on and positive reals; within what the claim assumes. Where it is not
    proved so, the substitutions that its letters ask for are made: ``head_dim = hidden/heads``
    where it has no letter for the dimension of a head.
    """
    tried = bases(case, ["kv_heads = heads"]) if search else [case.stated]
    refuted: list[tuple[tuple[Assumption, ...], Counterexample]] = []
    for basis in tried:
        point = _counterexample(case, basis)
        if point is not None:
            refuted.append((basis, point))
            continue
        used = _proof(case, basis)
        if used is not None:
            return _proved(case, basis, used, refuted)
    if not refuted or refuted[-1][0] != tried[-1]:
        why = "neither proved nor refuted at the models and numbers tried"
        return _made(case, "unproven", tried[-1], (why,))
    basis, point = refuted[-1]
    said = [*compare_units(*_sides(case, basis)), f"the bound does not hold {point.words}"]
    wider = asked(case)
    if search and _counterexample(case, wider) is None and _proof(case, wider) is not None:
        said.append(f"it would if {', and '.join(a.name for a in wider if a not in case.stated)}")
    return _made(case, "wrong", basis, tuple(said), point)


def _sides(case: BothSides, basis: tuple[Assumption, ...]) -> tuple[sympy.Expr, sympy.Expr]:
    return case.theirs(basis), total(case.parts(basis))


def _proof(case: BothSides, basis: tuple[Assumption, ...]) -> tuple[Bound, ...] | None:
    """The facts by which the bound is proved; None if it is not."""
    kind = case.claim.relation
    theirs, ours = _sides(case, basis)
    if compare_units(theirs, ours):
        return None
    gap = expanded(theirs - ours if kind[0] == "<" else ours - theirs)
    return nonnegative(gap, facts_of(basis), strict="=" not in kind)


def _proved(
    case: BothSides,
    basis: tuple[Assumption, ...],
    used: tuple[Bound, ...],
    refuted: list[tuple[tuple[Assumption, ...], Counterexample]],
) -> Verdict:
    said = ["proved for all positive sizes"]
    if used:
        said[0] += f", with {spelled(used)}"
    more = [a for a in basis if a not in case.stated]
    if more:
        named = ", and ".join(a.text or a.name for a in more)
        said.append(f"if {named}: the claim has no letter of its own for it")
    if any(a.name != "batch = 1" for a in more):
        said += [f"otherwise it does not hold {p.words}" for _, p in refuted[:1] if p.of]
    theirs, ours = _sides(case, basis)
    if expanded(theirs - ours) == 0:
        said.append("both sides are equal")
    return _made(case, "bound proved", basis, tuple(said))


def beyond(kind: str, ours: float | Fraction, theirs: float | Fraction) -> bool:
    """Whether a number of ours does not stand in a relation to one of theirs.

    Floats that differ by what rounding leaves are taken for equal.

    >>> beyond("<=", 3, 3), beyond("<", 3, 3), beyond(">=", 2, 3)
    (False, True, True)
    """
    low, high = (ours, theirs) if kind[0] == "<" else (theirs, ours)
    floats = isinstance(low, float) or isinstance(high, float)
    if floats and abs(float(low) - float(high)) <= _ROUNDING * abs(float(high)):
        return "=" not in kind
    return low > high or ("=" not in kind and low == high)


def _counterexample(case: BothSides, basis: tuple[Assumption, ...]) -> Counterexample | None:
    """A point at which the bound does not hold, of a real model if there is one."""
    theirs, ours = _sides(case, basis)
    facts = facts_of(basis)
    needed = sorted(theirs.free_symbols | ours.free_symbols, key=str)
    for model, values in points((theirs, ours), facts):
        pair = sides_at(theirs, ours, values)
        if pair is not None and beyond(case.claim.relation, pair[1], pair[0]):
            return Counterexample({s: values[s] for s in needed}, pair[0], pair[1], model)
    return None


def _made(
    case: BothSides,
    name: str,
    basis: tuple[Assumption, ...],
    said: tuple[str, ...],
    point: Counterexample | None = None,
) -> Verdict:
    theirs, ours = _sides(case, basis)
    return Verdict(
        case.claim,
        name,
        said,
        theirs=theirs,
        ours=ours,
        printed=case.equation.printed,
        assumptions=tuple(a.name for a in basis),
        found=tuple(a.name for a in basis if a not in case.stated),
        counterexample=point,
    )
