"""Programs: every evaluator gives the number of the closed form, at a point and next to it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from edgesym.algebra.derivative import branch_at, slope
from edgesym.engine.code import source_of
from edgesym.engine.evaluate import evaluate
from edgesym.engine.program import program_of
from edgesym.engine.tape import tape_of
from edgesym.errors import EdgesymError
from edgesym.symbols import symbol
from tests.engine.expressions import SYMBOLS, expressions_with, points
from tests.support import letters

H, I, S, W, b, P = letters("H I S W b P")
expressions = expressions_with(lambda c: sympy.log(c**2 + 2))


def scale(forms, point):
    """What a rounding error of a form is measured against: the sum of its terms' sizes."""
    return max([1.0, *(abs(float(evaluate(form, point))) for form in forms)])


@given(st.lists(expressions, min_size=1, max_size=3), points)
def test_a_program_is_exact_where_evaluation_is(forms, point):
    truth = [evaluate(form, point) for form in forms]
    found = program_of(forms).exact(point)
    assert list(found) == truth
    assert [type(value) for value in found] == [type(value) for value in truth]


@given(expressions, points, st.sets(st.sampled_from(SYMBOLS)))
def test_numbers_put_in_beforehand_change_nothing(form, point, fixed):
    program = program_of([form], {s: point[s] for s in fixed})
    assert not set(program.symbols) & fixed
    assert program.exact(point) == (pytest.approx(evaluate(form, point)),)


@given(st.lists(expressions, min_size=1, max_size=2), points)
def test_floats_and_columns_come_close_to_the_exact_value(forms, point):
    # a rounding may fall on either side of a whole number, and a difference cancel
    assume(not any(form.has(sympy.floor, sympy.ceiling, sympy.Mod) for form in forms))
    program, tolerance = program_of(forms), 1e-9
    truth = np.array([float(evaluate(form, point)) for form in forms])
    at = {s: np.array([n, n], dtype=np.int64) for s, n in point.items()}
    columns = program.columns(at)
    for near in (program.floats(point), [np.broadcast_to(column, 2)[1] for column in columns]):
        parts = [argument for form in forms for argument in (form, *form.args)]
        known = [part for part in parts if isinstance(part, sympy.Expr)]
        assert np.array(near) == pytest.approx(truth, rel=tolerance, abs=1e-9 * scale(known, point))


def test_whole_quotients_stay_whole_in_every_evaluator():
    form, whole = sympy.floor(S / W) + 10 * sympy.ceiling(S / W), range(1, 50)
    program = program_of([form])
    for n in whole:
        assert program.floats({S: 49 * n, W: n}) == (539.0,)
    column = program.columns({S: [49 * n for n in whole], W: list(whole)})[0]
    assert column.tolist() == [539.0] * 49


def test_no_whole_number_wraps():
    program = program_of([b * S * H**2, b + S])
    at = {b: 2**20, S: 2**30, H: 2**20}
    assert program.exact(at) == (2**90, 2**20 + 2**30)
    columns = program.columns({s: np.array([n], dtype=np.int32) for s, n in at.items()})
    assert columns[0].tolist() == [2.0**90]


def test_columns_of_any_shape_are_computed_in_chunks():
    program = program_of([H * S + W])
    rows, across = np.arange(1.0, 301.0)[:, None], np.arange(1.0, 101.0)[None, :]
    found = program.columns({H: rows, S: across, W: 5})[0]
    assert found.shape == (300, 100)
    assert np.array_equal(found, rows * across + 5)
    assert program.columns({H: 2, S: 3, W: 4})[0].shape == ()
    assert program.columns({H: [], S: 3, W: 4})[0].shape == (0,)


def test_what_forms_share_is_one_step():
    shared = (H + I) ** 2
    together = tape_of([shared * S, shared / W, sympy.Max(shared, P)], {})
    assert [step.operation for step in together.steps].count("add") == 1
    assert len(together.steps) == 6


def test_code_lets_go_of_a_column_after_its_last_use():
    lines = source_of(tape_of([(H + I) ** 2 + 1 / (H + I), S], {}), "numpy").splitlines()
    assert "    del x1" in lines or "    del x0, x1" in lines
    assert all("numpy" not in line for line in lines)


