"""Tidying changes how a closed form looks, and never what it is."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.algebra.substitute import put_in
from edgesym.algebra.tidy import factor_common, tidy
from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.workload import phase
from tests.support import assert_equal_expression, letters

b, T, C, S, L, H, I, V, A, K, D, W, E, k = letters("b T C S L H I V A K D W E k")
Bw, Bc = letters("B_w B_c")

#: what goes in -> what a person would write.
SHAPES = [
    (4 * L * H**2 + 6 * L * H * I, "2*H*L*(2*H + 3*I)"),
    (2 * L * K * D * b * C * Bc + 2 * L * K * D * b * T * Bc, "2*B_c*D*K*L*b*(C + T)"),
    (H * V + L * H * I + 2 * L * H * H, "H*(L*(2*H + I) + V)"),
    (6 * H, "6*H"),
    (sympy.Integer(12), "12"),
    (2 * H * sympy.Min(S, W) + 4 * H * I, "2*H*(2*I + Min(S, W))"),
    ((2 * H * L + 2 * I * L) / (4 * b * H), "L*(H + I)/(2*H*b)"),
    (-2 * H - 4 * I, "-2*(H + 2*I)"),
]


@pytest.mark.parametrize(("given_", "text"), SHAPES)
def test_a_closed_form_is_written_as_a_person_would(given_, text):
    found = tidy(given_)
    assert str(found) == text
    assert_equal_expression(found, given_)


def test_an_opaque_sum_stays_whole():
    hit = 1 - (1 - k / E) ** (b * T)
    found = tidy(3 * E * H * I * L * hit + 2 * H * L)
    assert hit in sympy.preorder_traversal(found)
    assert_equal_expression(found, 3 * E * H * I * L * hit + 2 * H * L)


CASES = [("llama-3.2-1b", "prefill"), ("gemma-3-1b", "decode"), ("llama-4-maverick", "step")]


def numbers(expression, model):
    primes = [3, 5, 7, 2, 11, 13, 17, 19, 23, 29, 31, 37, 41]
    unknown = sorted(expression.free_symbols - model.values.keys(), key=str)
    given_ = {s: primes[i % len(primes)] + i for i, s in enumerate(unknown)}
    return {**model.values, **given_}


@pytest.mark.parametrize("name", REGISTRY)
@pytest.mark.parametrize(("card", "phase_name"), CASES)
def test_every_quantity_keeps_its_value(name, card, phase_name):
    model = load(card)
    formula = REGISTRY[name].expression(Case(model, phase(phase_name)))
    tidied = tidy(formula)
    assert tidied.free_symbols <= formula.free_symbols
    values = numbers(formula, model)
    assert float(evaluate(tidied, values)) == pytest.approx(
        float(evaluate(formula, values)), rel=1e-12
    )
    with_integers = put_in(tidied, model.values)
    assert not with_integers.free_symbols & model.values.keys()
    assert float(evaluate(with_integers, values)) == pytest.approx(
        float(evaluate(formula, values)), rel=1e-12
    )


def monomial(number, powers):
    return number * sympy.Mul(*(s**p for s, p in zip((L, H, I, b), powers, strict=True)))


monomials = st.builds(monomial, st.integers(-12, 12), st.tuples(*[st.integers(0, 3)] * 4))


@given(st.lists(monomials, min_size=1, max_size=5).map(lambda terms: sympy.Add(*terms)))
def test_any_polynomial_keeps_its_value(polynomial):
    assert sympy.expand(tidy(polynomial) - polynomial) == 0
    assert sympy.expand(factor_common(polynomial) - polynomial) == 0


def test_putting_in_integers_is_exact():
    assert put_in(H / 3 + I, {H: 6, V: 5}) == I + 2
    assert put_in(sympy.Min(H, S), {H: 6}) == sympy.Min(6, S)
    assert put_in(H**2, {V: 5}) == H**2


def test_the_index_of_a_sum_is_no_free_symbol():
    """S counts the terms and also stands beside the sum; L is its end."""
    made = S + sympy.Sum(H * S, (S, 1, L))
    assert put_in(made, {S: 100, H: 2, L: 3}).doit() == 100 + 2 * (1 + 2 + 3)
    assert put_in(made, {S: 100, H: 2}, settle=False) == 100 + sympy.Sum(2 * S, (S, 1, L))
