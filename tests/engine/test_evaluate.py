"""Evaluation against sympy's own substitution: exact where it can be, errors where it must."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import assume, given

from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from tests.engine.expressions import expressions_with, points
from tests.support import letters

H, I, S, W, b, T, E, k, P, C = letters("H I S W b T E k P C")
expressions = expressions_with()


@given(expressions, points)
def test_any_expression_has_the_value_that_sympy_finds(expression, point):
    truth = expression.xreplace({s: sympy.Integer(n) for s, n in point.items()}).doit()
    found = evaluate(expression, point)
    assert isinstance(found, int | Fraction)
    assert Fraction(found) == Fraction(int(truth.p), int(truth.q))


@given(expressions, points)
def test_floats_come_close_to_the_exact_value(expression, point):
    # a rounding may fall on either side of a whole number
    assume(not expression.has(sympy.floor, sympy.ceiling, sympy.Mod))
    exact = evaluate(expression, point)
    found = evaluate(expression, {s: float(n) for s, n in point.items()})
    assert float(found) == pytest.approx(float(exact), rel=1e-9, abs=1e-6)


EXACT = [
    (2 * H**2 / 3, {H: 6}, 24),
    (H / 3, {H: 5}, Fraction(5, 3)),
    (H * sympy.Rational(9, 16), {H: 16}, 9),
    (1 - (1 - k / E) ** (b * T), {k: 1, E: 2, b: 2, T: 3}, Fraction(63, 64)),
    (b * S * H**2, {b: 2**20, S: 2**30, H: 2**20}, 2**90),
    (sympy.Integer(10) ** 30 + H, {H: 1}, 10**30 + 1),
    (sympy.Mod(S, W), {S: 10, W: 4}, 2),
    (H / P, {H: Fraction(1, 2), P: Fraction(1, 4)}, 2),
    (2**H, {H: 200}, 2**200),
]


@pytest.mark.parametrize(("expression", "point", "value"), EXACT)
def test_integers_and_fractions_stay_exact(expression, point, value):
    found = evaluate(expression, point)
    assert found == value
    assert type(found) is type(value)


def test_a_high_power_of_a_fraction_is_a_float_and_not_a_hang():
    found = evaluate((1 - 1 / E) ** (b * T), {E: 128, b: 4096, T: 10**6})
    assert found == 0.0
    assert evaluate((1 - 1 / E) ** (b * T), {E: 128, b: 100, T: 1}) == pytest.approx(
        (127 / 128) ** 100
    )


ERRORS = [
    (H + I, {H: 1}, r"intermediate \(I: feed-forward dimension\) has no value"),
    (C * 2, {}, r"cached_tokens \(C: .*\) has no value"),
    (sympy.sin(H), {H: 1}, "sin has no rule for evaluation"),
    (H + sympy.oo, {H: 1}, "no rule for evaluation"),
]


@pytest.mark.parametrize(("expression", "point", "message"), ERRORS)
def test_what_has_no_value_is_refused_by_name(expression, point, message):
    with pytest.raises(EdgesymError, match=message):
        evaluate(expression, point)


COLUMNED = [
    H * S + S**2,
    sympy.Min(S, W) * H,
    sympy.Max(S * H, W**2, evaluate=False) / I,
    S - W * (sympy.ceiling(S / W) - 1),
    sympy.floor(S / W) * H,
    sympy.sqrt(S) * H,
    sympy.floor(S / 4 - sympy.Rational(1, 4)) * H,
    sympy.Min(S, sympy.Rational(81, 2)) % sympy.Rational(7, 2),
]


@pytest.mark.parametrize("expression", COLUMNED)
def test_a_column_has_the_value_of_each_of_its_points(expression):
    point = {H: 7, W: 16, I: 3}
    column = np.arange(1, 100, dtype=np.float64)
    found = evaluate(expression, {**point, S: column})
    assert np.asarray(found).dtype == np.float64
    truth = [float(expression.xreplace({**point, S: sympy.Integer(n)})) for n in range(1, 100)]
    assert np.asarray(found, dtype=float) == pytest.approx(np.array(truth), rel=1e-12)


def test_a_sum_is_added_up_beyond_a_column_and_row_by_row():
    square = sympy.Sum(H * S**2, (S, C + 1, W))
    last = np.array([3.0, 20000.0, 2.0])
    expected = [2 * n * (n + 1) * (2 * n + 1) / 6 - 2 * 5 for n in last]
    assert evaluate(square, {H: 2, C: 2, W: last}) == pytest.approx(np.array(expected), rel=1e-12)
    assert evaluate(square, {H: 2, C: 2, W: 3, S: 10**6}) == 18