def test_a_form_of_any_depth_is_written():
    form = H
    for _ in range(150):
        form = sympy.sqrt(1 + form)
    truth = 3.0
    for _ in range(150):
        truth = (1 + truth) ** 0.5
    assert program_of([form]).floats({H: 3}) == (pytest.approx(truth),)


def test_a_sum_is_added_up_exactly_where_it_is_and_not_written_as_code():
    program = program_of([sympy.Sum(H * S**2, (S, 1, W)) + I], {H: 2})
    assert program.exact({W: 3, I: 5}) == (33,)
    assert program_of([sympy.Sum(H * S**2, (S, 1, W))], {H: 2, W: 3}).exact({}) == (28,)
    for refused in (program.floats, program.columns):
        with pytest.raises(EdgesymError, match=r"no closed form.*evaluate adds it up"):
            refused({W: 3, I: 5})


ERRORS = [
    (H + I, {H: 1}, r"intermediate \(I: feed-forward dimension\) has no value"),
    (1 / (H - I), {H: 1, I: 1}, "division by zero"),
    (sympy.sin(H), {H: 1}, "sin has no rule"),
    (H + sympy.oo, {H: 1}, "no rule for evaluation"),
]


@pytest.mark.parametrize(("form", "point", "message"), ERRORS)
def test_what_has_no_number_is_refused_by_name(form, point, message):
    with pytest.raises(EdgesymError, match=message):
        program_of([form]).exact(point)


def test_a_program_is_a_value():
    one, other = (program_of([H * I, S], {I: 4}) for _ in range(2))
    assert one is other
    assert one != program_of([H * I, S], {I: 5})
    assert program_of([H / W], {W: 2}).exact({H: 3}) == (Fraction(3, 2),)
    assert program_of([H / W], {W: 2.0}).exact({H: 3}) == (1.5,)


def test_a_program_survives_pickling_into_a_fresh_process():
    program = program_of([sympy.Max(H * I, W**2, evaluate=False) / P], {W: 512})
    code = (
        "import pickle, sys; program = pickle.load(sys.stdin.buffer)\n"
        "print(*map(str, program.symbols), program.exact(dict(zip(program.symbols, (3, 5, 7))))[0])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(program), capture_output=True, check=True
    )
    assert ran.stdout.decode().split() == ["H", "I", "P", f"{512 * 512}/7"]


@given(expressions, points, st.sampled_from(SYMBOLS))
def test_slopes_are_the_symbolic_ones(form, point, made):
    assume(made in form.free_symbols)
    at = program_of([form]).at(point)
    (found,) = at.slopes(made)
    below, above = (
        float(evaluate(slope(branch_at(form, point, made, side), made), point)) for side in (-1, 1)
    )
    if found is None:
        assert not isinstance(form, sympy.Symbol)
    else:
        assert found == pytest.approx(above, rel=1e-9, abs=1e-9)
        assert found == pytest.approx(below, rel=1e-9, abs=1e-9)


@given(expressions, points, st.sampled_from(SYMBOLS), st.integers(1, 60))
def test_moving_is_evaluating_elsewhere(form, point, made, to):
    at = program_of([form, H * I]).at(point)
    there = {**point, made: to}
    assert at.moved({made: to}) == tuple(evaluate(f, there) for f in (form, H * I))
    assert at.results == tuple(evaluate(f, point) for f in (form, H * I))


def test_the_held_branch_is_left_where_another_argument_takes_over():
    at = program_of([sympy.Max(2 * S, W, evaluate=False), S]).at({S: 4.0, W: 10.0})
    assert at.held({S: 8.0}) == (10.0, 8.0)
    assert at.moved({S: 8.0}) == (16.0, 8.0)
    assert at.leaves(S, 8.0) == (6.0, 0.0)
    assert at.leaves(S, 4.5) == (0.0, 0.0)
    tied = program_of([sympy.Max(2 * S, W, evaluate=False), S]).at({S: 5.0, W: 10.0})
    assert tied.slopes(S) == (None, 1.0)
    assert symbol("hidden") not in tied.tape.inputs
    assert tied.slopes(H) == (0.0, 0.0)


def test_a_number_that_grows_beyond_floating_point_is_refused():
    with pytest.raises(EdgesymError, match="grows beyond"):
        program_of([H * P]).at({H: 10**400, P: 0.5})
