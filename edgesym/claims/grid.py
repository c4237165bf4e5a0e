"""Both sides of a claim as numbers modulo a prime, under many sets of assumptions at once.

Each assumption on the graph is derived once, alone; what several do together is predicted part
by part. What agrees here is a candidate: it is derived from the graph and proved elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import combinations
from typing import Any

import numpy as np
import sympy

from edgesym.algebra.polynomial import PRIME, Residues
from edgesym.claims.assumptions import Assumption, substitution, vocabulary
from edgesym.claims.derive import Part
from edgesym.errors import EdgesymError

__all__ = ["POINTS", "Column", "Grid", "Plane", "column", "inverse", "products"]

#: Residues of each set, as a NumPy array, or one residue of all.
Column = Any
_P = np.uint64(PRIME)
POINTS = 2
_MOST_SUBSTITUTIONS = 4
#: Sets of assumptions on the graph that are tried, at most.
_MOST_SETS = 20_000

#: Assumptions, and what they make of the parts of each sum.
Toggle = tuple[tuple[Assumption, ...], tuple[tuple[Part, ...], ...]]


class _NoColumnError(Exception):
    """An expression has no value modulo the prime."""


@dataclass(frozen=True, slots=True)
class Plane:
    """The numbers of all sets at one point.

    Attributes:
        sums: what the parts of each sum amount to, per set; ours first, then named quantities.
        amounts: each part of ours, per set.
        at: the point, substitutions put in.
    """

    sums: tuple[Column, ...]
    amounts: Column
    at: Mapping[sympy.Symbol, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """The sets of assumptions that may be added to a claim, and their numbers.

    Attributes:
        bases: the parts of ours and of each named quantity, without additions.
        toggles: assumptions on the graph, with the parts under each.
        moves: assumptions that substitute a formula for a symbol.
        sets: the sets of toggles, as indices, the small ones first.
        cut: what was left out of them; empty if nothing was.
    """

    bases: tuple[tuple[Part, ...], ...]
    toggles: tuple[Toggle, ...]
    moves: tuple[Assumption, ...]
    sets: tuple[tuple[int, ...], ...]
    cut: str = ""

    @classmethod
    def of(
        cls,
        bases: tuple[tuple[Part, ...], ...],
        toggles: Sequence[Toggle],
        moves: Sequence[Assumption],
        most: int,
    ) -> Grid:
        """The grid of sets of at most ``most`` toggles that do not contradict each other."""
        joint = {frozenset(taken) for taken, _ in toggles if len(taken) > 1}
        clash = {
            (i, j)
            for i, j in combinations(range(len(toggles)), 2)
            if _clash(toggles[i][0], toggles[j][0], joint)
        }
        sets: list[tuple[int, ...]] = []
        for size in range(most + 1):
            for chosen in combinations(range(len(toggles)), size):
                if len(sets) >= _MOST_SETS:
                    cut = f"only {_MOST_SETS:,} sets of assumptions were tried"
                    return cls(bases, tuple(toggles), tuple(moves), tuple(sets), cut)
                if not any(pair in clash for pair in combinations(chosen, 2)):
                    sets.append(chosen)
        return cls(bases, tuple(toggles), tuple(moves), tuple(sets))

    def moved(self) -> Iterator[tuple[Assumption, ...]]:
        """Sets of substitutions, the small ones first."""
        for size in range(min(len(self.moves), _MOST_SUBSTITUTIONS) + 1):
            for chosen in combinations(self.moves, size):
                if not any(a.contradicts(b) for a, b in combinations(chosen, 2)):
                    yield chosen

    def added(self, chosen: tuple[Assumption, ...], index: int) -> tuple[Assumption, ...]:
        """The assumptions of some substitutions with one of the sets."""
        order = list(vocabulary())
        taken = (*chosen, *(a for i in self.sets[index] for a in self.toggles[i][0]))
        return tuple(sorted(taken, key=lambda a: order.index(a.name)))

    def planes(
        self, chosen: tuple[Assumption, ...], symbols: set[sympy.Symbol]
    ) -> Iterator[Plane | None]:
        """The numbers at each random point, worked out as they are asked for; None without any."""
        for point in _points(symbols | self._symbols()):
            at = _moved(point, chosen)
            if at is None:
                yield None
                return
            tables = []
            for place, base in enumerate(self.bases):
                table = _table(at, base, [parts[place] for _, parts in self.toggles])
                if table is None:
                    yield None
                    return
                tables.append(self._together(table))
            sums = tuple((amounts.sum(axis=1) + more) % _P for amounts, more in tables)
            yield Plane(sums, tables[0][0], at.point)

    def _symbols(self) -> frozenset[sympy.Symbol]:
        sums = (*self.bases, *(parts for _, sums in self.toggles for parts in sums))
        return _symbols_of(sums, self.moves)

    def _together(self, numbers: tuple[Column, Column, Column]) -> tuple[Column, Column]:
        """The predicted amount of each part, and what is added, under each set."""
        start, factors, extra = numbers
        neutral = np.vstack([factors, np.ones((1, len(start)), dtype=np.uint64)])
        added = np.append(extra, np.uint64(0))
        picked = _picked(self.sets, len(self.toggles))
        amounts = np.broadcast_to(start, (len(self.sets), len(start))).copy()
        for place in range(picked.shape[1]):
            amounts = amounts * neutral[picked[:, place]] % _P
        return amounts, added[picked].sum(axis=1) % _P


@lru_cache(maxsize=256)
def _symbols_of(
    sums: tuple[tuple[Part, ...], ...], moves: tuple[Assumption, ...]
) -> frozenset[sympy.Symbol]:
    found = {s for parts in sums for part in parts for s in part.amount.free_symbols}
    for move in moves:
        for s, value in substitution((move,)).items():
            found |= {s} | value.free_symbols
    return frozenset(found)


@lru_cache(maxsize=64)
def _picked(sets: tuple[tuple[int, ...], ...], count: int) -> Column:
    """The sets as rows of one length, ``count`` standing for none."""
    most = max(map(len, sets), default=0)
    rows = [(*chosen, *[count] * (most - len(chosen))) for chosen in sets]
    return np.array(rows, dtype=np.intp).reshape(len(sets), most)


def _clash(
    one: tuple[Assumption, ...],
    other: tuple[Assumption, ...],
    joint: set[frozenset[Assumption]],
) -> bool:
    """Whether two toggles are no set: they contradict, overlap, or are one toggle together."""
    if set(one) & set(other) or frozenset((*one, *other)) in joint:
        return True
    return any(a.contradicts(b) for a in one for b in other)


class _At:
    """A point with substitutions put in."""

    def __init__(self, point: dict[sympy.Symbol, int]) -> None:
        self.point = point
        self.of = Residues(point).of


def _points(symbols: set[sympy.Symbol]) -> Iterator[dict[sympy.Symbol, int]]:
    draw = random.Random(11)  # noqa: S311 - reproducible points, no secret
    for _ in range(POINTS):
        yield {s: draw.randrange(10**5, 10**6) for s in sorted(symbols, key=str)}


def _moved(point: dict[sympy.Symbol, int], chosen: tuple[Assumption, ...]) -> _At | None:
    """The point with the substitutions put in; a fraction is one modulo the prime."""
    try:
        values = substitution(chosen)
    except EdgesymError:  # no column: it is tried in full
        return None
    plain = Residues(point)
    put = {s: plain.of(value) for s, value in values.items()}
    if None in put.values():
        return None
    return _At({**point, **{s: v for s, v in put.items() if v is not None}})


def _table(
    at: _At, base: tuple[Part, ...], toggles: list[tuple[Part, ...]]
) -> tuple[Column, Column, Column] | None:
    """What the parts amount to, the factor of each assumption on each, and what it adds."""
    names = [part.name for part in base]
    amounts = [at.of(p.amount) for p in base]
    if None in amounts:
        return None
    start = [amount or 0 for amount in amounts]
    over = [pow(amount, -1, PRIME) if amount else 0 for amount in start]
    factors = np.ones((len(toggles), len(base)), dtype=np.uint64)
    extra = np.zeros(len(toggles), dtype=np.uint64)
    for row, parts in enumerate(toggles):
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
                factors[row, place] = amount * over[place] % PRIME
        for place in left:
            factors[row, place] = 0
        extra[row] = more % PRIME
    return np.array(start, dtype=np.uint64), factors, extra


def column(expression: sympy.Expr, at: Mapping[sympy.Basic, Column]) -> Column | None:
    """The value of an expression modulo the prime, where symbols stand for columns of residues."""
    try:
        return _column(expression, dict(at))
    except (_NoColumnError, RecursionError):  # no column: it is tried in full
        return None


def _column(node: sympy.Basic, at: dict[sympy.Basic, Column]) -> Column:
    """The value of a node, worked out once however often it stands in the whole."""
    if node not in at:
        at[node] = _worked_out(node, at)
    return at[node]


def _worked_out(node: sympy.Basic, at: dict[sympy.Basic, Column]) -> Column:
    match node:
        case sympy.Rational():
            residue = int(node.p) * pow(int(node.q), -1, PRIME) % PRIME if node.q % PRIME else None
            if residue is None:
                raise _NoColumnError
            return np.uint64(residue)
        case sympy.Add():
            return reduce(lambda x, y: (x + y) % _P, (_column(a, at) for a in node.args))
        case sympy.Mul():
            return products(*(_column(a, at) for a in node.args))
        case sympy.Pow(exp=sympy.Integer()):
            base, power = _column(node.base, at), int(node.exp)
            return powers(base if power > 0 else inverse(base), abs(power))
    raise _NoColumnError


def products(*columns: Column) -> Column:
    """The product modulo the prime."""
    return reduce(lambda x, y: x * y % _P, columns, np.uint64(1))


def powers(base: Column, power: int) -> Column:
    """A whole power modulo the prime."""
    found: Column = np.uint64(1)
    while power:
        if power & 1:
            found = found * base % _P
        base = base * base % _P
        power >>= 1
    return found


def inverse(base: Column) -> Column:
    """One over a column modulo the prime; 0 where that is none."""
    return powers(base, PRIME - 2)
