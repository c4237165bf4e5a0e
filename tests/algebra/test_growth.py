"""Orders of growth: which terms lead, and when two formulas grow alike."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.algebra.growth import same_order, theta
from edgesym.errors import ExpressionError

N, d, M, c = sympy.symbols("N d M c", positive=True)

LEADING = [
    (4 * N * d + 4 * N**2 + 7, (N, d), (), N * d + N**2),
    (4 * N * d + 4 * N**2, (N, d), [(d, N)], N**2),
    (12 * N**2 * d**2 / M + 2 * N * d, (N, d, M), [(M, N * d)], N**2 * d**2 / M),
    (12 * N**2 * d**2 / M + 2 * N * d, (N, d, M), [(N * d, M)], N * d),
    (c * N + d, (N,), (), N),
    ((N + 1) ** 2 - N**2, (N,), (), N),
    (sympy.Integer(7), (N,), (), 1),
    (sympy.Integer(0), (N,), (), 0),
    (sympy.sqrt(N) + N ** sympy.Rational(1, 3), (N,), (), sympy.sqrt(N)),
    (sympy.ceiling(N / d) * d, (N, d), (), N + d),
    (sympy.Max(N, d**2), (N, d), (), N + d**2),
    (N**2 - N, (N,), (), N**2),
    (1 / N + 1 / d, (N, d), (), 1 / N + 1 / d),
    (N**2 + N * d + d**2, (N, d), (), N**2 + N * d + d**2),
    (N + d, (N, d), [(N, d), (d, N)], N),
    (N**2 + d**3, (N, d), [(d**2, N)], N**2),
    (N**3 + d**4 * N, (N, d, M), [(d**2, M), (M, N)], N**3),
]


@pytest.mark.parametrize(("expression", "symbols", "bounds", "expected"), LEADING)
def test_the_leading_terms_remain_without_constants(expression, symbols, bounds, expected):
    assert theta(expression, symbols, bounds) == expected
    assert same_order(expression, expected, symbols, bounds)


REFUSED = [
    (N * sympy.log(N), "is no power of N"),
    (2**N, "is no power of N"),
    (sympy.Min(N, 3), "is no power of N"),
    (1 / (N + 1), "is no power of N"),
    (d - N, "negative"),
]


@pytest.mark.parametrize(("expression", "message"), REFUSED)
def test_what_has_no_such_order_is_refused(expression, message):
    with pytest.raises(ExpressionError, match=message):
        theta(expression, (N, d))


def test_too_many_terms_or_bounds_are_refused():
    with pytest.raises(ExpressionError, match="501 terms"):
        theta(sympy.Add(*(N**i for i in range(501))), (N,))
    with pytest.raises(ExpressionError, match="7 bounds"):
        theta(N, (N,), [(N, d)] * 7)


powers = st.tuples(st.integers(-2, 3), st.integers(-2, 3), st.integers(1, 9))
sums = st.lists(powers, min_size=1, max_size=5).map(
    lambda rows: sympy.Add(*(n * N**i * d**j for i, j, n in rows))
)


@given(sums)
def test_an_order_bounds_the_expression_from_both_sides(expression):
    leading = theta(expression, (N, d))
    assert theta(leading, (N, d)) == leading
    assert same_order(expression, leading, (N, d))
    many = sum(sympy.Poly(expression * N**2 * d**2, N, d).coeffs())
    for point in ({N: 1, d: 1}, {N: 10**6, d: 3}, {N: 2, d: 10**9}, {N: 10**5, d: 10**5}):
        ratio = (expression / leading).xreplace(point)
        assert 1 <= ratio <= many
