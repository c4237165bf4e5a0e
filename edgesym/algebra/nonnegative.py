"""Proof that an expression is not negative, for all positive numbers of its symbols.

A polynomial whose coefficients are not negative is not negative where its symbols are not. Others
become such polynomials when each symbol is written as the least that it can be and what it is
more: 1 + h for a count, K + a for a symbol that is at least K. Maxima, minima and roundings are
one of their arguments, or lie between bounds; what is of the first degree in a symbol, or bends
downwards in it, is least at an end of its range.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from math import lcm

import sympy

from edgesym.algebra.growth import Bound
from edgesym.algebra.polynomial import Monomials, monomials, terms_at_most

__all__ = ["nonnegative"]

#: Polynomials looked at, at most.
_MOST_TRIED = 200
_MOST_TERMS = 2_000
#: Facts that are used at once, and orders of two symbols that are told apart one within the other.
_MOST_FACTS, _MOST_ORDERS = 3, 2
_MOST_SPLIT = 5
_STEPPED = (sympy.Max, sympy.Min, sympy.ceiling, sympy.floor)

Used = tuple[Bound, ...]


def nonnegative(
    expression: sympy.Expr, facts: Sequence[Bound] = (), *, strict: bool = False
) -> Used | None:
    """The facts by which an expression is proved not to be negative; None if it is not proved.

    Symbols are counts from 1 on, counts from 0 on or positive reals, as they are made.

    Args:
        expression: products, sums, powers, maxima, minima and roundings.
        facts: pairs (lesser, greater) with lesser <= greater.
        strict: whether it has to be positive.

    >>> from edgesym.symbols import symbol
    >>> A, K, D = symbol("heads"), symbol("kv_heads"), symbol("head_dim")
    >>> nonnegative(2 * A * D - A), nonnegative(A * D - K * D)
    ((), None)
    >>> nonnegative(A * D - K * D, [(K, A)])
    ((K, A),)
    """
    given = tuple((sympy.sympify(lesser), sympy.sympify(greater)) for lesser, greater in facts)
    return _Prover(strict).shown(sympy.sympify(expression), given, 0)


@dataclass(slots=True)
class _Prover:
    """Looks for a proof, counting the polynomials that it looks at."""

    strict: bool
    tried: int = 0

    def shown(self, expression: sympy.Expr, facts: Used, depth: int) -> Used | None:
        """The facts used, or None; ``depth`` orders of symbols are told apart already."""
        stepped = expression.atoms(*_STEPPED)
        if stepped:
            inner = min(stepped, key=lambda n: (sympy.count_ops(n), str(n)))
            return self._stepped(expression, inner, facts, depth)
        if terms_at_most(expression) > _MOST_TERMS:
            return None
        above, below = sympy.fraction(sympy.together(expression))
        used: Used = ()
        for factor in sympy.Mul.make_args(below):
            sign = _sign(factor)
            if sign:
                above *= sign
                continue
            shown = self._denominator(factor, facts, depth)
            if shown is None:
                return None
            used += shown
        found = self._polynomial(above, facts, depth)
        return None if found is None else tuple(dict.fromkeys((*used, *found)))

    def _denominator(self, factor: sympy.Expr, facts: Used, depth: int) -> Used | None:
        """The facts by which a factor is not negative; where it is 0 there is no value."""
        strict, self.strict = self.strict, False
        found = self._polynomial(factor, facts, depth)
        self.strict = strict
        return found

    def _all(self, cases: Iterator[tuple[sympy.Expr, Used]], depth: int) -> Used | None:
        """The facts used for all cases; the conditions of a case are none of them."""
        used: Used = ()
        for case, facts in cases:
            found = self.shown(case, facts, depth)
            if found is None:
                return None
            used += found
        return tuple(dict.fromkeys(used))

    def _stepped(self, whole: sympy.Expr, node: sympy.Expr, facts: Used, depth: int) -> Used | None:
        place = sympy.Dummy("n", positive=True)
        rises = _sign(sympy.diff(whole.xreplace({node: place}), place))

        def put(value: sympy.Expr) -> sympy.Expr:
            return whole.xreplace({node: value})

        if isinstance(node, sympy.ceiling | sympy.floor):
            if not rises:
                return None
            (x,) = node.args
            step = _step(x) if isinstance(node, sympy.ceiling) == (rises < 0) else sympy.S.Zero
            return self.shown(put(x - rises * step), facts, depth)
        extreme = isinstance(node, sympy.Max) == (rises > 0)
        if rises and extreme:  # any argument is a bound, and so is their mean
            means = [sympy.Add(*node.args) / len(node.args)]
            for value in (*node.args, *means):
                found = self.shown(put(value), facts, depth)
                if found is not None:
                    return found
        largest = isinstance(node, sympy.Max)

        def cases() -> Iterator[tuple[sympy.Expr, Used]]:
            for one in node.args:
                others = [_reduced(one, other) for other in node.args if other != one]
                orders = tuple((b, a) if largest else (a, b) for a, b in others)
                yield put(one), (*facts, *orders)

        found = self._all(cases(), depth)
        return None if found is None else tuple(f for f in found if f in facts)

    def _polynomial(self, above: sympy.Expr, facts: Used, depth: int) -> Used | None:
        terms = _without_common(monomials(above))
        free = set().union(*(m.free_symbols for m in terms))
        near = [f for f in facts if free & (f[0].free_symbols | f[1].free_symbols)]
        if self._by_shifts(terms, ()):
            return ()
        risen = [f for f in near if f[1].is_Symbol and f[1] not in f[0].free_symbols]
        for count in range(1, _MOST_FACTS + 1):
            for used in combinations(risen, count):
                if self._by_shifts(terms, used):
                    return used
        for fact in near:
            if fact[0].is_Symbol and fact[0] not in fact[1].free_symbols:
                found = self._at_ends(terms, fact, facts, depth)
                if found is not None:
                    return found
        return self._by_orders(terms, facts, depth)

    def _at_ends(self, terms: Monomials, fact: Bound, facts: Used, depth: int) -> Used | None:
        """Of the first degree in a symbol, or bent downwards: least at an end of its range."""
        s, most = fact
        powers = {m.as_powers_dict().get(s, sympy.Integer(0)) for m in terms}
        if not powers <= {0, 1, 2} or powers == {0}:
            return None
        if any(a > 0 for m, a in terms.items() if m.as_powers_dict().get(s) == 2):
            return None
        whole = sympy.Add(*(a * m for m, a in terms.items()))
        others = tuple(f for f in facts if f != fact)
        ends = (most, _least(s))
        found = self._all(((whole.xreplace({s: end}), others) for end in ends), depth)
        return None if found is None else tuple(dict.fromkeys((*found, fact)))

    def _by_orders(self, terms: Monomials, facts: Used, depth: int) -> Used | None:
        """One symbol is at most another, or the other way round: both have to be shown."""
        counts = sorted(
            {s for m in terms for s in m.free_symbols if s.is_integer and not s.is_Dummy}, key=str
        )
        if depth >= _MOST_ORDERS or not 2 <= len(counts) <= _MOST_SPLIT:
            return None
        whole = sympy.Add(*(a * m for m, a in terms.items()))
        for one, other in combinations(counts, 2):
            if (one, other) in facts or (other, one) in facts:
                continue
            orders = ((one, other), (other, one))
            found = self._all(((whole, (*facts, order)) for order in orders), depth + 1)
            if found is not None:
                return tuple(f for f in found if f not in orders)
        return None

    def _by_shifts(self, terms: Monomials, used: Used) -> bool:
        """Whether all coefficients are positive, once each symbol is its least and some more."""
        self.tried += 1
        if self.tried > _MOST_TRIED:
            return False
        if not self.strict and all(a >= 0 for a in terms.values()):
            return True
        put: dict[sympy.Symbol, sympy.Expr] = {}
        for lesser, greater in used:
            if greater in put:
                return False
            put[greater] = lesser + sympy.Dummy("more", nonnegative=True)
        for _ in put:
            put = {s: value.xreplace(put) for s, value in put.items()}
        if any(value.free_symbols & put.keys() for value in put.values()):
            return False
        free = set().union(
            *(m.free_symbols for m in terms), *(v.free_symbols for v in put.values())
        )
        ends = {s: _least(s) + sympy.Dummy("more", nonnegative=True) for s in free - put.keys()
                if s.is_integer and _powers_whole(s, terms)}  # fmt: skip
        whole = sympy.Add(*(a * m for m, a in terms.items())).xreplace(put).xreplace(ends)
        if terms_at_most(whole) > _MOST_TERMS:
            return False
        found = monomials(whole)
        if any(a < 0 for a in found.values()):
            return False
        if not self.strict:
            return True
        zero = {s for m in found for s in m.free_symbols if not s.is_positive}
        return any(not m.free_symbols & zero for m in found)


def _least(s: sympy.Symbol) -> sympy.Expr:
    """The least number of a symbol; of a positive real, the end that it does not reach."""
    return sympy.Integer(1 if s.is_integer and s.is_positive else 0)


def _powers_whole(s: sympy.Symbol, terms: Monomials) -> bool:
    for monomial in terms:
        for base, power in monomial.as_powers_dict().items():
            if base.has(s) and not (base == s and power.is_Integer and power > 0):
                return False
    return True


def _without_common(terms: Monomials) -> Monomials:
    """The terms without the powers that all of them have: those are positive."""
    shared: dict[sympy.Expr, sympy.Expr] = {}
    for index, monomial in enumerate(terms):
        powers = monomial.as_powers_dict()
        if not index:
            shared = dict(powers)
        shared = {
            b: min(p, powers[b]) for b, p in shared.items()
            if b in powers and p.is_Rational and powers[b].is_Rational
        }  # fmt: skip
    common = reduce(lambda x, y: x * y, (b**p for b, p in shared.items() if b != 1), sympy.S.One)
    return {m / common: a for m, a in terms.items()}


def _sign(slope: sympy.Expr) -> int:
    """1 or -1 where all terms of a slope have that sign, otherwise 0."""
    found = 1
    for part in sympy.fraction(sympy.together(slope)):
        signs = {a > 0 for a in monomials(part).values()}
        if len(signs) != 1:
            return 0
        found *= 1 if signs.pop() else -1
    return found


def _reduced(one: sympy.Expr, other: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Two arguments without what they have in common."""
    common = sympy.gcd(one, other)
    if common == 1 or not common.is_positive:
        return one, other
    return sympy.cancel(one / common), sympy.cancel(other / common)


def _step(x: sympy.Expr) -> sympy.Rational:
    """How far rounding moves a value at most: less than 1, and by how much less."""
    found = 1
    for monomial, amount in monomials(x).items():
        powers = monomial.as_powers_dict().items()
        if not all(b.is_integer and p.is_Integer and p >= 0 for b, p in powers if b != 1):
            return sympy.Integer(1)
        found = lcm(found, int(amount.q))
    return 1 - sympy.Rational(1, found)
