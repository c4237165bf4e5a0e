"""Arithmetic of device files: what it comes to, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgesym.devices.arithmetic import compute
from edgesym.errors import ExpressionError

FIGURES = {"memory_bandwidth": Fraction(20), "peak.fp16": Fraction(5)}

#: text -> what it comes to.
COMES_TO = [
    ("4 * 2.4e9 * 16", 153_600_000_000),
    ("0.1 + 0.2", Fraction(3, 10)),
    ("-(3 - 5) ** 2", -4),
    ("2 ** -3", Fraction(1, 8)),
    ("memory_bandwidth / peak.fp16", 4),
    ("mean(1, 2, 6)", 3),
    ("min(3, 2) + max(3, 2)", 5),
    ("4 ** 0.5", 2),
    ("1", 1),
]


@pytest.mark.parametrize(("text", "number"), COMES_TO)
def test_arithmetic_is_exact(text, number):
    assert compute(text, FIGURES.__getitem__) == number


@given(st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=2, max_size=6))
def test_mean_and_std_are_those_of_a_sample(numbers):
    listed = ", ".join(map(repr, numbers))
    assert float(compute(f"mean({listed})", {}.get)) == pytest.approx(mean(numbers), abs=1e-9)
    assert float(compute(f"std({listed})", {}.get)) == pytest.approx(stdev(numbers), abs=1e-9)


#: text -> what the error says.
REFUSED = [
    ("", "is not arithmetic; write it as"),
    ("4 x 2", "is not arithmetic"),
    ("__import__('os')", "is no arithmetic: numbers, .* mean, std, min, max"),
    ("peak.fp16.real", "is no arithmetic"),
    ("mean", "mean"),
    ("mean()", "is no arithmetic"),
    ("mean(*[1])", "is no arithmetic"),
    ("[1, 2]", "is no arithmetic"),
    ("'a'", "is no arithmetic"),
    ("True", "is no arithmetic"),
    ("1j", "is no arithmetic"),
    ("3 // 2", "is no arithmetic"),
    ("1 / 0", "cannot be computed"),
    ("0 ** -1", "cannot be computed"),
    ("1e999", "cannot be computed"),
    ("std(1)", "cannot be computed"),
    ("(-8) ** 0.5", "a root of -8"),
    ("9 ** 9 ** 9", "more than 4096 bits"),
    ("2 ** 4000 * 2 ** 4000", "more than 4096 bits"),
    ("-" * 60 + "1", "nested deeper than 40"),
    ("~" * 900 + "1", "cannot be computed"),
    ("1 + " * 300 + "1", "characters; 1000 at most"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=lambda v: v[:20])
def test_what_is_no_arithmetic_is_refused(text, message):
    def figure(name):
        raise ExpressionError(f"no figure {name}")

    with pytest.raises(ExpressionError, match=message):
        compute(text, figure)
