"""Floors, ceilings and remainders of whole numbers in one form."""

import pytest
import sympy

from edgesym.algebra.prove import prove_equal
from edgesym.algebra.rounding import as_floors
from edgesym.symbols import symbol

I, N, T, b = (symbol(w) for w in ("intermediate", "ssm_chunk", "new_tokens", "batch"))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sympy.ceiling(T / N), (T + N - 1) // N),
        (sympy.ceiling(T / 64), (T + 63) // 64),
        (sympy.floor((130 * T + 200) / sympy.Integer(64)), 2 * T + 3 + (2 * T + 8) // 64),
        (sympy.Mod(T, N) + N * (T // N), T),
        (sympy.floor(sympy.floor(2 * I / 3) / N), (2 * I) // (3 * N)),
        (sympy.ceiling((T + b * N) / N), b + sympy.ceiling(T / N)),
        (sympy.Max(1, sympy.ceiling(T / N)), sympy.Max(1, (T - 1) // N + 1)),
    ],
)
def test_equal_roundings_are_proven_equal(left, right):
    assert prove_equal(left, right).answer == "yes"
    for point in ({T: 7, N: 3, I: 11, b: 2}, {T: 128, N: 64, I: 4, b: 1}):
        assert as_floors(left).xreplace(point) == left.xreplace(point)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sympy.ceiling(T / N), sympy.floor(T / N)),
        (sympy.ceiling(T / 64), (T + 62) // 64),
        (sympy.Mod(T, N), T),
    ],
)
def test_others_are_not(left, right):
    assert not prove_equal(left, right)


def test_what_is_no_quotient_of_whole_numbers_is_left():
    seconds = symbol("smoothness")
    assert as_floors(sympy.floor(seconds)) == sympy.floor(seconds)
