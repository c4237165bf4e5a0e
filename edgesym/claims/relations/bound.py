"""Bounds: a quantity is at most, or at least, what a claim says, for all sizes."""

from __future__ import annotations

from fractions import Fraction

import sympy

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
    for basis in tried:
        found = _proved(case, basis)
        if found is not None:
            return found
    for basis in (tried[-1], tried[0]):
        theirs, ours = _sides(case, basis)
        point = _counterexample(case, theirs, ours, facts_of(basis))
        if point is not None:
            said = [*compare_units(theirs, ours), f"the bound does not hold {point.words}"]
            better = _proved(case, asked(case)) if search else None
            if better is not None:
                said.append(f"it would if {', and '.join(better.found)}")
            return _made(case, "wrong", basis, tuple(said), point)
    why = "neither proved nor refuted at the models and numbers tried"
    return _made(case, "unproven", tried[0], (why,))


def _sides(case: BothSides, basis: tuple[Assumption, ...]) -> tuple[sympy.Expr, sympy.Expr]:
    return case.theirs(basis), total(case.parts(basis))


def _proved(case: BothSides, basis: tuple[Assumption, ...]) -> Verdict | None:
    kind = case.claim.relation
    theirs, ours = _sides(case, basis)
    if compare_units(theirs, ours):
        return None
    gap = sympy.expand(theirs - ours if kind[0] == "<" else ours - theirs)
    facts = facts_of(basis)
    used = nonnegative(gap, facts, strict="=" not in kind)
    if used is None:
        return None
    said = ["proved for all positive sizes"]
    if used:
        said[0] += f", with {spelled(used)}"
    more = [a.text or a.name for a in basis if a not in case.stated]
    if more:
        said.append(f"if {', and '.join(more)}: the claim has no letter of its own for it")
        same = (*case.stated, *(a for a in basis if a.name == "batch = 1"))
        point = _counterexample(case, *_sides(case, same), facts_of(same))
        said += [f"otherwise it does not hold {point.words}"] if point and point.of else []
    if gap == 0:
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


def _counterexample(
    case: BothSides, theirs: sympy.Expr, ours: sympy.Expr, facts: tuple[Bound, ...]
) -> Counterexample | None:
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
