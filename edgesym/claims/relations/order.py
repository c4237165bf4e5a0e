"""Orders of growth: O, Theta, Omega and o, judged by the terms that lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
#: Maxima and minima that are told apart by cases.
_MOST_CASES = 4
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
    facts = _powers(facts_of(basis))
    try:
        found = _directions(case.claim.relation, theirs, ours, growing, facts)
    except ExpressionError as error:  # the verdict tells it
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


def _powers(facts: tuple[Bound, ...]) -> tuple[Bound, ...]:
    """The facts on products of powers."""
    return tuple(fact for fact in facts if not (fact[0].is_Add or fact[1].is_Add))


def _near(facts: tuple[Bound, ...], growing: tuple[sympy.Symbol, ...]) -> tuple[Bound, ...]:
    """The facts that say something of what grows."""
    return tuple(f for f in facts if (f[0].free_symbols | f[1].free_symbols) & set(growing))


def _directions(
    kind: str,
    theirs: sympy.Expr,
    ours: sympy.Expr,
    growing: tuple[sympy.Symbol, ...],
    facts: tuple[Bound, ...],
) -> Directions:
    """How symbols can grow so that the claim does not hold; nothing where it does."""
    found: dict[str, Mapping[sympy.Symbol, int]] = {}
    for wanted, given, known in _cases(ours, theirs, facts):
        one, other, left = _fractions(wanted, given, known)
        left = _near(left, growing)
        above, below = _SIDES[kind]
        if above and (how := outgrows(one, other, growing, left)) is not None:
            found.setdefault("ours", how)
        if below and (how := outgrows(other, one, growing, left)) is not None:
            found.setdefault("theirs", how)
        if kind == "o" and not found and not _is_less(one, other, growing, left):
            found["same"] = {}
    return tuple(found.items())


def _is_less(
    one: sympy.Expr,
    other: sympy.Expr,
    growing: tuple[sympy.Symbol, ...],
    facts: tuple[Bound, ...],
) -> bool:
    """Whether a little more of a symbol leaves each term bounded, so that the ratio vanishes."""
    little = [s ** sympy.Rational(1, 64) for s in growing]
    return all(
        any(outgrows(term * more, other, growing, facts) is None for more in little)
        for term in sympy.Add.make_args(one)
    )


def _cases(
    ours: sympy.Expr, theirs: sympy.Expr, facts: tuple[Bound, ...], depth: int = 0
) -> Iterator[tuple[sympy.Expr, sympy.Expr, tuple[Bound, ...]]]:
    """Both sides for each order of the arguments of maxima and minima, with that order as facts."""
    nodes = sorted(ours.atoms(sympy.Max, sympy.Min) | theirs.atoms(sympy.Max, sympy.Min), key=str)
    plain = [n for n in nodes if all(a.is_Symbol or a.is_Number for a in n.args)]
    if not plain or depth >= _MOST_CASES:
        yield ours, theirs, facts
        return
    node = plain[0]
    for one in node.args:
        others = [other for other in node.args if other != one]
        orders = [(o, one) if isinstance(node, sympy.Max) else (one, o) for o in others]
        put = {n: one for n in plain if n == node}
        yield from _cases(ours.xreplace(put), theirs.xreplace(put), (*facts, *orders), depth + 1)


def _fractions(
    ours: sympy.Expr, theirs: sympy.Expr, facts: tuple[Bound, ...]
) -> tuple[sympy.Expr, sympy.Expr, tuple[Bound, ...]]:
    """Two sums of positive terms whose ratio is that of the sides, and the facts that are left.

    Where terms are negative, a symbol that is at least another is written as that and some more,
    and each as 1 and some more.
    """
    tops = [sympy.fraction(sympy.together(_smooth(side))) for side in (ours, theirs)]
    (a, b), (c, d) = tops
    sides = sympy.expand(a * d), sympy.expand(c * b)
    orders = [f for f in facts if f[0].is_Symbol and f[1].is_Symbol]
    for used in ((), *((order,) for order in orders)):
        put = {greater: lesser + greater for lesser, greater in used}
        left = tuple(fact for fact in facts if fact not in used)
        for shift in range(_MOST_SHIFTS + 1):
            more = {s: s + shift for s in sides[0].free_symbols | sides[1].free_symbols
                    if s.is_integer and shift}  # fmt: skip
            one, other = (sympy.expand(s.xreplace(put).xreplace(more)) for s in sides)
            if _is_positive(one) and _is_positive(other):
                return one, other, left
    return (*sides, facts)


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
        found = theta(_smooth(ours), growing, _near(facts, growing))
    except ExpressionError:  # without an order there is nothing to say
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
