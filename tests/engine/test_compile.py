"""Compiled formulas against exact evaluation: same numbers, no silent overflow, clear errors."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.devices import find_device
from edgesym.engine.compile import compile_expression
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError, UnknownNameError
from edgesym.formats import Formats
from edgesym.symbols import symbol
from edgesym.workload import phase
from tests.support import CLUSTER, letters

b, S, S_p, T_g, H, I, W, P, Bw, Wm = letters("b S S_p T_g H I W P B_w W_m")
FREE = (b, S, S_p, T_g, Bw, P, Wm)


@pytest.mark.parametrize("name", REGISTRY)
def test_a_compiled_quantity_is_the_exact_one(name):
    model = load("llama-4-scout")
    formula = REGISTRY[name].expression(Case(model, phase("decode")))
    fixed = {
        **model.values,
        **Formats.of("q4_0").values(),
        **find_device("rtx-4090").values("fp16"),
        **{symbol(word): value for word, value in CLUSTER.items()},
    }
    fixed = {s: v for s, v in fixed.items() if s not in FREE}
    compiled = compile_expression(formula, REGISTRY[name].unit, fixed)
    assert set(compiled.arguments) <= set(FREE)
    rows = [
        (1, 1, 1, 1, 2.0, 1e12, 1e11),
        (8, 700, 9000, 90, 0.5625, 5e10, 2e9),
        (4096, 131072, 8191, 10**5, 1.0, 1e15, 1e13),
    ]
    columns = {str(s): [row[FREE.index(s)] for row in rows] for s in compiled.arguments}
    truth = [
        float(evaluate(formula, {**fixed, **dict(zip(FREE, row, strict=True))})) for row in rows
    ]
    found = np.broadcast_to(compiled(**columns), len(rows))
    assert found == pytest.approx(np.array(truth), rel=1e-9)


def test_a_sum_without_a_closed_form_is_not_compiled():
    with pytest.raises(EdgesymError, match=r"no closed form.*edgesym\.engine\.evaluate"):
        compile_expression(sympy.Sum(H**S, (S, 1, W)), "1")


polynomials = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 3), st.integers(0, 3), st.integers(-1, 2)),
    min_size=1,
    max_size=4,
).map(lambda rows: sympy.Add(*(n * H**h * I**i * S**s for n, h, i, s in rows)))


@settings(max_examples=25)
@given(polynomials, st.lists(st.integers(1, 10**6), min_size=3, max_size=3))
def test_three_ways_of_evaluating_agree(polynomial, numbers):
    point = dict(zip((H, I, S), numbers, strict=True))
    formula = sympy.Max(polynomial, H * W) + sympy.Min(polynomial, I)
    exact = evaluate(formula, {**point, W: 512})
    truth = formula.subs({**point, W: 512})
    assert sympy.Rational(exact.numerator, exact.denominator) == truth
    compiled = compile_expression(formula, "1", {W: 512})
    columns = {str(s): [n] for s, n in point.items() if s in compiled.arguments}
    assert float(compiled(**columns)[0]) == pytest.approx(float(exact), rel=1e-12)


def test_large_products_of_integer_columns_do_not_overflow():
    compiled = compile_expression(b * S * H**2, "1")
    columns = {"b": np.array([4096]), "S": np.array([2**20]), "H": np.array([2**16])}
    assert columns["b"].dtype == np.int64
    assert float(compiled(**columns)[0]) == 2.0**64
    assert evaluate(b * S * H**2, {b: 4096, S: 2**20, H: 2**16}) == 2**64


def test_columns_are_named_by_word_or_by_letter():
    compiled = compile_expression(H * I / S, "1", {S: 4})
    by_word = compiled(hidden=[1, 2], intermediate=[8, 8])
    assert list(by_word) == list(compiled(H=[1, 2], I=8)) == [2.0, 4.0]
    sliding = compile_expression(symbol("layers", "sliding") * H, "1")
    assert float(sliding(L_sliding=2, H=3)) == 6.0
    assert compiled.unit == "1"


def test_a_formula_without_symbols_is_a_number():
    assert float(compile_expression(H * 2, "1", {H: 21})()) == 42.0


BAD = [
    ({"H": 1}, "missing for symbol 'intermediate'"),
    ({"H": 1, "I": 1, "V": 1}, "symbol of this formula 'V'"),
    ({"H": 1, "intermediat": 1}, "'intermediat'; nearest: intermediate"),
]


@pytest.mark.parametrize(("columns", "message"), BAD)
def test_a_column_too_many_or_too_few_is_refused(columns, message):
    with pytest.raises(UnknownNameError, match=message):
        compile_expression(H * I, "1")(**columns)
