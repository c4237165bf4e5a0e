"""Scans against what looking at every number one by one finds."""

import math
import operator
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.engine.evaluate import evaluate
from edgesym.engine.grid import Range
from edgesym.engine.roots import Interval, intersect, root_between, scan
from edgesym.symbols import symbol

S, W_m, N = symbol("context"), symbol("memory_bandwidth"), symbol("chunk")
HOLDS = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "=": operator.eq,
}


def one_by_one(expression, relation, values, high):
    """The numbers from 1 to high at which a relation to 0 holds."""
    return {
        n for n in range(1, high + 1) if HOLDS[relation](evaluate(expression, {**values, S: n}), 0)
    }


def members(intervals):
    return {n for i in intervals for n in range(i.low, i.high + 1)}


CASES = [
    2 * S - 999,
    S**2 - 300 * S + 7000,
    S**2 - 300 * S + 22500,
    sympy.Min(S, 100) - 100,
    sympy.Max(5 * S, 700) - 1200,
    S / 10 + 50 * sympy.Mod(S, N) - 777,
    sympy.ceiling(S / N) - 12,
    sympy.floor((S + 3) / N) * 7 - S + 20,
    (sympy.Rational(3, 4)) ** S - sympy.Rational(1, 1000),
    1000 / S - 7,
    sympy.Integer(3) - S * 0,
]


@pytest.mark.parametrize("relation", HOLDS)
@pytest.mark.parametrize("expression", CASES, ids=str)
def test_whole_numbers_are_those_that_one_by_one_finds(expression, relation):
    values = {N: 37}
    found = scan(expression, relation, S, values, Range(1, 600, whole=True))
    assert members(found.intervals) == one_by_one(expression, relation, values, 600)


@given(
    st.integers(1, 50),
    st.integers(2, 900),
    st.fractions(-3, 3, max_denominator=40),
    st.fractions(-2000, 2000, max_denominator=7),
    st.sampled_from(sorted(HOLDS)),
)
def test_sawtooth_is_found_whole(height, chunk, slope, shift, relation):
    expression = height * sympy.Mod(S, N) + sympy.Rational(slope) * S + sympy.Rational(shift)
    values = {N: chunk}
    found = scan(expression, relation, S, values, Range(1, 1500, whole=True))
    assert members(found.intervals) == one_by_one(expression, relation, values, 1500)


@given(st.integers(1, 10**12), st.integers(1, 10**3), st.sampled_from(["<=", "<"]))
def test_large_answers_are_exact(bound, slope, relation):
    within = Range(1, 10**9, whole=True)
    found = scan(slope * S - bound, relation, S, {}, within).intervals
    last = bound // slope if relation == "<=" else (bound - 1) // slope
    last = min(last, 10**9)
    assert found == ((Interval(1, last),) if last >= 1 else ())


def test_no_jump_far_out_is_missed():
    """A sawtooth at ten million: its teeth are far narrower than the steps of the grid."""
    expression = 1000 * sympy.Mod(S, N) + S - 10_000_000
    values = {N: 8192}
    found = scan(expression, "<=", S, values, Range(1, 10**9, whole=True))
    assert not found.monotone
    assert found.complete
    last = found.intervals[-1].high
    assert evaluate(expression, {**values, S: last}) <= 0
    later = range(last + 1, last + 3 * 8192)
    assert all(evaluate(expression, {**values, S: n}) > 0 for n in later)
    teeth = [n for n in range(9_000_000, 10_000_001) if n % 8192 == 0]
    starts = {interval.low for interval in found.intervals}
    assert set(teeth) <= starts


@pytest.mark.parametrize(
    ("expression", "relation", "expected"),
    [
        (5e9 / W_m - Fraction(1, 20), "<=", [(1e11, 1e18)]),
        (W_m * Fraction(1, 10**9) - 3, "<=", [(1.0, 3e9)]),
        ((W_m - 1000) * (W_m - 10**7), "<=", [(1e3, 1e7)]),
        ((W_m - 1000) * (W_m - 10**7), "=", [(1e3, 1e3), (1e7, 1e7)]),
        (sympy.floor(W_m / 1000) - 12 - sympy.Rational(1, 2), "=", []),
        (W_m + 1, "<=", []),
    ],
    ids=str,
)
def test_real_ends(expression, relation, expected):
    found = scan(sympy.nsimplify(expression), relation, W_m, {}, Range(1.0, 1e18)).intervals
    assert len(found) == len(expected)
    for interval, (low, high) in zip(found, expected, strict=True):
        assert math.isclose(interval.low, low, rel_tol=1e-13)
        assert math.isclose(interval.high, high, rel_tol=1e-13)


def test_ends_of_real_intervals_hold_exactly():
    expression = 7 / W_m + sympy.Rational(1, 3) - sympy.Rational(2, 3)
    (found,) = scan(expression, "<=", W_m, {}, Range(1.0, 1e6)).intervals
    assert evaluate(expression, {W_m: Fraction(found.low)}) <= 0
    assert math.isclose(found.low, 21, rel_tol=1e-14)


@pytest.mark.parametrize(
    ("expression", "monotone"),
    [(S**2 - 5, True), (1 / S, True), (S**2 - 300 * S, False), (sympy.Mod(S, 7), False)],
    ids=str,
)
def test_turns_are_told(expression, monotone):
    assert scan(expression, "<=", S, {}, Range(1, 10**6, whole=True)).monotone is monotone


def test_closest_is_the_least_where_nothing_holds():
    found = scan((S - 700) ** 2 + 1, "<=", S, {}, Range(1, 10**5, whole=True))
    assert found.intervals == ()
    assert found.closest == 700


def test_root_lies_between_two_integers():
    assert math.isclose(root_between(3 * S - 10, S, {}, 3, 4), 10 / 3, rel_tol=1e-15)


spans = st.lists(st.integers(0, 40), unique=True).map(
    lambda ends: [
        Interval(a, b) for a, b in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)
    ]
)


@given(spans, spans)
def test_intersection_is_that_of_the_members(one, other):
    assert members(intersect(one, other)) == members(one) & members(other)
