"""Finding the assumptions under which a claim is exact: the most plausible sets first.

The work is counted, never timed: the same claim finds the same on a busy machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import sympy

from edgesym.algebra.polynomial import Residues, nodes_at_most
from edgesym.algebra.prove import prove_equal
from edgesym.claims.assumptions import Assumption, substitution, vocabulary
from edgesym.claims.derive import Part, Subject, derivations, derive, names_of, total
from edgesym.claims.equation import Equation
from edgesym.claims.grid import POINTS, Column, Grid, Plane, Toggle, column
from edgesym.claims.plausible import rank
from edgesym.errors import EdgesymError
from edgesym.symbols import describe

__all__ = ["Found", "Searched", "claimed", "find_assumptions", "grid_of", "points_of", "sensible"]

MOST_TOGGLES = 5
_MOST_PROOFS = 12
#: Numbers worked out (sets times parts), at most.
_MOST_NUMBERS = 60_000_000
#: Symbols and operations of the forms worked out at points, at most.
_MOST_WORKED_OUT = 300_000
#: Quantities of a forward pass, which a factor of training multiplies.
_FORWARD = ("flops", "flops_per_token")

Theirs = Callable[[tuple[Assumption, ...]], sympy.Expr]


@dataclass(frozen=True, slots=True)
class Found:
    """A set of assumptions, beyond those stated, under which a claim is proved exact."""

    added: tuple[Assumption, ...]
    ours: sympy.Expr
    rank: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found, the most plausible first.

    Attributes:
        found: the sets that are proved.
        cut: what was not tried; empty if nothing was left out.
    """

    found: tuple[Found, ...]
    cut: str = ""

    def __bool__(self) -> bool:
        """Whether a set was found."""
        return bool(self.found)


def find_assumptions(
    subject: Subject,
    stated: tuple[Assumption, ...],
    theirs: Theirs,
    letters: frozenset[sympy.Symbol] = frozenset(),
    equation: Equation | None = None,
    grid: Grid | None = None,
) -> Searched:
    """The smallest sets of assumptions to add to the stated ones; none if no set makes it exact.

    Args:
        subject: what the claim speaks of.
        stated: what it assumes already.
        theirs: the claim's side under assumptions.
        letters: symbols that the claim has a letter for, and so does not tie to others.
        equation: the claim's equation, where it names quantities.
        grid: the sets to try, where they are at hand.
    """
    grid = grid or grid_of(subject, stated, theirs, letters, equation)
    hits, cut = _hits(grid, theirs(stated), equation)
    proved: list[Found] = []
    tried = 0
    for added in sorted(hits, key=lambda a: rank(a, stated)):
        if any(set(f.added) < set(added) for f in proved):
            continue
        if tried >= _MOST_PROOFS:
            cut = cut or f"only the {_MOST_PROOFS} most plausible of {len(hits)} sets were proved"
            break
        if proved and len(added) > len(proved[0].added) + 1:
            continue
        tried += 1
        try:
            ours = total(derive(subject, stated + added))
        except EdgesymError:  # what cannot be derived explains nothing
            continue
        if prove_equal(ours, theirs(stated + added)):
            proved.append(Found(added, ours, rank(added, stated)))
    return Searched(tuple(proved), cut or grid.cut)


def grid_of(
    subject: Subject,
    stated: tuple[Assumption, ...],
    theirs: Theirs,
    letters: frozenset[sympy.Symbol] = frozenset(),
    equation: Equation | None = None,
) -> Grid:
    """The assumptions that change something, of which sets are tried.

    A symbol with a letter of its own is not substituted, but for another reading of the number.
    """
    named = equation.quantities if equation else ()
    letters_of = equation.bound.free_symbols - set(named) if equation else set()
    subjects = (subject, *(Subject(q.name, phase=subject.phase) for q in named))
    bases = tuple(derive(s, stated) for s in subjects)
    symbols = set(theirs(stated).free_symbols).union(*(total(b).free_symbols for b in bases))
    open_ = [a for a in vocabulary().values() if _is_open(a, subject, stated)]
    on_graph = [a for a in open_ if not a.substitutes]
    tries = derivations(*map(total, bases))
    toggles: list[Toggle] = []
    for assumption in on_graph[:tries]:
        try:
            parts = tuple(derive(s, (*stated, assumption)) for s in subjects)
        except EdgesymError:  # what cannot be derived explains nothing
            continue
        if parts != bases:
            toggles.append(((assumption,), parts))
            symbols = symbols.union(*(total(p).free_symbols for p in parts))
    if tries >= len(on_graph):
        toggles += _joint(bases, toggles, subjects, stated)
    tied = not named or any(map(_is_of_model, letters_of))
    moves = [
        a
        for a in open_
        if a.substitutes
        and (tied or a.grade != "structure")
        and symbols & substitution((a,)).keys()
        and (a.grade == "reading" or not letters & substitution((a,)).keys())
    ]
    made = Grid.of(bases, toggles, moves, MOST_TOGGLES)
    if tries < len(on_graph):
        said = f"only {tries} of {len(on_graph)} assumptions on the graph were tried: ours is long"
        return replace(made, cut=said)
    return made


