"""Orders of growth: O, Theta, Omega and o, judged by the terms that lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy

from edgesym.algebra.growth import Bound, outgrows, theta
from edgesym.claims.both_sides import BothSides
from edgesym.claims.derive import total
from edgesym.claims.relations.facts import facts_of, letters_of, spelled, tied, word
from edgesym.claims.verdict import Verdict
from edgesym.errors import ExpressionError
from edgesym.symbols import describe

__all__ = ["order"]

#: By how much each symbol may be shifted until no term is negative.
_MOST_SHIFTS = 2
#: Order -> whether ours, and whether theirs, must not outgrow the other side.
_SIDES = {"O": (True, False), "Omega": (False, True), "Theta": (True, True), "o": (True, False)}
Directions = tuple[tuple[str, Mapping[sympy.Symbol, int]], ...]


def order(case: BothSides, *, search: bool = True) -> Verdict:
    """Whether a quantity grows as a claim says: O from above, Omega from below, Theta as both.

    The symbols of the argument grow, from 1 on and however they like; all others stay as they
    are. An argument without a symbol, O(1), is about the tokens and sequences of the workload.
    """
    basis = tied(case) if search else case.stated
    theirs, ours = case.theirs(basis), total(case.parts(basis))
    made = Verdict(
        case.claim,
        "unproven",
        theirs=theirs,
        ours=ours,
        printed=case.equation.printed,
        assumptions=tuple(a.name for a in basis),
        found=tuple(a.name for a in basis if a not in case.stated),
    )
    if ours == 0:
        return replace(made, reasons=("the graph has nothing of it under these assumptions",))
    growing = tuple(sorted(theirs.free_symbols, key=str)) or _workload(ours)
    facts = _powers(facts_of(basis), growing)
    try:
        found = _directions(case.claim.relation, theirs, ours, growing, facts)
    except ExpressionError as error:
        return replace(made, reasons=(f"neither proved nor refuted: {error}",))
    letters = letters_of(case)
    fixed = sorted(ours.free_symbols - set(growing), key=str)
    rest = f"with {', '.join(map(word, fixed))} fixed" if fixed else ""
    if found:
        said = tuple(_outgrown(which, how, letters) for which, how in found)
        return replace(made, verdict="wrong", reasons=(*said, *filter(None, [rest])))
    said = (_grown(growing, letters), *filter(None, [rest, _tight(ours, growing, facts, letters)]))
    used = [f for f in facts if f[0].free_symbols | f[1].free_symbols <= set(growing)]
    said += (f"within {spelled(used)}",) if used else ()
    return replace(made, verdict="order right", reasons=said)


def _workload(ours: sympy.Expr) -> tuple[sympy.Symbol, ...]:
    found = (s for s in ours.free_symbols if describe(s).scope == "workload")
    return tuple(sorted(found, key=str))


def _powers(facts: tuple[Bound, ...], growing: tuple[sympy.Symbol, ...]) -> tuple[Bound, ...]:
    """The facts on products of powers of symbols that grow, in which others are constants."""
    kept = []
    for lesser, greater in facts:
        used = (lesser.free_symbols | greater.free_symbols) & set(growing)
        if used and not (lesser.is_Add or greater.is_Add):
            kept.append((lesser, greater))
    return tuple(kept)


def _directions(
    kind: str,
    theirs: sympy.Expr,
    ours: sympy.Expr,
    growing: tuple[sympy.Symbol, ...],
    facts: tuple[Bound, ...],
) -> Directions:
    """How symbols can grow so that the claim does not hold; nothing where it does."""
    one, other = _fractions(ours, theirs)
    found: list[tuple[str, Mapping[sympy.Symbol, int]]] = []
    above, below = _SIDES[kind]
    if above and (how := outgrows(one, other, growing, facts)) is not None:
        found.append(("ours", how))
    if below and (how := outgrows(other, one, growing, facts)) is not None:
        found.append(("theirs", how))
    if kind == "o" and not found:
        for term in sympy.Add.make_args(one):  # a little more of a symbol, and it is still bounded
            more = (term * s ** sympy.Rational(1, 64) for s in growing)
            if all(outgrows(grown, other, growing, facts) is not None for grown in more):
                found.append(("same", {}))
                break
    return tuple(found)


def _fractions(ours: sympy.Expr, theirs: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Two sums of positive terms whose ratio is that of the sides, to a bounded factor."""
    tops = [sympy.fraction(sympy.together(_smooth(side))) for side in (ours, theirs)]
    (a, b), (c, d) = tops
    one, other = sympy.expand(a * d), sympy.expand(c * b)
    for _ in range(_MOST_SHIFTS):
        if all(_is_positive(side) for side in (one, other)):
            break
        shift = {s: s + 1 for s in (one.free_symbols | other.free_symbols) if s.is_integer}
        one, other = (sympy.expand(side.xreplace(shift)) for side in (one, other))
    return one, other


def _is_positive(side: sympy.Expr) -> bool:
    return all(term.is_positive for term in sympy.Add.make_args(side))


def _smooth(side: sympy.Expr) -> sympy.Expr:
    """The side with a sum for a maximum, and a b/(a + b) for a minimum: of the same order."""

    def least(*args: sympy.Expr) -> sympy.Expr:
        return 1 / sympy.Add(*(1 / argument for argument in args))

    whole = side.replace(sympy.Min, least).replace(sympy.Max, sympy.Add)
    return whole.replace(sympy.ceiling, lambda x: x + 1)


def _grown(growing: tuple[sympy.Symbol, ...], letters: Mapping[sympy.Symbol, sympy.Symbol]) -> str:
    if not growing:
        return "it has no size that could grow"
    names = ", ".join(str(letters.get(s, s)) for s in growing)
    return f"proved by leading terms as {names} {'grow' if len(growing) > 1 else 'grows'}"


def _tight(
    ours: sympy.Expr,
    growing: tuple[sympy.Symbol, ...],
    facts: tuple[Bound, ...],
    letters: Mapping[sympy.Symbol, sympy.Symbol],
) -> str:
    """The order from both sides."""
    try:
        found = theta(_smooth(ours), growing, facts)
    except ExpressionError:
        return ""
    return f"it is Theta({found.xreplace(dict(letters))})"


def _outgrown(
    which: str, how: Mapping[sympy.Symbol, int], letters: Mapping[sympy.Symbol, sympy.Symbol]
) -> str:
    """How a claim is refuted."""
    if which == "same":
        return "the quantity grows as fast as the claim says that it does not"
    paces = [f"{letters.get(s, s)} as t^{p}" if p > 1 else f"{letters.get(s, s)}" for s, p in
             how.items() if p]  # fmt: skip
    verb = "grow together" if len(paces) > 1 else "grows"
    alone = [str(letters.get(s, s)) for s, p in how.items() if not p]
    rest = f" and {', '.join(alone)} {'stay' if len(alone) > 1 else 'stays'}" if alone else ""
    one, other = ("the quantity", "the claim") if which == "ours" else ("the claim", "the quantity")
    return f"as {', '.join(paces)} {verb}{rest}, {one} grows faster than {other}, without bound"
