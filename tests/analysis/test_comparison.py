"""Comparisons: terms and parts that add up, and changes of sides found one by one."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgesym.analysis.comparison.compare import compare
from edgesym.analysis.comparison.difference import difference
from edgesym.analysis.comparison.overtaking import overtakings
from edgesym.architectures.locate import load
from edgesym.architectures.reader import read_model
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import DeviceError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from tests.support import letters

#: The sizes of state-spaces/mamba-2.8b.
MAMBA = {
    "model_type": "mamba",
    "hidden_size": 2560,
    "intermediate_size": 5120,
    "num_hidden_layers": 64,
    "state_size": 16,
    "conv_kernel": 4,
    "time_step_rank": 160,
    "vocab_size": 50280,
}
LAST = 10**9
COUNTED = ("flops", "memory_traffic", "memory_footprint", "kv_cache_bytes", "parameters")
TIMED = ("time_per_output_token", "energy_per_token", "load_time")


@cache
def setup(model="llama-3.2-1b", device="", **run):
    found = (
        read_model(MAMBA, name="mamba", origin="test", sources=())
        if model == "mamba"
        else load(model)
    )
    return Setup(found, find_device(device) if device else None, Run(**{"kernels": "fused", **run}))


#: One of each kind of pair, all on devices.
PAIRS = {
    "runs": (
        setup("llama-3.2-1b", "raspberry-pi-5", batch=2, context=999),
        setup("qwen3-0.6b", "raspberry-pi-5", batch=64, context=8),
    ),
    "two of one family": (
        setup("llama-3.2-1b", "raspberry-pi-5"),
        setup("llama-3.2-3b", "raspberry-pi-5"),
    ),
    "a window": (setup("gemma-3-1b", "rtx-4090"), setup("llama-3.2-1b", "rtx-4090")),
    "formats": (
        setup(device="raspberry-pi-5", weights="bf16"),
        setup(device="raspberry-pi-5", weights="nvfp4"),
    ),
    "devices": (
        setup(device="raspberry-pi-4", weights="int8"),
        setup(device="raspberry-pi-5", weights="int8"),
    ),
    "experts": (
        setup("mixtral-8x7b", "rtx-4090", batch=3),
        setup("mistral-7b-v0.1", "rtx-4090", batch=3),
    ),
    "latent attention": (setup("deepseek-v3", "apple-m2"), setup("qwen3-30b-a3b", "apple-m2")),
    "recurrence": (
        setup("mamba", "apple-m2", weights="bf16"),
        setup("llama-3.2-3b", "apple-m2", weights="bf16"),
    ),
}
pairs = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)


@pytest.mark.parametrize("name", COUNTED)
@pairs
def test_terms_and_parts_add_up_exactly(pair, name):
    found = difference(*pair, name)
    assert found.numbers == tuple(s.number(name) for s in pair)
    assert found.terms
    assert found.parts
    for rows in (found.terms, found.parts):
        for place in (0, 1):
            assert sum(row.numbers[place] for row in rows) == found.numbers[place]
        assert sum(row.difference for row in rows) == found.difference
        sizes = [abs(row.difference) for row in rows]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("name", TIMED)
@pairs
def test_terms_and_parts_of_times_add_up(pair, name):
    found = difference(*pair, name)
    for rows in (found.terms, found.parts):
        for place, made in enumerate(pair):
            total = math.fsum(row.numbers[place] for row in rows)
            assert not rows or total == pytest.approx(made.number(name), rel=1e-9)
    assert found.terms


@pytest.mark.parametrize("name", ["memory_traffic", "kv_cache_bytes"])
@pairs
@settings(max_examples=4)
@given(batch=st.integers(1, 64), context=st.integers(1, 10**6))
def test_terms_hold_at_every_batch_and_context(pair, name, batch, context):
    found = difference(*pair, name)
    for place, made in enumerate(pair):
        moved = replace(made, run=replace(made.run, batch=batch, context=context))
        values = moved.values()
        total = sum(evaluate(t.coefficients[place] * t.letters, values) for t in found.terms)
        assert float(total) == pytest.approx(float(moved.number(name)), rel=1e-12)


@pytest.mark.parametrize("name", ["memory_traffic", "time_per_output_token"])
@pairs
def test_the_other_way_round_is_the_opposite(pair, name):
    there, back = difference(*pair, name), difference(*reversed(pair), name)
    assert back.difference == -there.difference
    assert {t.letters: -t.difference for t in there.terms} == {
        t.letters: t.difference for t in back.terms
    }
    assert {p.name: -p.difference for p in there.parts} == {
        p.name: p.difference for p in back.parts
    }


@pytest.mark.parametrize("name", ["memory_footprint", "time_per_output_token"])
@pairs
def test_against_itself_nothing_differs(pair, name):
    found = difference(pair[0], pair[0], name)
    assert found.alike
    assert all(row.difference == 0 for row in (found, *found.terms, *found.parts))
    for along in overtakings(pair[0], pair[0], name)[:1]:
        assert [(s.low, s.high, s.less) for s in along.spans] == [(1, LAST, None)]


@pytest.mark.parametrize("name", ["memory_traffic", "time_per_output_token"])
@pairs
def test_each_number_along_an_axis_lies_in_the_span_that_says_so(pair, name):
    """The two quantities evaluated at small and at large numbers, and around each change."""
    forms = [made.expression(name) for made in pair]
    points = [made.values() for made in pair]
    for along in overtakings(*pair, name):
        ends = [1, *(n for span in along.spans for n in (span.low, span.high)), LAST]
        tried = {n + step for n in ends for step in (-2, -1, 0, 1, 2)}
        tried |= {*range(1, 24), *(3**power for power in range(19))}
        for n in sorted(n for n in tried if 1 <= n <= LAST):
            one, other = (
                evaluate(f, {**v, along.axis: n}) for f, v in zip(forms, points, strict=True)
            )
            less = next(span.less for span in along.spans if span.low <= n <= span.high)
            assert less == (None if one == other else int(other < one)), (along.axis, n)


@pairs
def test_spans_cover_the_whole_range_and_change_sides(pair):
    for along in overtakings(*pair, "memory_traffic"):
        assert along.spans[0].low == 1
        assert along.spans[-1].high == LAST
        for span, following in zip(along.spans, along.spans[1:], strict=False):
            assert following.low == span.high + 1
            assert following.less != span.less


def test_every_whole_number_is_in_the_right_span():
    pair = setup("gemma-3-1b"), setup("qwen3-0.6b")
    along = overtakings(*pair, "flops")[0]
    forms = [made.expression("flops") for made in pair]
    for context in range(3000, 5000):
        one, other = (
            evaluate(form, {**made.values(), along.axis: context})
            for form, made in zip(forms, pair, strict=True)
        )
        less = next(span.less for span in along.spans if span.low <= context <= span.high)
        assert less == (None if one == other else int(other < one)), context
    assert len(along.spans) == 2


def test_a_closed_form_of_a_change_says_where_it_is():
    pair = PAIRS["recurrence"]
    values = pair[0].values()
    checked = 0
    for name in ("memory_traffic", "memory_footprint", "time_per_output_token"):
        for along in overtakings(*pair, name):
            for span in along.spans[1:]:
                if span.begins is not None:
                    at = evaluate(span.begins, values)
                    assert span.low - 1 <= at <= span.low
                    checked += 1
    assert checked


def test_a_growing_cache_overtakes_a_state():
    """By hand: a state of 64 layers x 5120 x (16 fp32 + 4 bf16), 28 x 8 x 128 x 2 bf16 a token."""
    state, per_token = 64 * 5120 * (16 * 4 + 4 * 2), 2 * 28 * 8 * 128 * 2
    along = overtakings(*PAIRS["recurrence"], "kv_cache_bytes")[0]
    last = state // per_token
    assert state % per_token
    assert [(s.low, s.high, s.less) for s in along.spans] == [(1, last, 1), (last + 1, LAST, 0)]


def test_traffic_is_overtaken_where_a_straight_line_crosses():
    """From the traffic at two contexts: that of a state stays, that of a cache grows."""
    one, other = setup("mamba", weights="bf16"), setup("llama-3.2-1b", weights="bf16")

    def moved(made, context):
        return replace(made, run=replace(made.run, context=context)).number("memory_traffic")

    state, first, second = moved(one, 1), moved(other, 1), moved(other, 2)
    assert state == moved(one, 2) > first
    equal = 1 + Fraction(state - first, second - first)
    spans = overtakings(one, other, "memory_traffic")[0].spans
    assert [span.less for span in spans] == [1, 0]
    assert spans[1].low == math.floor(equal) + 1


def test_a_window_is_equal_until_it_is_full():
    """Two Mistrals of one shape: with a window of W a query sees itself and W - 1 cached."""
    window = load("mistral-7b-v0.1").values[symbol("window")]
    pair = setup("mistral-7b-v0.1"), setup("mistral-7b-v0.3")
    spans = overtakings(*pair, "kv_cache_bytes")[0].spans
    assert [span.less for span in spans] == [None, 0]
    assert spans[0].high == window - 1


def test_a_format_changes_the_bytes_of_weights_and_nothing_else():
    found = difference(*PAIRS["formats"], "memory_footprint")
    saved = 1235814400 * (Fraction(2) - Fraction(18, 32))
    assert found.difference == -saved
    assert [str(t.letters) for t in found.terms if t.difference] == ["B_w"]
    assert {p.name for p in found.parts if p.difference} == {"weight_storage_bytes"}


def test_a_device_changes_what_a_byte_costs():
    one, other = PAIRS["devices"]
    found = difference(one, other, "time_per_output_token")
    B_w, U_m, W_m = letters("B_w U_m W_m")
    term = next(t for t in found.terms if t.letters == B_w / (U_m * W_m))
    assert term.coefficients[0] == term.coefficients[1] == 1235814400
    for made, number in zip((one, other), term.numbers, strict=True):
        figures = {str(each): figure.value for each, figure in made.figures().items()}
        rate = figures["U_m"] * figures["W_m"]
        assert number == pytest.approx(1235814400 / rate, rel=1e-12)


def test_one_closed_form_and_the_numbers_that_differ():
    names = ["llama-3.2-1b", "llama-3.2-3b"]
    found = compare(names, [setup(name) for name in names])
    assert all(contrast.difference.shared is not None for contrast in found.contrasts)
    assert {str(s): numbers for s, numbers in found.symbols.items()} == {
        "L": (16, 28),
        "H": (2048, 3072),
        "A": (32, 24),
        "D": (64, 128),
    }
    other = compare(["a", "b"], [setup("gemma-3-1b"), setup("llama-3.2-1b")])
    assert all(contrast.difference.shared is None for contrast in other.contrasts)


def test_every_item_is_held_against_the_first():
    names = ["llama-3.2-1b", "gemma-3-1b", "mixtral-8x7b"]
    found = compare(names, [setup(name, "rtx-4090") for name in names], ["parameters", "flops"])
    assert found.rows[0].numbers == (1235814400, 999885952, 46702792704)
    assert found.rows[0].ratios == tuple(n / 1235814400 for n in found.rows[0].numbers)
    assert [(c.names, c.difference.quantity.name) for c in found.contrasts] == [
        ((names[0], name), quantity) for name in names[1:] for quantity in ("parameters", "flops")
    ]


def test_what_fits_is_said_of_each():
    names = ["llama-3.2-1b", "mixtral-8x7b"]
    found = compare(names, [setup(name, "rtx-4090") for name in names], ["memory_footprint"])
    assert found.fits == (True, False)
    assert not compare(names, [setup(name) for name in names], ["memory_footprint"]).fits


def test_what_a_device_has_no_figures_for_is_left_out_unless_asked_for():
    pair = [setup(device="raspberry-pi-5"), setup("gemma-3-1b", "raspberry-pi-5")]
    names = ["llama-3.2-1b", "gemma-3-1b"]
    assert "time_per_output_token" in {r.quantity.name for r in compare(names, pair).rows}
    with pytest.raises(DeviceError, match=r"transfer_time needs link_.*--set link_"):
        compare(names, pair, ["transfer_time"])
    with pytest.raises(DeviceError, match=r"load_time needs storage_.*--device"):
        compare(names, [setup(name) for name in names], ["load_time"])


def test_what_one_of_two_does_not_have_is_zero_there():
    """An encoder keeps no cache; its terms and parts are the other's alone."""
    sizes = {"hidden_size": 48, "num_attention_heads": 4, "intermediate_size": 100}
    config = {"model_type": "bert", "num_hidden_layers": 3, "vocab_size": 500, **sizes}
    encoder = Setup(read_model(config, name="bert", origin="test"))
    found = difference(encoder, setup(), "kv_cache_bytes")
    assert found.numbers == (0, 2 * 16 * 8 * 64 * 256 * 2)
    assert [term.numbers for term in found.terms] == [found.numbers]
    assert [part.numbers for part in found.parts] == [found.numbers]


