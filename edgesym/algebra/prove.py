"""Proof that two expressions are equal, or a point where they are not.

The work is counted in nodes of the expression that are visited, never in seconds: the same
expressions get the same answer on a busy machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import permutations, product

import sympy

from edgesym.algebra.expansion import expanded
from edgesym.algebra.once import replaced
from edgesym.algebra.polynomial import Residues, nodes_at_most, terms_at_most
from edgesym.algebra.rounding import as_floors
from edgesym.domain import Natural, checked
from edgesym.engine.series import as_fractions
from edgesym.errors import ExpressionError
from edgesym.plain import plain_line

__all__ = ["Proof", "prove_equal"]

_MOST_TERMS = 20_000
_MOST_CASES = 720
#: Terms of a sum over an index: each is summed by itself, at a cost that grows with its degree.
_MOST_SUMMED = 24
_POINTS = 12
#: Nodes visited, at most, unless a caller says otherwise.
_STEPS = 2_000_000
#: Nodes visited to bring one node to normal form, about.
_PER_NODE = 20


@dataclass(frozen=True, slots=True)
class Proof:
    """The answer to whether two expressions are equal for all positive integers.

    Attributes:
        answer: ``yes``, ``no`` or ``unknown``.
        how: what decided it.
        counterexample: values of the symbols at which the two differ.
    """

    answer: str
    how: str
    counterexample: Mapping[sympy.Symbol, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether they are proved equal."""
        return self.answer == "yes"


