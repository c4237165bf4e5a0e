"""Masks against a double loop over tokens: pairs, what is read, what the cache keeps."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.engine.evaluate import evaluate
from edgesym.errors import UnknownNameError
from edgesym.graph.convention import convention
from edgesym.layers.mask import MASKS, mask
from edgesym.symbols import symbol
from edgesym.workload import phase
from tests.support import assert_equal_expression, letters

T, C, S, W, b = letters("T C S W b")

#: Does the token at position n (counted from 0) attend to the one at m, up to its own?
SEES = {
    "causal": lambda n, m, width: True,
    "sliding": lambda n, m, width: n - m < width,
    "rolling": lambda n, m, width: n - m < width,
    "chunked": lambda n, m, width: n // width == m // width,
}
#: Masks of which keys are chosen by a score: how many is known, not which.
CHOSEN = {"selected", "selected_blocks"}
every_mask = pytest.mark.parametrize("name", SEES)
contexts, news, widths = st.integers(0, 60), st.integers(1, 40), st.integers(1, 45)


def attended(name, cached, new, width):
    """The pairs (n, m) of new and attended tokens."""
    return [
        (n, m) for n in range(cached, cached + new) for m in range(n + 1) if SEES[name](n, m, width)
    ]


def value(expression, **numbers):
    words = {"cached": C, "new": T, "context": S, "width": W, "batch": b}
    return evaluate(sympy.S(expression), {words[name]: n for name, n in numbers.items()})


def pairs(name, phase_name):
    return mask(name).attended(phase(phase_name), W, convention())


def test_every_mask_is_held_against_a_loop():
    assert {*SEES, *CHOSEN, "bidirectional", "before", "around", "squares"} == MASKS.keys()


def test_without_a_cache_every_new_token_attends_to_every_other():
    for counting in ("default", "pytorch"):
        found = mask("bidirectional").attended(phase("step"), W, convention(counting))
        assert_equal_expression(found, T**2)


def test_a_text_that_is_read_at_once_attends_to_what_stands_before():
    found = mask("before").attended(phase("prefill"), W, convention())
    assert_equal_expression(found, S * (S + 1) / 2)
    squares = mask("before").attended(phase("prefill"), W, convention("pytorch"))
    assert_equal_expression(squares, S**2)
    assert not mask("before").caches


@given(new=news, width=widths)
def test_tokens_around_are_half_a_width_on_either_side(new, width):
    truth = sum(abs(n - m) <= width // 2 for n in range(new) for m in range(new))
    assert value(pairs("around", "step"), new=new, width=width) == truth


@given(rows=news, columns=news, width=widths)
def test_patches_attend_within_the_squares_of_their_image(rows, columns, width):
    of = [(r // width, c // width) for r in range(rows) for c in range(columns)]
    truth = sum(one == other for one in of for other in of)
    form = mask("squares").attended(phase("step"), W, convention("pytorch"))
    sides = {symbol("patch_rows"): rows, symbol("patch_columns"): columns, W: width}
    assert form.xreplace({s: sympy.Integer(n) for s, n in sides.items()}) == truth


@given(cached=contexts, new=news, width=widths)
def test_of_all_keys_so_many_are_selected(cached, new, width):
    truth = sum(min(n + 1, width) for n in range(cached, cached + new))
    assert value(pairs("selected", "step"), cached=cached, new=new, width=width) == truth


@every_mask
@given(cached=contexts, new=news, width=widths)
def test_pairs_of_a_step(name, cached, new, width):
    truth = len(attended(name, cached, new, width))
    assert value(pairs(name, "step"), cached=cached, new=new, width=width) == truth


@every_mask
@given(context=news, width=widths)
def test_pairs_of_prefill_and_decode(name, context, width):
    prefill = value(pairs(name, "prefill"), context=context, width=width)
    decode = value(pairs(name, "decode"), context=context, width=width)
    assert prefill == len(attended(name, 0, context, width))
    assert decode == len(attended(name, context - 1, 1, width))


@every_mask
@given(cached=contexts, new=news, width=widths)
def test_a_step_reads_the_tokens_that_some_new_one_attends_to(name, cached, new, width):
    needed = {m for _, m in attended(name, cached, new, width)}
    tokens, cache = mask(name).cache(phase("step"), W, sympy.Integer(3))
    point = {"cached": cached, "new": new, "width": width, "batch": 2}
    assert value(tokens, **point) == len(needed)
    assert value(cache.held, **point) == 2 * 3 * len([m for m in needed if m < cached])
    assert value(cache.fresh, **point) == 2 * 3 * new


@every_mask
@given(first=contexts, new=news, width=widths)
def test_a_step_attends_as_its_tokens_do_one_by_one(name, first, new, width):
    whole = value(pairs(name, "step"), cached=first, new=new, width=width)
    singles = (value(pairs(name, "decode"), context=first + i + 1, width=width) for i in range(new))
    assert whole == sum(singles)


@given(tokens=contexts, width=widths)
def test_a_sliding_cache_keeps_what_the_next_token_needs(tokens, width):
    needed = [m for _, m in attended("sliding", tokens, 1, width) if m < tokens]
    assert value(mask("sliding").kept(C, W), cached=tokens, width=width) == len(needed)


@given(tokens=contexts, width=widths)
def test_a_chunked_cache_keeps_at_least_what_the_next_token_needs(tokens, width):
    needed = [m for _, m in attended("chunked", tokens, 1, width) if m < tokens]
    kept = value(mask("chunked").kept(C, W), cached=tokens, width=width)
    assert len(needed) <= kept == min(tokens, width - 1)


def test_a_window_of_128_keeps_127_of_129_tokens():
    # transformers 5.23.0, DynamicSlidingWindowLayer of gpt-oss: keys of shape [1, 8, 127, 64].
    assert value(mask("sliding").kept(C, W), cached=129, width=128) == 127


@every_mask
def test_the_full_square_is_every_new_token_with_all_that_is_kept(name):
    full = mask(name).attended(phase("step"), W, convention("pytorch"))
    assert_equal_expression(full.subs({C: 0}), T**2)
    assert value(full, cached=128, new=1, width=512) == 129


def test_a_mask_of_no_width_is_plain_arithmetic():
    assert_equal_expression(pairs("causal", "step"), T * C + T * (T + 1) / 2)
    assert_equal_expression(pairs("causal", "prefill"), S * (S + 1) / 2)
    assert_equal_expression(pairs("causal", "decode"), S)


def test_an_unknown_mask_is_refused():
    with pytest.raises(UnknownNameError, match="unknown mask 'slidng'; nearest: sliding"):
        mask("slidng")


def test_the_chunk_is_another_symbol_than_the_window():
    found = mask("chunked").attended(phase("decode"), symbol("chunk"), convention())
    assert found.free_symbols == {S, symbol("chunk")}


@given(context=news, width=widths)
def test_a_rolling_buffer_has_room_for_its_window(context, width):
    _, cache = mask("rolling").cache(phase("prefill"), W, sympy.Integer(3))
    kept = value(cache.kept, context=context, width=width, batch=2)
    assert kept == 2 * 3 * min(context, width)
