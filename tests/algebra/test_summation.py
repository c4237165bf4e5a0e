"""Sums in closed form equal the loop that they replace, exactly."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from edgesym.algebra.summation import sum_over
from edgesym.algebra.tidy import multiply_out, tidy
from edgesym.engine.evaluate import evaluate
from tests.support import letters

S, S_p, T_g, W, N, M, N_s, H = letters("S S_p T_g W N M N_s H")
P, W_m, B_a, B_c = letters("P W_m B_a B_c")

Min, Max, Mod = sympy.Min, sympy.Max, sympy.Mod
floor, ceiling = sympy.floor, sympy.ceiling
CHUNK = S - N * (ceiling(S / N) - 1)
BLOCKS = floor(S / M)

#: What the steps of a generation cost, one of each form.
TERMS = {
    "constant": H,
    "linear": 3 * S + H,
    "square": H * S**2 / 3 - S,
    "cube": S**3,
    "window": H * Min(S, W) + S,
    "window, quadratic": S * Min(S, W),
    "window from above": Max(S, W),
    "two windows": Min(S, W) + Min(N_s, S - 1),
    "window in a window": Min(W, S + Min(S, N_s)),
    "chunk": H * CHUNK,
    "place in a chunk": Mod(S - 1, N),
    "place, a chunk ahead": Mod(N + S - 1, N) + 1,
    "blocks": BLOCKS,
    "blocks, quadratic": S * BLOCKS + BLOCKS**2,
    "a block is full": BLOCKS - floor((S - 1) / M),
    "a block is open": Min(1, Mod(S, M)),
    "a first block": Min(1, floor((S - 1) / M)),
    "some blocks": Min(N_s, BLOCKS) + Min(S, W),
    "selected in the last chunk": Min(S, S - N * (ceiling(S / N) - 1) - N + N_s),
    "slower of two": Max(S / P, (S * B_c + B_a) / W_m),
    "slower of two alike": Max(S / P, S * B_c / W_m),
    "slower of two, one fixed": Max(S / P, B_a / W_m),
    "slower of two as far apart": Max(S + B_a, S + B_c),
    "slower of two, quadratic": Max(S**2 + S / P, S**2 + S * B_c + B_a),
    "more than nothing": Max(0, S / P - B_a),
    "slower, in a window": Max(Min(S, W) / P, (Min(S, W) * B_c + B_a) / W_m),
    "slower, in a chunk": Max(CHUNK / P, (CHUNK * B_c + B_a) / W_m),
    "slower, by blocks": Max(BLOCKS / P, (BLOCKS * B_c + B_a) / W_m),
    "slower, window and blocks": Max(
        (BLOCKS + Min(S, W)) / P, ((BLOCKS + Min(S, W)) * B_c + B_a) / W_m
    ),
    "slower, when a block is full": Max(
        (BLOCKS - floor((S - 1) / M)) / P, (B_a + Mod(S - 1, M) * B_c) / W_m
    ),
}
#: What has no closed form here.
OPEN = {
    "roundings of two lengths": Mod(S, N) * Mod(S, M),
    "sides that cross where nobody knows": Max(S / P + B_a, S / W_m + B_c),
    "more than nothing, at which end nobody knows": Max(0, S * (P - W_m) + B_a - B_c),
    "an exponential": H**S,
}

counts = st.integers(1, 12)
ratios = st.fractions(min_value=Fraction(1, 9), max_value=9, max_denominator=9)
points = st.fixed_dictionaries(
    {
        S_p: st.integers(1, 30),
        T_g: st.integers(1, 30),
        **dict.fromkeys((W, N, M, N_s, H), counts),
        **dict.fromkeys((P, W_m, B_a, B_c), ratios),
    }
)


def loop(term, values):
    contexts = range(values[S_p] + 1, values[S_p] + values[T_g])
    return sum(evaluate(term, {**values, S: context}) for context in contexts)


@cache
def form_of(name):
    return sum_over(TERMS[name], S, S_p + 1, S_p + T_g)


@pytest.mark.parametrize("name", TERMS)
def test_a_sum_is_in_closed_form(name):
    assert not form_of(name).has(sympy.Sum)
    assert S not in form_of(name).free_symbols


@pytest.mark.parametrize("name", TERMS)
@settings(max_examples=60, deadline=None)
@given(values=points)
def test_a_closed_form_equals_the_loop(name, values):
    assert evaluate(form_of(name), values) == loop(TERMS[name], values)


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize("rewrite", [tidy, multiply_out])
def test_rewriting_a_closed_form_keeps_its_value(name, rewrite):
    values = {S_p: 3, T_g: 20, W: 7, N: 5, M: 3, N_s: 4, H: 2}
    values |= {P: Fraction(3, 2), W_m: Fraction(5, 3), B_a: Fraction(7, 2), B_c: Fraction(1, 2)}
    assert evaluate(rewrite(form_of(name)), values) == loop(TERMS[name], values)


#: Rates of compute at which it grows faster than memory does, as fast, and more slowly.
RATES = [Fraction(1, 2), Fraction(1), Fraction(2)]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("prompt", "generated"), [(1, 20), (10, 20), (20, 5), (1, 5), (9, 2)])
def test_sides_cross_before_within_and_after_the_range_or_never(rate, prompt, generated):
    values = {S_p: prompt, T_g: generated, P: rate, W_m: 1, B_a: 10, B_c: 1}
    slower = (max(s / rate, s + 10) for s in range(prompt + 1, prompt + generated))
    assert evaluate(form_of("slower of two"), values) == sum(slower)


@pytest.mark.parametrize("name", OPEN)
@settings(max_examples=10, deadline=None)
@given(values=points)
def test_what_has_no_closed_form_is_added_up(name, values):
    form = sum_over(OPEN[name], S, S_p + 1, S_p + T_g)
    assert form.has(sympy.Sum)
    found = float(evaluate(form, values))
    assert found == pytest.approx(float(loop(OPEN[name], values)), rel=1e-12)


def test_a_closed_form_does_not_grow_with_the_range():
    values = {W: 5, N_s: 5, S_p: 3, T_g: 10**9}  # at contexts of 4 and 5 the windows are open
    assert evaluate(form_of("two windows"), values) == 10 * (10**9 - 1) - 3 - 1
