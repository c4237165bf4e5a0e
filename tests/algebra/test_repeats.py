"""Named repeats: the whole stays what it is, and gets shorter, or stays as it was."""

from __future__ import annotations

import pytest
import sympy

from edgesym import derive, load
from edgesym.algebra.repeats import named_repeats
from edgesym.document.plain import plain
from tests.support import assert_equal_expression


def length(form):
    return len(plain(form))


@pytest.mark.parametrize("card", ["llama-3.2-1b", "llama-4-scout", "deepseek-v3"])
@pytest.mark.parametrize("quantity", ["flops", "memory_footprint", "step_time"])
def test_putting_the_names_back_in_gives_the_same_form(card, quantity):
    form = derive(load(card), quantity).expression
    short, where = named_repeats(form, length, 240)
    whole = short
    for name, meaning in where.items():
        assert name not in form.free_symbols
        whole = whole.xreplace({name: meaning})
    assert_equal_expression(whole, form)
    if where:
        assert length(short) + sum(map(length, where.values())) < length(form)
    else:
        assert short is form


def test_a_step_time_has_names_and_a_short_form_has_none():
    step = derive(load("llama-3.2-1b"), "step_time").expression
    assert [plain(name) for name in named_repeats(step, length, 240)[1]] == ["X_1", "X_2"]
    assert named_repeats(step, length, 10**6) == (step, {})


def test_a_sum_is_left_alone():
    form = sympy.Sum(step_of("i"), (sympy.Symbol("i"), 1, 9))
    assert named_repeats(form, length, 1) == (form, {})


def step_of(name):
    i = sympy.Symbol(name)
    return i**2 + i
