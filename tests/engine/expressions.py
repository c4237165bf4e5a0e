"""Closed forms that tests draw, and points to evaluate them at."""

from __future__ import annotations

import sympy
from hypothesis import strategies as st

from tests.support import letters

SYMBOLS = H, I, S, W = letters("H I S W")

points = st.fixed_dictionaries({symbol: st.integers(1, 60) for symbol in SYMBOLS})


def expressions_with(*functions):
    """Sums, products, quotients, maxima and roundings, and these functions of one of them."""

    def combine(children):
        pairs = st.tuples(children, children)
        return st.one_of(
            pairs.map(lambda p: p[0] + p[1]),
            pairs.map(lambda p: p[0] * p[1]),
            pairs.map(lambda p: p[0] - 3 * p[1]),
            pairs.map(lambda p: p[0] / (p[1] ** 2 + 1)),
            pairs.map(lambda p: sympy.Min(*p)),
            pairs.map(lambda p: sympy.Max(*p, evaluate=False)),
            pairs.map(lambda p: sympy.Mod(p[0], p[1] ** 2 + 1)),
            children.map(lambda c: sympy.floor(c / 3)),
            children.map(lambda c: sympy.ceiling(c / W)),
            *(children.map(function) for function in functions),
            children.map(lambda c: c**3),
        )

    leaves = st.one_of(st.sampled_from(SYMBOLS), st.integers(-5, 9).map(sympy.Integer))
    return st.recursive(leaves, combine, max_leaves=6)
