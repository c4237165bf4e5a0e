"""Finding the assumptions under which a claim is exact.

Each assumption is derived once, alone; what several do together is predicted part by part,
as numbers modulo a prime at random integers, for all small sets at once. What agrees there is
derived from the graph and proved.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from time import thread_time

import numpy as np
import sympy

from edgesym.algebra.polynomial import PRIME, Residues
from edgesym.algebra.prove import prove_equal
from edgesym.claims.assumptions import GRADES, Assumption, substitution, vocabulary
from edgesym.claims.derive import Part, Subject, derive, total
from edgesym.errors import EdgesymError

__all__ = ["Found", "find_assumptions"]

_MOST_TOGGLES = 5
_MOST_SUBSTITUTIONS = 4
_POINTS = 2
_MOST_PROOFS = 12
#: What half of a part most likely is comes before a change of convention.
_COST = {grade: i for i, grade in enumerate(dict.fromkeys(["structure", "half", *GRADES]))}

Theirs = Callable[[tuple[Assumption, ...]], sympy.Expr]
Column = np.ndarray


@dataclass(frozen=True, slots=True)
class Found:
    """A set of assumptions, beyond those stated, under which a claim is proved exact."""

    added: tuple[Assumption, ...]
    ours: sympy.Expr

    @property
    def cost(self) -> tuple[int, int]:
        """How many they are, and how far they depart."""
        return len(self.added), sum(_COST[a.grade] for a in self.added)


def find_assumptions(
    subject: Subject,
    stated: tuple[Assumption, ...],
    theirs: Theirs,
    letters: frozenset[sympy.Symbol] = frozenset(),
    seconds: float = 2.0,
) -> list[Found]:
    """The smallest sets of assumptions to add to the stated ones; none if no set makes it exact.

    Args:
        subject: what the claim speaks of.
        stated: what it assumes already.
        theirs: the claim's side under assumptions.
        letters: symbols that the claim has a letter for, and so does not tie to others.
        seconds: how much processor time to search for, so that a busy machine finds the same.
    """
    until = thread_time() + seconds
    base = derive(subject, stated)
    toggles, moves = _candidates(subject, stated, base, theirs, until)
    moves = [m for m in moves if m.grade == "reading" or not letters & set(substitution((m,)))]
    proved: list[Found] = []
    tried: set[frozenset[str]] = set()
    hits = _hits(subject, stated, theirs, toggles, moves, until)
    for added in sorted(hits, key=lambda a: (len(a), sum(_COST[x.grade] for x in a))):
        if (proved and len(added) > proved[0].cost[0] + 1) or len(tried) >= _MOST_PROOFS:
            break
        if any(frozenset(f.added) < frozenset(added) for f in proved):
            continue
        if thread_time() > until:
            break
        tried.add(frozenset(a.name for a in added))
        try:
            ours = total(derive(subject, stated + added))
        except EdgesymError:
            continue
        if prove_equal(ours, theirs(stated + added), until - thread_time()):
            proved.append(Found(added, ours))
    return sorted(proved, key=lambda f: f.cost)


def _candidates(
    subject: Subject,
    stated: tuple[Assumption, ...],
    base: tuple[Part, ...],
    theirs: Theirs,
    until: float,
) -> tuple[list[tuple[Assumption, tuple[Part, ...]]], list[Assumption]]:
    """Assumptions that change something: those on the graph, with its parts; and substitutions."""
    open_ = [
        a
        for a in vocabulary().values()
        if a.search and a not in stated and not any(a.contradicts(s) for s in stated)
    ]
    toggles = []
    symbols = set(total(base).free_symbols) | theirs(stated).free_symbols
    for assumption in open_:
        if assumption.substitutes or thread_time() > until - 1:
            continue
        try:
            parts = derive(subject, (*stated, assumption))
        except EdgesymError:
            continue
        if parts != base:
            toggles.append((assumption, parts))
            symbols |= total(parts).free_symbols
    moves = [a for a in open_ if a.substitutes and any(s in symbols for s in substitution((a,)))]
    return toggles, moves


def _hits(
    subject: Subject,
    stated: tuple[Assumption, ...],
    theirs: Theirs,
    toggles: list[tuple[Assumption, tuple[Part, ...]]],
    moves: list[Assumption],
    until: float,
) -> list[tuple[Assumption, ...]]:
    """Sets that agree with the claim at random points."""
    base, aim = derive(subject, stated), theirs(stated)
    sets = _sets([a for a, _ in toggles])
    symbols = aim.free_symbols | total(base).free_symbols
    for _, parts in toggles:
        symbols |= total(parts).free_symbols
    points = list(_points(symbols | {s for m in moves for s in _reached(m)}))
    found: list[tuple[Assumption, ...]] = []
    smallest = _MOST_TOGGLES + _MOST_SUBSTITUTIONS
    for chosen in _moves(moves):
        if thread_time() > until or len(chosen) > smallest + 1:
            break
        agreed = np.ones(len(sets), dtype=bool)
        for point in points:
            moved = _moved(point, chosen)
            numbers = moved and _table(moved, base, toggles)
            wanted = moved and moved.of(aim)
            if not numbers or wanted is None:
                return found
            agreed &= _together(numbers, sets, len(toggles)) == wanted
        for index in np.flatnonzero(agreed):
            added = (*chosen, *(toggles[i][0] for i in sets[index]))
            if added and _sensible(added):
                found.append(added)
                smallest = min(smallest, len(added))
    return found


def _sensible(added: tuple[Assumption, ...]) -> bool:
    """Whether assumptions can hold together, and no more than one reads the number otherwise."""
    clash = any(a.contradicts(b) for a, b in combinations(added, 2))
    return not clash and sum(a.grade == "reading" for a in added) <= 1


def _sets(toggles: Sequence[Assumption]) -> list[tuple[int, ...]]:
    """Sets of at most four assumptions that do not contradict each other."""
    clash = {
        (i, j)
        for i, j in combinations(range(len(toggles)), 2)
        if toggles[i].contradicts(toggles[j])
    }
    return [
        chosen
        for size in range(_MOST_TOGGLES + 1)
        for chosen in combinations(range(len(toggles)), size)
        if not any(pair in clash for pair in combinations(chosen, 2))
    ]


def _moves(moves: Sequence[Assumption]) -> Iterator[tuple[Assumption, ...]]:
    """Sets of substitutions, the small ones first."""
    for size in range(min(len(moves), _MOST_SUBSTITUTIONS) + 1):
        for chosen in combinations(moves, size):
            if not any(a.contradicts(b) for a, b in combinations(chosen, 2)):
                yield chosen


def _reached(move: Assumption) -> set[sympy.Symbol]:
    found: set[sympy.Symbol] = set()
    for s, value in substitution((move,)).items():
        found |= {s} | value.free_symbols
    return found


def _points(symbols: set[sympy.Symbol]) -> Iterator[dict[sympy.Symbol, int]]:
    draw = random.Random(11)  # noqa: S311 - reproducible points, no secret
    for _ in range(_POINTS):
        yield {s: draw.randrange(10**5, 10**6) for s in sorted(symbols, key=str)}


def _moved(point: dict[sympy.Symbol, int], chosen: tuple[Assumption, ...]) -> Residues | None:
    """The point with the substitutions put in; a fraction is one modulo the prime."""
    try:
        values = substitution(chosen)
    except EdgesymError:
        return None
    plain = Residues(point)
    put = {s: plain.of(value) for s, value in values.items()}
    if None in put.values():
        return None
    return Residues({**point, **{s: v for s, v in put.items() if v is not None}})


def _table(
    at: Residues, base: tuple[Part, ...], toggles: list[tuple[Assumption, tuple[Part, ...]]]
) -> tuple[Column, Column, Column] | None:
    """What the parts amount to, the factor of each assumption on each, and what it adds."""
    keys = {(p.name, i): p for i, p in enumerate(base)}
    names = [name for name, _ in keys]
    amounts = [at.of(p.amount) for p in base]
    if None in amounts:
        return None
    start = [amount or 0 for amount in amounts]
    inverse = [pow(amount, -1, PRIME) if amount else 0 for amount in start]
    factors = np.ones((len(toggles), len(base)), dtype=np.uint64)
    extra = np.zeros(len(toggles), dtype=np.uint64)
    for row, (_, parts) in enumerate(toggles):
        left = dict.fromkeys(range(len(base)))
        more = 0
        for part in parts:
            place = next((i for i in left if names[i] == part.name), None)
            amount = (
                start[place] if place is not None and part == base[place] else at.of(part.amount)
            )
            if amount is None:
                return None
            if place is None or not start[place]:
                more += amount
            else:
                del left[place]
                factors[row, place] = amount * inverse[place] % PRIME
        for place in left:
            factors[row, place] = 0
        extra[row] = more % PRIME
    return np.array(start, dtype=np.uint64), factors, extra


def _together(
    numbers: tuple[Column, Column, Column], sets: list[tuple[int, ...]], count: int
) -> Column:
    """The predicted total of each set of assumptions."""
    start, factors, extra = numbers
    neutral = np.vstack([factors, np.ones((1, len(start)), dtype=np.uint64)])
    added = np.append(extra, np.uint64(0))
    picked = np.array(
        [(*chosen, *[count] * (_MOST_TOGGLES - len(chosen))) for chosen in sets], dtype=np.intp
    )
    prime = np.uint64(PRIME)
    amounts = np.broadcast_to(start, (len(sets), len(start)))
    for place in range(_MOST_TOGGLES):
        amounts = amounts * neutral[picked[:, place]] % prime
    more = added[picked].sum(axis=1)
    result: Column = (amounts.sum(axis=1) + more) % prime
    return result
