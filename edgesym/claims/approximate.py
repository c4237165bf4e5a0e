"""Whether what a claim leaves out vanishes: proved by leading terms, for all values of the others.

A claim is an approximation if it gives terms of ours as they are and leaves others out, and
if these are of a lower degree in symbols that grow together. A term that it gives otherwise than
we do is wrong, however small it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import sympy

from edgesym.algebra.exactly import exactly, random_points
from edgesym.algebra.expansion import expanded
from edgesym.algebra.polynomial import monomials, terms_at_most
from edgesym.algebra.vanish import Vanishing, vanishing
from edgesym.claims.assumptions import Assumption, vocabulary
from edgesym.claims.attribute import parts_of
from edgesym.claims.both_sides import MOST_TERMS, BothSides
from edgesym.claims.derive import Part, total
from edgesym.claims.reference import rates
from edgesym.claims.sizes import relative_sizes
from edgesym.errors import EdgesymError
from edgesym.symbols import TABLE, symbol

__all__ = ["Dropped", "growing", "left_out", "with_departures"]

#: An error above it, on any real model, is none of an approximation.
_LARGE = 0.5
#: Words of what grows, the most natural first. A shape (the dimension of a head, of a feed-forward)
#: is not among them: it grows with the hidden one.
_GROWING = (
    *("hidden", "layers", "context", "new_tokens", "cached_tokens", "prompt_tokens"),
    *("generated_tokens", "batch", "window", "experts"),
    *(
        word
        for word, row in TABLE.items()
        if row.scope == "cluster" and row.domain == "positive integer"
    ),
)
_POINTS = 3
_STEPS = 40
#: Different sums below fraction lines, of one side times those of the other: papers have 1 or 2.
_MOST_DENOMINATORS = 9


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a claim leaves out, and that it vanishes.

    Attributes:
        rest: ours less theirs.
        parts: the parts of the graph it is of.
        proof: as which symbols grow, and to what order.
        sizes: its share on real models.
    """

    rest: sympy.Expr
    parts: tuple[str, ...]
    proof: Vanishing
    sizes: dict[str, float]

    def words(self, lettered: Callable[[sympy.Expr], sympy.Expr]) -> str:
        """One line, its symbols as the author writes them."""
        of = f" ({', '.join(self.parts)})" if self.parts else ""
        sizes = [abs(size) for size in self.sizes.values()]
        real = f"; {_range(min(sizes), max(sizes))} on real models" if sizes else ""
        return f"left out: {lettered(self.rest)}{of}; {self.proof.words(lettered)}{real}"


def _range(low: float, high: float) -> str:
    first, last = (f"{100 * size:.2g} %" for size in (low, high))
    return last if first == last else f"{first} to {last}"


def left_out(case: BothSides, basis: tuple[Assumption, ...]) -> Dropped | None:
    """What a claim leaves out of ours whole terms of, if all else is equal and it vanishes."""
    try:
        theirs, parts = case.theirs(basis), case.parts(basis)
    except EdgesymError:  # what cannot be derived leaves nothing out
        return None
    ours = total(parts)
    return _dropped(theirs, ours, parts)


def with_departures(
    case: BothSides, basis: tuple[Assumption, ...], departs: Sequence[Assumption]
) -> Dropped | None:
    """What a claim leaves out that is exact with some omissions or halves, if it vanishes.

    A half of all pairs is held to the pairs under the causal mask, of which it leaves out the
    lower order.
    """
    if any(a.grade not in ("omission", "half") for a in departs):
        return None
    half = any(a.grade == "half" for a in departs)
    held = (*basis, vocabulary()["causal"]) if half else basis
    try:
        ours, theirs = total(case.parts(held)), case.theirs(held)
    except EdgesymError:  # what cannot be derived leaves nothing out
        return None
    if max(terms_at_most(ours), terms_at_most(theirs)) > MOST_TERMS:
        return None
    rest = expanded(ours - theirs)
    return _judged(rest, ours, case.parts(held))


def _dropped(theirs: sympy.Expr, ours: sympy.Expr, parts: tuple[Part, ...]) -> Dropped | None:
    if max(terms_at_most(theirs), terms_at_most(ours)) > MOST_TERMS:
        return None
    if theirs.has(sympy.Max, sympy.Min) or ours.has(sympy.Max, sympy.Min):
        return _of_maxima(theirs, ours)
    if _denominators(theirs) * _denominators(ours) > _MOST_DENOMINATORS:
        return None
    tops = [sympy.fraction(sympy.together(side)) for side in (theirs, ours)]
    if any(below.has(sympy.Add) for _, below in tops):
        return _of_ratios(theirs, ours)
    given, wanted = monomials(theirs), monomials(ours)
    if not given or any(wanted.get(m) != a for m, a in given.items()):
        return None
    rest = sympy.Add(*(a * m for m, a in wanted.items() if m not in given))
    return _judged(rest, ours, parts)


