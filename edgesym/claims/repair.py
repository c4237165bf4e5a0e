"""One change of what is printed that would make a claim exact, under some assumptions.

The printed equation is a sum of terms, each in brackets with factors outside. If the claim is to
give ours, a term must be multiplied by 1 + (ours - theirs)/(term with its factors); where that is
one number for all values of the symbols, or a number times a symbol, the change is found. It is
looked for modulo a prime, under all sets of a few assumptions at once, and then proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import sympy

from edgesym.algebra.polynomial import PRIME
from edgesym.algebra.prove import prove_equal
from edgesym.claims.assumptions import Assumption, substitution
from edgesym.claims.both_sides import BothSides
from edgesym.claims.derive import total
from edgesym.claims.grid import POINTS, Column, Grid, Plane, column, inverse, products
from edgesym.claims.plausible import absurd, rank
from edgesym.claims.search import claimed, points_of, sensible
from edgesym.errors import EdgesymError

__all__ = ["Repair", "Repaired", "find_repair"]

_MOST_TERMS = 40
_MOST_PROOFS = 12
_MOST_TOGGLES = 3
_LARGEST_ABOVE, _LARGEST_BELOW = 1_000, 24
#: Printed numbers are right up to a usual factor: a multiply-add as one, forward and backward.
_USUAL = {sympy.Rational(n, d) for n, d in ((2, 1), (1, 2), (3, 1), (1, 3), (4, 1), (1, 4))}
#: Denominators of numbers that papers print.
_SIMPLE = 4
_P = np.uint64(PRIME)


@dataclass(frozen=True, slots=True)
class Repair:
    """A change of one printed term.

    Attributes:
        printed: its number; 1 where none is printed.
        term: the term.
        right: the number that makes the claim exact.
        factor: what else it must be multiplied by: symbols as they are printed.
        whole: whether the term is the whole side.
    """

    printed: sympy.Rational
    term: sympy.Expr
    right: sympy.Rational
    factor: sympy.Expr = sympy.S.One
    whole: bool = False

    @property
    def words(self) -> str:
        """One line.

        >>> from edgesym.symbols import symbol
        >>> Repair(sympy.Integer(6), 6 * symbol("hidden"), sympy.Integer(8)).words
        '8 in place of 6 in 6*H'
        """
        above, below = sympy.fraction(self.factor)
        said = [] if self.right == self.printed else [f"{self.right} in place of {self.printed}"]
        if self.right == 0:
            return f"without {self.term}"
        if self.right == -self.printed:
            said = ["the other sign"]
        if above != 1 and below != 1:
            said.append(f"{above} in place of {below}")
        elif above != 1:
            said.append(f"a factor {above} more")
        elif below != 1:
            said.append(f"a factor {below} less")
        where = "" if self.term.is_Number else f" in {self.term}"
        return " and ".join(said) + where


@dataclass(frozen=True, slots=True)
class Repaired:
    """A change with the assumptions under which it makes a claim exact.

    Attributes:
        added: the assumptions, besides those stated.
        repair: the change of what is printed; None where a part is counted otherwise.
        part: the part that is counted otherwise, and how often.
        count: how often the part is counted.
    """

    added: tuple[Assumption, ...]
    repair: Repair | None
    part: str = ""
    count: sympy.Rational = sympy.S.One


@dataclass(frozen=True, slots=True)
class _Place:
    """A term of what is printed: where it stands, and the factors outside its brackets."""

    path: tuple[int, ...]
    node: sympy.Expr
    outer: tuple[sympy.Expr, ...]


@dataclass(frozen=True, slots=True)
class _Try:
    """A change that agrees at random points."""

    cost: tuple[int, ...]
    added: tuple[Assumption, ...]
    place: _Place | str
    number: sympy.Rational
    factor: sympy.Expr


def find_repair(case: BothSides, grid: Grid) -> Repaired | None:
    """The simplest change of one term, under the most plausible assumptions; None without one.

    Args:
        case: both sides.
        grid: the assumptions that may be added.
    """
    small = Grid.of(grid.bases, grid.toggles, grid.moves, _MOST_TOGGLES)
    places = list(_places(case.equation.printed))[:_MOST_TERMS]
    found = sorted(_tries(case, small, places), key=lambda t: t.cost)
    for tried in found[:_MOST_PROOFS]:
        made = _proved(case, tried)
        if made:
            return made
    return None


def _places(printed: sympy.Expr) -> Iterator[_Place]:
    waiting = [_Place((), printed, ())]
    while waiting:
        place = waiting.pop(0)
        yield place
        node = place.node
        if node.is_Add:
            for index, argument in enumerate(node.args):
                waiting.append(_Place((*place.path, index), argument, place.outer))
        elif node.is_Mul:
            for index, argument in enumerate(node.args):
                if argument.is_Add:
                    rest = (*place.outer, *node.args[:index], *node.args[index + 1 :])
                    for inner, term in enumerate(argument.args):
                        waiting.append(_Place((*place.path, index, inner), term, rest))


def _tries(case: BothSides, grid: Grid, places: Sequence[_Place]) -> Iterator[_Try]:
    """Changes that agree at random points, under any of the sets."""
    aim = case.theirs(case.stated)
    symbols = aim.free_symbols | total(grid.bases[0]).free_symbols
    parts = [part.name for part in grid.bases[0]]
    for chosen in islice(grid.moved(), 1 + points_of(grid)):
        planes = [plane for plane in grid.planes(chosen, symbols) if plane is not None]
        if len(planes) < POINTS:
            continue
        open_ = sorted(symbols - substitution(chosen).keys(), key=str)
        wanted = [claimed(aim, case.equation, plane) for plane in planes]
        if any(w is None for w in wanted):
            return
        gaps = [(plane.sums[0] + _P - w) % _P for plane, w in zip(planes, wanted, strict=True)]
        values = [_values(case, plane) for plane in planes]
        for place in places:
            terms = [_contribution(place, at) for at in values]
            if all(t is not None for t in terms):
                asked = [_one_more(g, t) for g, t in zip(gaps, terms, strict=True)]
                yield from _agreeing(grid, chosen, case, place, asked, planes, open_)
        for index, part in enumerate(parts):
            counts = [
                _one_more((_P - g) % _P, plane.amounts[:, index])
                for g, plane in zip(gaps, planes, strict=True)
            ]
            yield from _agreeing(grid, chosen, case, part, counts, planes, [])


def _one_more(gap: Column, amount: Column) -> Column:
    """1 + gap/amount."""
    return (gap * inverse(amount) + np.uint64(1)) % _P


def _values(case: BothSides, plane: Plane) -> dict[sympy.Basic, Column] | None:
    """What the names of the text stand for at a point."""
    at: dict[sympy.Basic, Column] = {s: np.uint64(v) for s, v in plane.at.items()}
    at |= dict(zip(case.equation.quantities, plane.sums[1:], strict=True))
    found: dict[sympy.Basic, Column] = {}
    for name in case.equation.printed.free_symbols:
        value = column(case.equation.rebound(name).bound, at)
        if value is None:
            return None
        found[name] = value
    return found


def _contribution(place: _Place, at: dict[sympy.Basic, Column] | None) -> Column | None:
    """What a term adds to the whole, with the factors outside its brackets."""
    if at is None:
        return None
    found = [column(node, at) for node in (place.node, *place.outer)]
    return None if any(f is None for f in found) else products(*found)


def _agreeing(
    grid: Grid,
    chosen: tuple[Assumption, ...],
    case: BothSides,
    place: _Place | str,
    asked: Sequence[Column],
    planes: Sequence[Plane],
    symbols: Sequence[sympy.Symbol],
) -> Iterator[_Try]:
    """Where what a term must be multiplied by is one number, or a number times symbols."""
    within = (
        set() if isinstance(place, str) else case.equation.rebound(place.node).bound.free_symbols
    )
    for factor, more, less in _factors(symbols, within):
        over = [_residue(less, plane) * pow(_residue(more, plane), -1, PRIME) for plane in planes]
        columns = [
            np.broadcast_to(c * np.uint64(o % PRIME) % _P, len(grid.sets))
            for c, o in zip(asked, over, strict=True)
        ]
        agreed = np.logical_and.reduce([c == columns[0] for c in columns])
        for index in np.flatnonzero(agreed):
            number = _rational(int(columns[0][index]))
            if number is None or (number == 1 and factor == 1):
                continue
            if number == 0 and factor != 1:
                continue
            added = grid.added(chosen, int(index))
            if sensible(added) and not absurd(added, case.stated):
                cost = _cost(added, case.stated, place, number, factor)
                yield _Try(cost, added, place, number, factor)


_Factor = tuple[sympy.Expr, sympy.Symbol | None, sympy.Symbol | None]


def _factors(symbols: Sequence[sympy.Symbol], within: set[sympy.Basic]) -> Iterator[_Factor]:
    """1, a symbol more, a symbol less, and one in place of another; each with the symbols."""
    yield sympy.S.One, None, None
    for s in symbols:
        yield s, s, None
        if s in within:
            yield 1 / s, None, s
            yield from ((other / s, other, s) for other in symbols if other != s)


def _residue(s: sympy.Symbol | None, plane: Plane) -> int:
    return 1 if s is None else plane.at[s]


def _rational(residue: int) -> sympy.Rational | None:
    """The small fraction that a residue is, by Euclid's algorithm; None where it is none."""
    above, below, other, one = PRIME, residue, 0, 1
    while below > _LARGEST_ABOVE:
        quotient = above // below
        above, below = below, above - quotient * below
        other, one = one, other - quotient * one
    if one < 0:
        below, one = -below, -one
    if one == 0 or one > _LARGEST_BELOW or (below < 0 and (below, one) != (-1, 1)):
        return None
    return sympy.Rational(below, one)


