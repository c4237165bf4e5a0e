"""Proofs that an expression is not negative: none of what is, and the usual ones are found."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from edgesym.algebra.exactly import exactly
from edgesym.algebra.growth import outgrows
from edgesym.algebra.nonnegative import nonnegative
from edgesym.errors import ExpressionError
from tests.support import letters

A, K, S, W, f, P = letters("A K S W f P")
Max, Min, ceiling, floor = sympy.Max, sympy.Min, sympy.ceiling, sympy.floor

PROVED = [
    (A - 1, ()),
    (A * K - A, ()),
    (A - K, ((K, A),)),
    (A**2 - K**2, ((K, A),)),
    (A**2 - 2 * A * K + K**2, ()),
    (S * W - Min(S, W) ** 2, ()),
    (Max(S, W) - (S + W) / 2, ()),
    (S + W - Max(S, W), ()),
    (Min(S, W) - 1, ()),
    (ceiling(S / W) - S / W, ()),
    (S / 4 + Fraction(3, 4) - ceiling(S / 4), ()),
    (S - 4 * floor(S / 4), ()),
    (1 - f, ((f, 1),)),
    (1 / (1 - f) - 1, ((f, 1),)),
    (P - P * f, ((f, 1),)),
    (1 - f**2, ((f, 1),)),
    (2 * S - W, ((W, 2 * S),)),
    (A**2 / K - A, ((K, A),)),
]
NOT = [
    (A - 2, ()),
    (A - K, ()),
    (A - K, ((A, K),)),
    (1 - f, ()),
    (S - 1 - Max(S, W), ()),
    (Min(S, W) - S, ()),
    (S / 4 - ceiling(S / 4), ()),
    (A**2 - 3 * A * K + K**2, ()),
    (A * K - A - K, ()),
    (P - 1, ()),
]


@pytest.mark.parametrize(("expression", "facts"), PROVED)
def test_what_is_not_negative_is_proved(expression, facts):
    assert nonnegative(sympy.sympify(expression), facts) is not None


@pytest.mark.parametrize(("expression", "facts"), NOT)
def test_what_may_be_negative_is_not_proved(expression, facts):
    assert nonnegative(expression, facts) is None


def test_what_may_be_zero_is_not_proved_positive():
    assert nonnegative(A - 1) is not None
    assert nonnegative(A - 1, strict=True) is None
    assert nonnegative(A, strict=True) is not None
    assert nonnegative(A - K + 1, [(K, A)], strict=True) is not None
    assert nonnegative(A - K, [(K, A)], strict=True) is None
    assert nonnegative(P, strict=True) is not None


TERMS = st.lists(
    st.tuples(st.integers(-4, 4), st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(TERMS, st.booleans(), st.booleans())
def test_a_proof_is_right_wherever_it_is_tried(terms, ordered, strict):
    whole = sympy.Add(*(c * A**a * K**k * Max(S, W) ** m for c, a, k, m in terms))
    facts = ((K, A),) if ordered else ()
    if nonnegative(whole, facts, strict=strict) is None:
        return
    for a, k, s, w in product((1, 2, 3, 7, 50), repeat=4):
        if not ordered or k <= a:
            value = exactly(whole, {A: a, K: k, S: s, W: w})
            assert value > 0 or (value == 0 and not strict)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=4),
)
def test_one_cost_outgrows_another_along_what_is_found_and_is_else_bounded(above, below):
    one = sympy.Add(*(A**a * K**k for a, k in above))
    other = sympy.Add(*(A**a * K**k for a, k in below))
    how = outgrows(one, other, (A, K))
    if how is not None:
        ratios = [
            exactly(one, at) / exactly(other, at)
            for t in (10**3, 10**6)
            if (at := {s: t**p for s, p in how.items()})
        ]
        assert ratios[1] > ratios[0] * 2
        return
    for a, k in product((1, 10**2, 10**4, 10**6), repeat=2):
        assert exactly(one, {A: a, K: k}) <= len(above) * exactly(other, {A: a, K: k})


def test_a_term_that_may_be_negative_is_refused():
    with pytest.raises(ExpressionError, match="may be negative"):
        outgrows(A**2 - A, A, (A,))


def test_a_bound_keeps_a_symbol_from_growing():
    assert outgrows(S, S * 0 + 1, (S,)) == {S: 1}
    assert outgrows(S, sympy.Integer(1), (S,), [(S, W)]) is None
    assert outgrows(S * W, S**2, (S, W), [(W, S)]) is None