def _denominators(side: sympy.Expr) -> int:
    """Sums that stand below a fraction line: brought over one line, their terms multiply."""
    below = (p for p in side.atoms(sympy.Pow) if p.exp.is_negative and p.base.is_Add)
    return max(1, sum(1 for _ in below))


def _judged(rest: sympy.Expr, ours: sympy.Expr, parts: tuple[Part, ...]) -> Dropped | None:
    """The rest as what is left out, if it is proved to vanish and no half on real models."""
    if rest == 0:
        return None
    if not _figures(rest) <= _figures(ours - rest):
        return None  # a time without the time of another unit is no time of lower order
    proof = vanishing(rest, ours, growing(rest, ours))
    if proof is None or not _falls(rest, ours, proof):
        return None
    sizes = relative_sizes(rest, ours)
    if not sizes or max(abs(size) for size in sizes.values()) > _LARGE:
        return None
    return Dropped(rest, parts_of(rest, parts), proof, sizes)


def _figures(side: sympy.Expr) -> set[frozenset[tuple[sympy.Expr, sympy.Expr]]]:
    """The figures of devices in each term, with their powers."""
    figures = rates()
    return {
        frozenset((s, p) for s, p in monomial.as_powers_dict().items() if s in figures)
        for monomial in monomials(side)
    }


def growing(*sides: sympy.Expr) -> list[sympy.Symbol]:
    """The counts that may grow, the most natural first."""
    used = set().union(*(side.free_symbols for side in sides))
    return [s for s in map(symbol, _GROWING) if s in used]


def _falls(rest: sympy.Expr, ours: sympy.Expr, proof: Vanishing) -> bool:
    """Whether the share is smaller at random values when what grows has grown: a second look."""
    symbols = rest.free_symbols | ours.free_symbols
    for point in random_points(frozenset(symbols), _POINTS, highest=1000):
        grown = {s: v * 2**_STEPS if s in proof.growing else v for s, v in point.items()}
        try:
            now, later = (exactly(rest, at) / exactly(ours, at) for at in (point, grown))
        except (ArithmeticError, RecursionError):  # not in fractions: the proof stands alone
            return True
        if abs(later) * 2 >= abs(now) and now != 0:
            return False
    return True


def _of_maxima(theirs: sympy.Expr, ours: sympy.Expr) -> Dropped | None:
    """A maximum for a maximum: an approximation if each argument is one, or is equal."""
    made = [side.args if isinstance(side, sympy.Max) else () for side in (theirs, ours)]
    if not made[0] or len(made[0]) != len(made[1]):
        return None
    left = list(made[1])
    found: Dropped | None = None
    for given in made[0]:
        for wanted in left:
            near = _dropped(given, wanted, ())
            if near or expanded(given - wanted) == 0:
                found = near or found
                left.remove(wanted)
                break
        else:
            return None
    if found is None:
        return None
    sizes = relative_sizes(ours - theirs, ours)
    return replace(found, sizes=sizes) if sizes else None


def _of_ratios(theirs: sympy.Expr, ours: sympy.Expr) -> Dropped | None:
    """A ratio of sums for a ratio of sums, each reduced: terms of one side may be left out."""
    (above, below), (top, under) = (sympy.fraction(sympy.cancel(s)) for s in (theirs, ours))
    given, wanted = monomials(above * under), monomials(top * below)
    differing = [m for m in given.keys() | wanted.keys() if given.get(m) != wanted.get(m)]
    of_one_side = all(m in given for m in differing) != all(m in wanted for m in differing)
    if any(m in given and m in wanted for m in differing) or not of_one_side:
        return None
    rest = sympy.Add(*(wanted.get(m, 0) * m - given.get(m, 0) * m for m in differing))
    whole = sympy.Add(*(a * m for m, a in wanted.items()))
    found = _judged(rest, whole, ())
    if found is None:
        return None
    sizes = relative_sizes(ours - theirs, ours)
    if not sizes or max(abs(size) for size in sizes.values()) > _LARGE:
        return None
    return replace(found, rest=sympy.cancel(ours - theirs), sizes=sizes)
