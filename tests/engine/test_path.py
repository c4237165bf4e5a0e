"""Paths: what is written out gives what walking step by step gives, to the last bit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from edgesym.engine import path as paths
from edgesym.engine.path import path_of
from edgesym.engine.program import program_of
from edgesym.errors import EdgesymError
from tests.engine.expressions import SYMBOLS, H, I, S, W, expressions_with

expressions = expressions_with(lambda c: sympy.log(c**2 + 1), lambda c: (c**2 + 2) ** (1 / W))
numbers = st.one_of(
    st.integers(1, 60),
    st.floats(0.01, 60.0),
    st.fractions(Fraction(1, 8), 60, max_denominator=32),
)
points = st.fixed_dictionaries(dict.fromkeys(SYMBOLS, numbers))


def all_of(form, point, made, to):
    """What a point says, of itself and of where a symbol moves to; why, where it says nothing."""
    program = program_of([form, H * I * form, S - form])
    try:
        at = program.at(point)
        near = at.rounded()
        found = (
            *at.numbers,
            *at.moved({made: to}),
            *at.moved({made: to}, 2, 1),
            *near.held({made: float(to)}),
            *near.slopes(made),
            *near.leaves(made, float(to)),
        )
    except (ZeroDivisionError, OverflowError, EdgesymError, TypeError) as error:
        return type(error)
    return [(type(number), repr(number)) for number in found]


@given(expressions, points, st.sampled_from(SYMBOLS), numbers)
def test_written_steps_are_the_walked_ones_to_the_last_bit(form, point, made, to):
    assume(made in form.free_symbols)
    found = []
    for often in (10**9, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(paths, "_OFTEN", often)
            path_of.cache_clear()
            paths.whole_path.cache_clear()
            found.append(all_of(form, point, made, to))
    assert found[0] == found[1]


def test_a_path_is_written_out_where_it_is_walked_often_and_not_before():
    point = program_of([sympy.Max(H * I, W, evaluate=False) + 1]).at({H: 3, I: 5, W: 4})
    path = path_of(point.tape, frozenset({H}), None, 0)
    for _ in range(paths._OFTEN):
        point.moved({H: 7})
        assert not path._written
    assert point.moved({H: 7}) == (36,)
    assert len(path._written) == 1
    point.moved({H: 7.0})
    assert len(path._written) == 1


def test_a_path_keeps_few_functions_however_many_types_it_meets():
    point = program_of([H * I * S * W]).at(dict.fromkeys(SYMBOLS, 1))
    path = path_of(point.tape, frozenset(SYMBOLS), None, 0)
    kinds = (int, float, Fraction)
    for place in range(81):
        types = [kinds[place // 3**n % 3] for n in range(4)]
        for _ in range(paths._OFTEN + 2):
            point.moved({made: kind(2) for made, kind in zip(SYMBOLS, types, strict=True)})
        assert len(path._written) <= paths._WAYS
        assert len(path._walks) <= 2 * paths._WAYS


def test_a_sum_over_steps_is_never_written_out():
    index = sympy.Symbol("i", positive=True)
    form = sympy.Sum(sympy.log(H + index), (index, 1, S))
    point = program_of([form]).at({H: 2, S: 3})
    first = point.moved({H: 4})
    assert all(point.moved({H: 4}) == first for _ in range(paths._OFTEN + 2))


def test_paths_are_walked_and_written_by_many_threads_at_once():
    forms = [H * I + n * S / W for n in range(1, 9)]
    program = program_of(forms)
    expected = [tuple(H_ * 5 + n * Fraction(7, 3) for n in range(1, 9)) for H_ in range(1, 200)]

    def at(number):
        return program.at({H: number, I: 5, S: 7, W: 3}).results

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(at, range(1, 200))) == expected
