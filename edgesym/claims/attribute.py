"""The difference of a claim, term by term, each laid to the parts of the graph it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import sympy

from edgesym.algebra.polynomial import Monomials, monomials
from edgesym.claims.derive import Part
from edgesym.data import shipped

__all__ = ["Departure", "Term", "attribute", "parts_of"]

_ZERO, _ONE, _TWO, _HALF = sympy.S.Zero, sympy.S.One, sympy.Integer(2), sympy.S.Half
#: Counts that explain themselves, the most usual first.
_USUAL = (_ZERO, _TWO, _HALF)
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Departure:
    """Parts that a claim counts otherwise than the graph does.

    Attributes:
        parts: their names.
        count: how often each is counted, where once is right.
        among: whether it is any one of the parts, not all of them.
    """

    parts: tuple[str, ...]
    count: sympy.Rational
    among: bool = False

    @property
    def words(self) -> str:
        """What happened to the parts, in words."""
        names = list(dict.fromkeys(_called(part) for part in self.parts))
        if len(names) > _MOST_NAMED:
            names[_MOST_NAMED - 1 :] = [f"{len(names) - _MOST_NAMED + 1} more parts"]
        joined = (" or " if self.among else " and ").join(names)
        if self.count == 0:
            return f"{joined} missing"
        if self.count == 2:
            return f"{joined} counted twice"
        if self.count == _HALF:
            return f"{joined} counted half (a multiply-add as one, or the causal half)"
        return f"{joined} counted {self.count} times"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the difference, theirs less ours.

    Attributes:
        monomial: what it is proportional to.
        amount: its coefficient.
        theirs: its coefficient in the claim.
        ours: its coefficient in the derivation.
        departures: what explains it; empty where the graph has nothing like it.
        words: one line.
    """

    monomial: sympy.Expr
    amount: sympy.Rational
    theirs: sympy.Rational
    ours: sympy.Rational
    departures: tuple[Departure, ...]
    words: str

    @property
    def expression(self) -> sympy.Expr:
        """The term."""
        return self.amount * self.monomial


def attribute(theirs: sympy.Expr, parts: Sequence[Part]) -> tuple[Term, ...]:
    """The terms of theirs less ours, each with the parts that are counted otherwise.

    Theirs is taken as a sum of c_i times our parts with as many c_i = 1 as possible, the rest
    0 (forgotten), 2 (doubled), 1/2 or another small fraction.

    >>> from edgesym.claims.derive import Subject, derive, total
    >>> parts = derive(Subject("parameters", "attention + feed_forward"))
    >>> [t.words for t in attribute(total(parts) - parts[1].amount, parts)]
    ['query projection or output projection missing']
    """
    claimed = monomials(theirs)
    amounts = [(part.name, monomials(part.amount)) for part in parts]
    derived: Monomials = {}
    for _, terms in amounts:
        for monomial, amount in terms.items():
            derived[monomial] = derived.get(monomial, _ZERO) + amount
    found = []
    for monomial in sorted(claimed.keys() | derived.keys(), key=sympy.default_sort_key):
        have, want = claimed.get(monomial, _ZERO), derived.get(monomial, _ZERO)
        if have == want:
            continue
        candidates = {
            name: terms[monomial] for name, terms in amounts if terms.get(monomial, _ZERO) != 0
        }
        departures = _explain(have - want, candidates) if len(amounts) > 1 else ()
        words = _worded(departures, have, want)
        found.append(Term(monomial, have - want, have, want, departures, words))
    return tuple(sorted(found, key=lambda term: -_weight(term.monomial)))


def parts_of(rest: sympy.Expr, parts: Sequence[Part]) -> tuple[str, ...]:
    """What the parts are called that have terms of an expression."""
    terms = monomials(rest).keys()
    return tuple(
        dict.fromkeys(_called(p.name) for p in parts if terms & monomials(p.amount).keys())
    )


def _weight(monomial: sympy.Expr) -> int:
    """The total degree of a monomial."""
    return int(sum(p for p in monomial.as_powers_dict().values() if p.is_Integer))


def _explain(gap: sympy.Rational, parts: Mapping[str, sympy.Rational]) -> tuple[Departure, ...]:
    """The simplest counts c_i with sum (c_i - 1) part_i = gap."""
    if not parts:
        return ()
    if gap == -sum(parts.values()):
        return (Departure(tuple(parts), _ZERO),)
    for count in _USUAL:
        single = [name for name, amount in parts.items() if (count - 1) * amount == gap]
        if single:
            return (Departure(tuple(single), count, among=len(single) > 1),)
        for names in _groups(parts):
            if (count - 1) * sum(parts[name] for name in names) == gap:
                return (Departure(names, count),)
    for pair in combinations(parts, 2):
        for first in _USUAL:
            for second in _USUAL:
                if (first - 1) * parts[pair[0]] + (second - 1) * parts[pair[1]] == gap:
                    if first == second:
                        return (Departure(pair, first),)
                    return (Departure(pair[:1], first), Departure(pair[1:], second))
    share = _ONE + gap / sum(parts.values())
    return (Departure(tuple(parts), share),) if share > 0 else ()


def _groups(parts: Mapping[str, sympy.Rational]) -> list[tuple[str, ...]]:
    """Parts that belong together: those of one layer, and all of them."""
    layers: dict[str, list[str]] = {}
    for name in parts:
        layers.setdefault(name.partition(".")[0], []).append(name)
    groups = [tuple(names) for names in layers.values() if len(names) > 1]
    whole = tuple(parts)
    return groups if whole in groups or len(whole) < 2 else [*groups, whole]


def _worded(
    departures: Iterable[Departure],
    have: sympy.Rational,
    want: sympy.Rational,
) -> str:
    words = ", ".join(departure.words for departure in departures)
    if not words and have == 0:
        return "the claim has no such term"
    if not words and have < 0 < want:
        return f"{-have} taken away where the graph adds {want}"
    if not words and want != 0:
        return f"{have} where the graph has {want}"
    if not words:
        return "the graph has no such term"
    if have != 0 and "counted" in words and "twice" not in words and "half" not in words:
        return f"{have} where the graph has {want}: {words}"
    return words


def _called(part: str) -> str:
    """A part in words: ``attention.output`` is the output projection."""
    table: dict[str, str] = shipped("claims/shared", "words")["parts"]
    return table.get(part, part)