def test_a_single_point_of_equality_is_a_span_of_its_own():
    """A state of 64 x 5120 x 72 bytes against 2 x L x K x D x 2 a token, as many as divide it."""
    state = 64 * 5120 * 72
    made = setup("llama-3.2-1b", given=((symbol("layers"), 45), (symbol("kv_heads"), 2)))
    per_token = 2 * 45 * 2 * 64 * 2
    assert state % per_token == 0
    at = state // per_token
    spans = overtakings(setup("mamba", weights="bf16"), made, "kv_cache_bytes")[0].spans
    assert [(span.low, span.less) for span in spans] == [(1, 1), (at, None), (at + 1, 0)]


def test_a_ratio_is_no_sum_of_terms():
    found = difference(*PAIRS["two of one family"], "arithmetic_intensity")
    assert found.terms == found.parts == ()
    assert found.difference == found.numbers[1] - found.numbers[0]


def test_a_sum_without_a_closed_form_is_compared_and_not_scanned():
    sizes = {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072}
    config = {"model_type": "bert", "num_hidden_layers": 2, "vocab_size": 500, **sizes}
    encoder = read_model(config, name="bert", origin="test")
    pair = (setup(device="rtx-4090"), Setup(encoder, find_device("rtx-4090")))
    found = difference(*pair, "generation_time")
    assert found.numbers == tuple(each.number("generation_time") for each in pair)
    assert [o.spans for o in overtakings(*pair, "generation_time")] == [(), (), ()]


def test_times_that_are_the_same_but_for_rounding_are_equal():
    """Pruned weights are read faster and computed as slowly: from four sequences on they wait."""
    model, device = load("llama-3.2-1b"), find_device("raspberry-pi-5")
    one, other = (Setup(model, device, Run(prune=prune)) for prune in ("", "2:4"))
    (batch,) = (a for a in overtakings(one, other, "time_per_output_token") if str(a.axis) == "b")
    assert [(span.low, span.less) for span in batch.spans] == [(1, 1), (4, None)]