def _is_of_model(s: sympy.Symbol) -> bool:
    return describe(s).scope == "model"


def _joint(
    bases: tuple[tuple[Part, ...], ...],
    toggles: list[Toggle],
    subjects: tuple[Subject, ...],
    stated: tuple[Assumption, ...],
) -> Iterator[Toggle]:
    """Pairs of options of the decoder that do more together than each alone: biases of a gate."""
    options = [toggle for toggle in toggles if toggle[0][0].option]
    pairs = Grid.of(bases, options, (), 2)
    plane = next(pairs.planes((), set()))
    for index, chosen in enumerate(pairs.sets):
        if len(chosen) < 2:
            continue
        both = pairs.added((), index)
        try:
            parts = tuple(derive(s, stated + both) for s in subjects)
        except EdgesymError:  # what cannot be derived explains nothing
            continue
        known = plane is not None and all(
            Residues(plane.at).of(total(p)) == int(column[index])
            for p, column in zip(parts, plane.sums, strict=True)
        )
        if not known:
            yield both, parts


def _is_open(assumption: Assumption, subject: Subject, stated: tuple[Assumption, ...]) -> bool:
    """Whether the search may assume it of a claim."""
    if not assumption.search or assumption in stated:
        return False
    if assumption.phases and subject.phase not in assumption.phases:
        return False
    if assumption.factor and subject.phase != "training":
        forward = any(name in _FORWARD for name in names_of(subject.quantity))
        if forward:
            return False
    return not any(assumption.contradicts(s) for s in stated)


def claimed(aim: sympy.Expr, equation: Equation | None, plane: Plane) -> Column | None:
    """The claim's side under each set at a point."""
    if equation and equation.quantities:
        at: dict[sympy.Basic, Column] = {s: np.uint64(v) for s, v in plane.at.items()}
        at |= dict(zip(equation.quantities, plane.sums[1:], strict=True))
        return column(equation.bound, at)
    found = Residues(plane.at).of(aim)
    return None if found is None else np.uint64(found)


def _hits(
    grid: Grid, aim: sympy.Expr, equation: Equation | None
) -> tuple[list[tuple[Assumption, ...]], str]:
    """Sets that agree with the claim at random points, and what was not tried."""
    found: list[tuple[Assumption, ...]] = []
    smallest = MOST_TOGGLES + len(grid.moves)
    each = 2 * len(grid.sets) * sum(len(base) + 1 for base in grid.bases)
    most = min(_MOST_NUMBERS // each, points_of(grid))
    for done, chosen in enumerate(grid.moved()):
        if len(chosen) > smallest + 1:
            break
        if done > most:
            return found, f"cut short after {done} sets of substitutions"
        agreed = np.ones(len(grid.sets), dtype=bool)
        for plane in grid.planes(chosen, set(aim.free_symbols)):
            wanted = plane and claimed(aim, equation, plane)
            if plane is None or wanted is None:
                agreed[:] = False
                break
            agreed &= plane.sums[0] == wanted
            if not agreed.any():
                break
        for index in np.flatnonzero(agreed):
            added = grid.added(chosen, int(index))
            if added and sensible(added):
                found.append(added)
                smallest = min(smallest, len(added))
    return found, ""


def points_of(grid: Grid) -> int:
    """Sets of substitutions for which the forms of a grid may be worked out: of long ones fewer."""
    sums = (*grid.bases, *(parts for _, sums in grid.toggles for parts in sums))
    amounts = {part.amount for parts in sums for part in parts}
    return _MOST_WORKED_OUT // (POINTS * nodes_at_most(sympy.Tuple(*amounts)))


def sensible(added: tuple[Assumption, ...]) -> bool:
    """Whether assumptions can hold together, and no more than one reads the number otherwise."""
    clash = any(a.contradicts(b) for a, b in combinations(added, 2))
    return not clash and sum(a.grade == "reading" for a in added) <= 1
