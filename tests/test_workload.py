"""Steps and phases, and sequences of different lengths."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.errors import ConfigError, UnknownNameError
from edgesym.workload import PHASES, Queries, is_tokenwise, phase
from tests.support import assert_equal_expression, letters

b, T, C, S, H, W = letters("b T C S H W")

#: phase -> new tokens, cached tokens, tokens attended to.
EXTENTS = {"prefill": (S, 0, S), "decode": (1, S - 1, S), "step": (T, C, C + T)}


@pytest.mark.parametrize("name", EXTENTS)
def test_the_extents_of_a_phase(name):
    new, cached, context = EXTENTS[name]
    found = phase(name)
    assert_equal_expression(found.new, new)
    assert_equal_expression(found.cached, cached)
    assert_equal_expression(found.context, context)
    assert_equal_expression(found.tokens, b * new)


def test_an_unknown_phase_names_the_nearest():
    assert PHASES.keys() == EXTENTS.keys()
    with pytest.raises(UnknownNameError, match="unknown phase 'decod'; nearest: decode"):
        phase("decod")


#: (cached, new, batch size) -> groups of (cached, new, how many).
GROUPS = [
    ([0], [7], None, {(0, 7, 1)}),
    ([0], [7], 3, {(0, 7, 3)}),
    ([1024, 0], [1, 7], None, {(1024, 1, 1), (0, 7, 1)}),
    ([1024, 0], [1, 7], 4, {(1024, 1, 2), (0, 7, 2)}),
    ([5, 5, 0], [1, 1, 2], 6, {(5, 1, 4), (0, 2, 2)}),
    (iter([5, 6]), range(1, 3), None, {(5, 1, 1), (6, 2, 1)}),
]


@pytest.mark.parametrize(("cached", "new", "size", "groups"), GROUPS)
def test_lists_are_repeated_up_to_the_batch_size(cached, new, size, groups):
    found = Queries.of(cached, new, size)
    assert set(found.groups) == groups
    assert found.sequences == sum(count for _, _, count in groups)
    assert found.tokens == sum(t * count for _, t, count in groups)
    assert found.longest_context == max(c + t for c, t, _ in groups)


BAD_LISTS = [
    ([1], [1, 2], None, "1 cached-token counts for 2 input-token counts; .* equal length"),
    ([], [], None, "0 cached-token counts"),
    ([-1], [1], None, r"cached tokens \[-1\] must be 0 or more"),
    ([0], [0], None, r"input tokens \[0\] 1 or more"),
    ([0, 0], [1, 1], 3, "batch size 3 is not a positive multiple of the 2 queries"),
    ([0], [1], 0, "batch size 0 is not a positive multiple"),
    ([0], [1], -2, "batch size -2 is not a positive multiple"),
]


@pytest.mark.parametrize(("cached", "new", "size", "message"), BAD_LISTS)
def test_lists_that_do_not_fit_are_refused(cached, new, size, message):
    with pytest.raises(ConfigError, match=message):
        Queries.of(cached, new, size)


TOKENWISE = [
    (sympy.Integer(7), True),
    (H**2, True),
    (3 * b * T * H, True),
    (b**2 * T**2, True),
    (H * (1 - sympy.Rational(3, 4) ** (b * T)), True),
    (b * T + H, True),
    (b, False),
    (T, False),
    (b * H, False),
    (b * T**2, False),
    (b * T * C, False),
    (b * (C + T), False),
    (b * sympy.Min(T, W), False),
]


@pytest.mark.parametrize(("expression", "expected"), TOKENWISE)
def test_a_cost_is_tokenwise_if_it_depends_on_b_times_t_alone(expression, expected):
    assert is_tokenwise(expression) is expected


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 99)), min_size=1, max_size=6))
def test_costs_over_queries_add_up(pairs):
    queries = Queries.of([c for c, _ in pairs], [t for _, t in pairs])

    def over(queries, cost):
        cases = queries.cases(is_tokenwise(cost))
        return sum(cost.xreplace({s: sympy.Integer(n) for s, n in v.items()}) for v in cases)

    tokens = sum(t for _, t in pairs)
    assert over(queries, 3 * b * T) == 3 * tokens
    assert over(queries, sympy.Integer(5)) == 5
    assert over(queries, 1 - sympy.Rational(3, 4) ** (b * T)) == 1 - sympy.Rational(3, 4) ** tokens
    assert over(queries, b * (C + T)) == sum(c + t for c, t in pairs)
    assert over(queries, b * T * (C + T)) == sum(t * (c + t) for c, t in pairs)
