"""The sum of a geometric series: its value in every backend, also where its fraction is 0/0."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.algebra.derivative import gradient
from edgesym.algebra.prove import prove_equal
from edgesym.document.latex import latex
from edgesym.document.plain import plain
from edgesym.engine import native
from edgesym.engine.backends import BACKENDS
from edgesym.engine.evaluate import evaluate
from edgesym.engine.program import program_of
from edgesym.engine.series import as_fractions, power_sum
from edgesym.errors import EdgesymError
from tests.support import letters

a, k, t = letters("alpha gamma t_0")
E = power_sum(a, k + 1)


@given(st.fractions(0, 1, max_denominator=50), st.integers(1, 30))
def test_it_is_the_sum_of_its_terms(ratio: Fraction, count: int) -> None:
    terms = [ratio**i for i in range(count + 1)]
    assert evaluate(E, {a: ratio, k: count}) == sum(terms)
    assert evaluate(E, {a: float(ratio), k: count}) == pytest.approx(math.fsum(terms), rel=1e-12)


def test_every_backend_has_it() -> None:
    ratios, counts = [0.0, 0.3, 0.8, 1.0, 0.999], [1, 2, 4, 8, 16]
    truth = [math.fsum(r**i for i in range(n + 1)) for r, n in zip(ratios, counts, strict=True)]
    program = program_of([3 / E, E**2])
    for name in BACKENDS:
        if name == "c" and native.compiler() is None:
            continue
        over, squared = program.columns({a: ratios, k: counts}, name)
        assert over.tolist() == pytest.approx([3 / n for n in truth], rel=1e-12)
        assert squared.tolist() == pytest.approx([n**2 for n in truth], rel=1e-12)


def test_its_derivatives_are_difference_quotients() -> None:
    at, step = {a: 0.7, k: 5.0}, 1e-6
    for made, slope in gradient(E).items():
        ends = [evaluate(E, {**at, made: at[made] + side * step}) for side in (1, -1)]
        assert evaluate(slope, at) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-7)
    slope = program_of([E]).at(at).slopes(a)[0]
    assert slope == pytest.approx(evaluate(gradient(E)[a], at), rel=1e-12)


def test_it_is_its_fraction_and_is_written_as_that() -> None:
    assert prove_equal(E, (1 - a ** (k + 1)) / (1 - a)).answer == "yes"
    assert prove_equal(E, (1 - a**k) / (1 - a)).answer == "no"
    assert plain(t / E) == "t_0*(1 - alpha)/(1 - alpha**(gamma + 1))"
    assert latex(E) == r"\frac{1 - \alpha^{\gamma + 1}}{1 - \alpha}"
    assert as_fractions(t) is t
    assert pickle.loads(pickle.dumps(E)) == E  # noqa: S301 - our own bytes
    assert E.is_positive


def test_numbers_are_computed_at_once() -> None:
    assert power_sum(1, k) == k
    assert power_sum(0, k) == 1
    assert power_sum(sympy.Rational(1, 2), 3) == sympy.Rational(7, 4)


def test_the_slope_where_all_is_accepted_is_refused() -> None:
    with pytest.raises(EdgesymError, match="division by zero"):
        evaluate(gradient(E)[a], {a: 1, k: 4})