def _cost(
    added: tuple[Assumption, ...],
    stated: tuple[Assumption, ...],
    place: _Place | str,
    number: sympy.Rational,
    factor: sympy.Expr,
) -> tuple[int, ...]:
    """What orders changes: the least change under the most plausible assumptions first."""
    _, weight, count, depart = rank(added, stated)
    if factor != 1:
        change = 2 + (number != 1) + 2 * (len(factor.free_symbols) > 1)
    elif number in _USUAL:
        change = 1 + isinstance(place, str)
    elif number == 0:
        change = 2 if isinstance(place, str) else 3
    else:
        change = 2 if number.q <= _SIMPLE else 4
    return weight + change, isinstance(place, str), count, depart


def _proved(case: BothSides, tried: _Try) -> Repaired | None:
    """The change, if the claim is proved exact with it."""
    basis = case.stated + tried.added
    try:
        parts = case.parts(basis)
        ours = total(parts)
        if isinstance(tried.place, str):
            counted = [p.amount for p in parts if p.name == tried.place]
            theirs = case.theirs(basis) - (tried.number - 1) * sympy.Add(*counted)
            if not prove_equal(theirs, ours):
                return None
            return Repaired(tried.added, None, tried.place, tried.number)
        letters = case.equation.own_letters
        factor = tried.factor.xreplace(letters)
        changed = _changed(case.equation.printed, tried.place, tried.number * factor)
        made = case.equation.rebound(changed).under(case.claim.subject, basis)
        if not prove_equal(made, ours):
            return None
    except EdgesymError:  # a repair that cannot be derived is none
        return None
    printed = tried.place.node.as_coeff_Mul()[0]
    right = printed * tried.number
    return Repaired(
        tried.added, Repair(printed, tried.place.node, right, factor, not tried.place.path)
    )


def _changed(node: sympy.Expr, place: _Place, times: sympy.Expr) -> sympy.Expr:
    """The printed side with one term multiplied."""

    def within(node: sympy.Expr, path: tuple[int, ...]) -> sympy.Expr:
        if not path:
            return times * node
        rest = list(node.args)
        rest[path[0]] = within(rest[path[0]], path[1:])
        return node.func(*rest)

    return within(node, place.path)