@checked
def prove_equal(a: sympy.Expr, b: sympy.Expr, steps: Natural = _STEPS) -> Proof:
    """Whether a = b for all positive integer values of their symbols.

    Decided by expansion to a sum of monomials; before it by values at random integers modulo
    a prime, which can only refute; for maxima and minima by every order of their arguments.
    No decision rests on floating point. What cannot be decided in ``steps`` is ``unknown``.

    >>> from edgesym.symbols import symbol
    >>> H, L = symbol("hidden"), symbol("layers")
    >>> prove_equal((H + L) ** 2, H**2 + 2 * H * L + L**2).answer
    'yes'
    >>> prove_equal(H**2, H).counterexample
    {H: 2}

    Raises:
        ExpressionError: two symbols of one name, which sympy takes for two numbers.
    """
    a, b = sympy.sympify(a, strict=True), sympy.sympify(b, strict=True)
    if a == b:
        return Proof("yes", "the same expression")
    _refuse_namesakes(a.free_symbols | b.free_symbols)
    difference = as_fractions(sympy.Add(a, -b, evaluate=False))
    sums = difference.atoms(sympy.Sum)
    if any(terms_at_most(part) > _MOST_SUMMED for part in sums):
        return Proof("unknown", f"a sum over an index of more than {_MOST_SUMMED} terms")
    if sums:
        difference = replaced(difference, {part: part.doit() for part in sums})
    size = nodes_at_most(difference, steps)
    tried = 0
    for index, point in enumerate(_points(difference)):
        if (index + 1) * size > steps:
            break
        found = Residues(point).of(difference)
        tried += found is not None
        if found or (found is None and _differs(difference, point)):
            return Proof("no", "they differ at a point", point)
    agree = f"they agree at {tried} random points, modulo a prime" if tried else "no exact value"
    if difference.has(sympy.zoo, sympy.oo, sympy.nan):
        return Proof("unknown", "infinite or undefined")
    difference = as_floors(_with_factors_out(difference))
    if terms_at_most(difference) > _MOST_TERMS or nodes_at_most(difference, steps) > _MOST_TERMS:
        return Proof("unknown", f"too long to expand; {agree}")
    if _vanishes(difference):
        return Proof("yes", "both expand to the same sum of monomials")
    stepped = difference.atoms(sympy.Max, sympy.Min)
    if stepped:
        decided = _by_cases(difference, stepped, steps // (_PER_NODE * size))
        if decided is not None:
            return decided
    return Proof("unknown", agree)


def _refuse_namesakes(symbols: Iterable[sympy.Basic]) -> None:
    """Refuse symbols of one name and other assumptions: no proof is of what somebody means."""
    seen: dict[str, sympy.Basic] = {}
    for made in sorted(symbols, key=str):
        if type(made) is not sympy.Symbol:  # one that is another on purpose
            continue
        if seen.setdefault(str(made), made) != made:
            raise ExpressionError(
                f"two symbols are called {plain_line(str(made), 40)}, of different assumptions; "
                'take those of edgesym, such as edgesym.symbol("hidden"), in both formulas'
            )


def _differs(difference: sympy.Expr, point: Mapping[sympy.Symbol, int]) -> bool:
    """Whether roots and logarithms are sure not to cancel at a point, as sympy decides it."""
    if terms_at_most(difference) > 100 or difference.has(sympy.Sum):  # sympy adds all terms up
        return False
    number = difference.xreplace({s: sympy.Integer(v) for s, v in point.items()})
    return number.is_comparable is True and number.is_zero is False


def _with_factors_out(expression: sympy.Expr) -> sympy.Expr:
    """Maxima and minima with what their arguments have in common in front: 2 max(H, L)."""
    nodes = expression.atoms(sympy.Max, sympy.Min)
    return replaced(expression, {node: _pulled(node) for node in nodes}) if nodes else expression


@lru_cache(maxsize=4096)
def _pulled(node: sympy.Expr) -> sympy.Expr:
    """A maximum with what its arguments have in common in front."""
    if any(not argument.is_Mul and not argument.is_Symbol for argument in node.args):
        return node
    common = reduce(sympy.gcd, node.args)
    if common == 1 or not common.is_positive:
        return node
    return common * node.func(*(argument / common for argument in node.args))


def _vanishes(difference: sympy.Expr) -> bool:
    """Whether the normal form is zero: expanded, and over one denominator where there are sums."""
    flat = expanded(difference)
    if flat == 0:
        return True
    sums_below = any(
        isinstance(node, sympy.Pow) and node.exp.is_negative and isinstance(node.base, sympy.Add)
        for node in sympy.preorder_traversal(flat)
    )
    if not sums_below:
        return False
    above, _ = sympy.fraction(sympy.together(flat))
    return terms_at_most(above) <= _MOST_TERMS and bool(sympy.expand(above) == 0)


def _points(expression: sympy.Expr) -> Iterator[dict[sympy.Symbol, int]]:
    """Small values first, for a counterexample that can be read; then random ones."""
    symbols = sorted(expression.free_symbols, key=str)
    yield {s: 2 + i for i, s in enumerate(symbols)}
    yield {s: 2 + 2 * i for i, s in enumerate(reversed(symbols))}
    draw = random.Random(20250706)  # noqa: S311 - reproducible points, no secret
    for index in range(_POINTS):
        highest = 64 if index < _POINTS // 2 else 2**20
        yield {s: draw.randrange(1, highest) for s in symbols}


def _by_cases(difference: sympy.Expr, stepped: set[sympy.Expr], tries: int) -> Proof | None:
    """Yes, if the difference vanishes for every order of the arguments of its maxima."""
    sets = {frozenset(node.args) for node in stepped}
    orders = [
        tuple(permutations(sorted(s, key=sympy.default_sort_key))) for s in sets if len(s) < 6
    ]
    cases = 1
    for order in orders:
        cases *= len(order)
    if len(orders) < len(sets) or cases > _MOST_CASES:
        return None
    for index, chosen in enumerate(product(*orders)):
        if index >= tries:
            return Proof("unknown", f"cut short after {index} of {cases} orders of its maxima")
        rank = {frozenset(order): order for order in chosen}
        least = {node: rank[frozenset(node.args)][0] for node in stepped if node.func is sympy.Min}
        most = {node: rank[frozenset(node.args)][-1] for node in stepped if node.func is sympy.Max}
        settled = difference
        for _ in range(4):  # maxima of maxima
            settled = settled.xreplace({**least, **most})
        if not _vanishes(settled):
            return None
    return Proof("yes", f"equal in each of {cases} orders of the arguments of its maxima")
