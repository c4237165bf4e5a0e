"""The evaluator in fractions, beside the engine's."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

from edgesym.algebra.exactly import exactly, random_points
from edgesym.engine.evaluate import evaluate
from edgesym.symbols import symbol

H, L = symbol("hidden"), symbol("layers")
FORMS = [
    12 * L * H**2 + H / 3,
    (H + L) ** 3 / (H - L) ** 2,
    sympy.Max(H, 3 * L) - sympy.Min(H, L),
    sympy.ceiling(H / L) + sympy.floor(H / 7),
    sympy.Mod(H, L),
]


@pytest.mark.parametrize("form", FORMS)
def test_it_agrees_with_the_engine(form):
    for point in random_points(form.free_symbols, 5):
        assert exactly(form, point) == Fraction(evaluate(form, point))


@pytest.mark.parametrize("form", [sympy.sqrt(H), sympy.log(H), H**L, 1 / (H - 2), symbol("vocab")])
def test_what_has_no_value_in_fractions_is_refused(form):
    with pytest.raises(ArithmeticError):
        exactly(form, {H: 2, L: 10**6})


def test_a_deep_formula_is_no_matter():
    form = H
    for _ in range(5_000):
        form = sympy.Add(sympy.Mul(form, L, evaluate=False), 1, evaluate=False)
    assert exactly(form, {H: 1, L: 1}) == 5_001
