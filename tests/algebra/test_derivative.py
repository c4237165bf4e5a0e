"""Derivatives against sympy's own, kinks against their branches, staircases against their mean."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from edgesym.algebra.derivative import branch_at, gradient, hold_steps, without_steps
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ExpressionError
from tests.support import assert_equal_expression, letters

S, W, H, I, N, P, E, k, b, L = letters("S W H I N P E k b L")

SMOOTH = [
    H**3,
    H / P,
    L * (H * I + I) / P,
    (H + I) / (H * I + P) ** 2,
    E * (1 - (1 - k / E) ** b) * H,
    sympy.log(H * P) + sympy.sqrt(H),
    sympy.Integer(7),
]


@pytest.mark.parametrize("expression", SMOOTH)
def test_a_gradient_is_that_of_sympy(expression):
    found = gradient(expression)
    assert set(found) == expression.free_symbols
    for made, slope in found.items():
        assert sympy.simplify(slope - sympy.diff(expression, made)) == 0


def test_a_gradient_keeps_its_brackets():
    assert gradient((H * I + I) / (b * (H + P)))[b] == -1 / b**2 * (H * I + I) / (H + P)


@pytest.mark.parametrize("expression", [sympy.Max(S, W), 2 + sympy.floor(S / W), sympy.Mod(S, W)])
def test_what_is_not_smooth_has_no_gradient(expression):
    with pytest.raises(ExpressionError, match="no rule for its derivative"):
        gradient(expression)


BRANCHES = [
    (sympy.Min(S, W), {S: 100, W: 512}, S),
    (sympy.Min(S, W), {S: 1000, W: 512}, W),
    (sympy.Max(2 * S, W + H), {S: 9, W: 1, H: 2}, 2 * S),
    (sympy.Max(S, sympy.Min(W, 3 * H)) * P, {S: 5, W: 9, H: 2, P: 1}, 3 * H * P),
    (sympy.floor(S / N) * H, {S: 10, N: 4, H: 1}, 2 * H),
    (sympy.ceiling(S / N), {S: 10, N: 4}, 3),
    (sympy.Mod(S, N), {S: 10, N: 4}, S - 2 * N),
    (sympy.Mod(S, N), {S: 12.0, N: 4}, S - 3 * N),
    (S + H, {S: 1, H: 1}, S + H),
]


@pytest.mark.parametrize(("expression", "point", "branch"), BRANCHES)
def test_a_kink_is_replaced_by_the_branch_that_holds(expression, point, branch):
    assert branch_at(expression, point) == branch


TIES = [
    (sympy.Min(S, W), {S: 8, W: 8}, S, S, W),
    (sympy.Max(S, W), {S: 8, W: 8}, S, W, S),
    (sympy.Max(S, W), {S: 8, W: 8}, W, S, W),
    (sympy.Max(6 / P, S / 4), {P: 3.0, S: 8}, P, 6 / P, S / 4),
    (sympy.Max(0.1 * S, 0.3 * W), {S: 3.0, W: 1.0}, S, 0.3 * W, 0.1 * S),
    (sympy.Min(3 * H, sympy.Max(S, W)), {S: 6, W: 6, H: 2}, S, W, 3 * H),
    (H * sympy.Max(S, W, H), {S: 2, W: 2, H: 2}, H, H * S, H**2),
]


@pytest.mark.parametrize(("expression", "point", "toward", "below", "above"), TIES)
def test_at_a_tie_each_side_has_its_branch(expression, point, toward, below, above):
    found = [branch_at(expression, point, toward, side) for side in (-1, 1)]
    for branch, expected, step in zip(found, (below, above), (-1e-6, 1e-6), strict=True):
        moved = {**point, toward: point[toward] * (1 + step)}
        assert gradient(branch).get(toward, 0) == gradient(expected).get(toward, 0)
        assert evaluate(branch, moved) == pytest.approx(evaluate(expression, moved), rel=1e-15)


def test_a_power_of_zero_does_not_change_with_its_exponent():
    """All experts in use: E (1 - (1 - k/E)^n) is E whatever n is, and k for one token."""
    read = E * (1 - (1 - k / E) ** b)
    for tokens, by_k in ((1, 1), (5, 0)):
        point = {E: 8, k: 8, b: tokens}
        slopes = gradient(branch_at(read, point))
        assert b not in slopes
        assert evaluate(slopes[k], point) == by_k


COUNTS = st.integers(1, 400)


@settings(max_examples=50)
@given(COUNTS, COUNTS)
def test_a_line_through_a_staircase_meets_it_at_the_point(tokens, chunk):
    point = {S: tokens, N: chunk}
    for stairs in (
        sympy.floor(S / N),
        sympy.ceiling(S / N),
        sympy.Mod(S, N),
        N * sympy.floor(S / N) ** 2 + sympy.Min(S, sympy.Mod(S, N) + 1),
    ):
        line = without_steps(stairs, point)
        assert not line.has(sympy.floor, sympy.ceiling, sympy.Mod)
        assert evaluate(line, point) == evaluate(stairs, point)


def test_a_line_has_the_mean_slope_of_its_staircase():
    point = {S: 1000, N: 16}
    for stairs, mean in ((sympy.floor(S / N), Fraction(1, 16)), (sympy.Mod(S, N), 0)):
        slope = evaluate(gradient(without_steps(stairs, point)).get(S, sympy.Integer(0)), point)
        steps = [evaluate(stairs, {**point, S: s}) for s in (1000, 1000 + 16 * 9)]
        assert slope == Fraction(steps[1] - steps[0], 16 * 9) == mean


def test_the_line_of_a_remainder_is_its_share_of_the_modulus():
    assert_equal_expression(without_steps(sympy.Mod(S, N), {S: 10, N: 4}), N / 2)


def test_a_whole_number_but_for_floating_point_is_whole():
    """A quotient of rates may fall short of 3 by the last bit."""
    point = {P: math.nextafter(3.0, 0), W: 2}
    assert evaluate(sympy.floor(P), point) == 2
    assert hold_steps(sympy.floor(P), point) == 3
    assert hold_steps(sympy.Mod(P, W / 2), point) == P - 3 * W / 2
    assert branch_at(sympy.Min(P - 1, sympy.floor(P)), point, P) == P - 1
