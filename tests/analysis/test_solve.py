"""Answers to inverse questions against the quantities themselves, looked at one by one."""

import math
import operator
from fractions import Fraction

import numpy as np
import pytest

from edgesym.analysis.estimate import estimate
from edgesym.analysis.inverse.solve import solve
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from tests.support import rounded

HOLDS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}


def on(card, device="rtx-4090", **run):
    return Setup(
        load(card), rounded(device) if device else None, Run(**{"kernels": "fused", **run})
    )


def column(setup, name, word, numbers):
    """A quantity at many values of one symbol, the way a loop would find it."""
    values = {s: v if isinstance(v, int) else float(v) for s, v in setup.values().items()}
    at = {**values, symbol(word): np.asarray(numbers, dtype=np.float64)}
    return np.broadcast_to(evaluate(setup.expression(name), at), (len(numbers),))


def members(intervals):
    return {n for i in intervals for n in range(int(i.low), int(i.high) + 1)}


#: (card, unknown, quantity, relation, bound as text, bound, highest number that is looked at)
BRUTE = [
    ("llama-3.2-1b", "context", "time_per_output_token", "<=", "3.7ms", 3.7e-3, 30_000),
    ("gemma-3-1b", "context", "time_per_output_token", "<=", "3.2ms", 3.2e-3, 60_000),
    ("gemma-3-1b", "context", "kv_cache_bytes", "<", "100MB", 1e8, 60_000),
    ("llama-4-scout", "context", "time_per_output_token", "<=", "39ms", 39e-3, 60_000),
    ("llama-4-scout", "context", "flops", "<=", "39 GFLOP", 39e9, 60_000),
    ("mixtral-8x7b", "batch", "weight_bytes", "<=", "60 GB", 60e9, 64),
    ("mixtral-8x7b", "batch", "tokens_per_second", ">=", "300 tokens/s", 300, 4000),
    ("llama-3.2-1b", "batch", "time_per_output_token", "<", "20ms", 20e-3, 4000),
    ("llama-3.2-1b", "batch", "arithmetic_intensity", ">=", "50 FLOP/B", 50, 4000),
    ("gemma-3-1b", "prompt", "time_to_first_token", "<=", "200ms", 0.2, 30_000),
    ("llama-4-scout", "prompt", "time_to_first_token", "<=", "2s", 2, 40_000),
]


@pytest.mark.parametrize("case", BRUTE, ids=lambda c: " ".join(map(str, c[:5])))
def test_brute_force_agrees(case):
    card, unknown, name, relation, text, bound, high = case
    setup = on(card)
    word = {"prompt": "prompt_tokens"}.get(unknown, unknown)
    numbers = np.arange(1, high + 1)
    expected = set(numbers[HOLDS[relation](column(setup, name, word, numbers), bound)].tolist())
    assert 0 < len(expected) < high, "the case decides nothing"
    found = solve(setup, unknown, [f"{name} {relation} {text}"], ("1", str(high)))
    assert members(found.intervals) == expected
    assert found.answer == (max(expected) if max(expected) < high else min(expected))


def test_several_intervals_are_said():
    found = solve(on("llama-4-scout"), "context", ["time_per_output_token <= 39ms"])
    assert not found.monotone
    assert len(found.intervals) > 1
    assert any("rises and falls" in note for note in found.notes)


REALS = [
    ("bandwidth", "time_per_output_token", "50ms", 0.05),
    ("bandwidth", "tokens_per_second", "15 tokens/s", 15),
    ("peak", "time_to_first_token", "12s", 12),
    ("launch_overhead", "time_per_output_token", "300ms", 0.3),
    ("memory_utilisation", "time_per_output_token", "250ms", 0.25),
    ("bits", "time_per_output_token", "90ms", 0.09),
    ("cache_bits", "kv_cache_bytes", "3MiB", 3 * 2**20),
    ("storage_bandwidth", "load_time", "3s", 3),
]


@pytest.mark.parametrize("case", REALS, ids=lambda c: f"{c[0]} {c[1]}")
@pytest.mark.parametrize("relation", ["<=", ">=", "="])
def test_real_answers_meet_the_bound(case, relation):
    unknown, name, text, bound = case
    setup = on("llama-3.2-1b", "raspberry-pi-5")
    found = solve(setup, unknown, [f"{name} {relation} {text}"])
    there = {**setup.values(), found.unknown.symbol: found.answer}
    assert float(evaluate(setup.expression(name), there)) == pytest.approx(bound, rel=1e-9)
    formula = float(evaluate(found.end.closed_form, {**there, found.conditions[0].bound: bound}))
    assert formula == pytest.approx(found.answer, rel=1e-9)
    (check,) = found.checks
    assert relation == "=" or check.slack >= 0


def test_the_next_integer_breaks_the_condition():
    setup = on("llama-3.2-1b", "raspberry-pi-5")
    found = solve(setup, "context", ["memory_footprint <= 7.5GiB"])
    at = {**setup.values(), symbol("context"): found.answer}
    beyond = {**at, symbol("context"): found.answer + 1}
    footprint = setup.expression("memory_footprint")
    assert evaluate(footprint, at) <= 15 * 2**29 < evaluate(footprint, beyond)
    assert found.answer == math.floor(found.end.root)


BINDING = [
    (["memory_footprint <= 3GiB", "time_per_output_token <= 300ms"], 0),
    (["memory_footprint <= 7.9GiB", "time_per_output_token <= 300ms"], 1),
    (["time_per_output_token <= 1s", "memory_footprint <= memory"], 1),
]


@pytest.mark.parametrize(("texts", "place"), BINDING, ids=str)
def test_the_condition_that_binds_is_the_tighter_alone(texts, place):
    setup = on("llama-3.2-1b", "raspberry-pi-5")
    both = solve(setup, "context", texts)
    alone = [solve(setup, "context", [text]).answer for text in texts]
    assert both.answer == min(alone) == alone[place]
    assert both.end.limits == (both.conditions[place],)


def test_a_lower_bound_asks_for_the_least():
    setup = on("llama-3.2-1b", "raspberry-pi-5")
    found = solve(setup, "batch", ["tokens_per_second >= 20 tokens/s"])
    speed = column(setup, "tokens_per_second", "batch", range(1, 100))
    assert found.answer == 1 + int(np.argmax(speed >= 20))
    assert found.end is found.low


def test_a_floor_is_what_remains():
    """However fast the memory, arithmetic and launches remain; they are all of the extreme."""
    setup = on("llama-3.2-1b", "raspberry-pi-5")
    found = solve(setup, "bandwidth", ["time_per_output_token <= 1ms"])
    assert found.answer is None
    missed = found.impossible
    remaining = setup.number("compute_time") + setup.number("launch_time")
    assert float(evaluate(missed.floor, setup.values())) == pytest.approx(remaining, rel=1e-9)
    assert float(missed.extreme) == pytest.approx(remaining, rel=1e-9)
    assert missed.parts["launch"] == pytest.approx(setup.number("launch_time") / remaining)
    assert "however large bandwidth is: compute" in missed.reason


IMPOSSIBLE = [
    ("context", ["memory_footprint <= 1GiB"], ["at least", "even at context = 1 token", "weights"]),
    ("batch", ["tokens_per_second >= 1000 tokens/s"], ["at most", "however large", "of a step"]),
    ("context", ["parameters <= 1e9", "flops <= 1 TFLOP"], ["1,235,814,400 whatever context"]),
    ("peak", ["time_per_output_token <= 50ms"], ["at least", "however large peak", "weights"]),
    ("U_m", ["time_per_output_token <= 50ms"], ["at least", "at U_m = 1:", "weights"]),
    ("bits", ["memory_footprint <= 1MB"], ["at least", "however small bits", "cache"]),
    ("context", ["kv_cache_bytes = 3GB"], ["context = 91552", "91553"]),
    (
        "batch",
        ["tokens_per_second >= 20 tokens/s", "time_per_output_token <= 220ms"],
        ["exclude each other", "needs 5 sequences or more", "needs 1 to 3 sequences"],
    ),
    ("bandwidth", ["ridge_point >= 0 FLOP/B", "memory_time <= 0s"], ["at least", "0"]),
]


@pytest.mark.parametrize(("unknown", "texts", "words"), IMPOSSIBLE, ids=str)
def test_impossible_says_why(unknown, texts, words):
    found = solve(on("llama-3.2-1b", "raspberry-pi-5"), unknown, texts)
    assert found.answer is None
    assert found.intervals == ()
    for word in words:
        assert word in found.impossible.reason


@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "mixtral-8x7b"])
def test_an_impossible_extreme_is_the_extreme(card):
    setup = on(card)
    found = solve(setup, "context", ["time_per_output_token <= 1us"])
    times = column(setup, "time_per_output_token", "context", range(1, 20_000))
    assert float(found.impossible.extreme) == pytest.approx(times.min(), rel=1e-12)
    assert sum(found.impossible.parts.values()) == pytest.approx(1)


def test_an_unknown_prompt_moves_the_context_with_it():
    free, fixed = on("llama-3.2-1b", generate=100), on("llama-3.2-1b", context=4000)
    found = solve(free, "prompt", ["memory_footprint <= 4GiB"])
    assert found.answer == solve(free, "context", ["memory_footprint <= 4GiB"]).answer - 100
    with pytest.raises(EdgesymError, match="--context fixes"):
        solve(fixed, "prompt", ["memory_footprint <= 4GiB"])


NOTES = [
    ("context", ["kv_cache_bytes <= 1TB"], "made for 131072 tokens"),
    ("context", ["kv_cache_bytes <= 1TB", "parameters <= 2e9"], "holds for every value"),
    ("batch", ["tokens_per_second >= 1 tokens/s"], "no limit in the range"),
    (
        "bits",
        ["weight_storage_bytes <= 1GB"],
        "the widest number format that meets all is mxfp6 (6.25 bits)",
    ),
    (
        "bits",
        ["weight_storage_bytes >= 1GB"],
        "the narrowest number format that meets all is q6_k (6.5625 bits)",
    ),
    ("bits", ["weight_storage_bytes <= 1GB", "bits <= 4"], "all is int4 (4 bits)"),
    ("prompt", ["memory_footprint <= 4GiB"], "the prompt and what is generated"),
]


@pytest.mark.parametrize(("unknown", "texts", "words"), NOTES, ids=str)
def test_notes(unknown, texts, words):
    found = solve(on("llama-3.2-1b", "raspberry-pi-5"), unknown, texts)
    assert any(words in note for note in found.notes)


@pytest.mark.parametrize("unknown", ["context", "batch", "prompt"])
def test_an_answer_fits_where_it_says_nothing_else(unknown):
    board = find_device("raspberry-pi-5")
    setup = Setup(load("llama-3.2-1b"), board, Run(kernels="fused"))
    found = solve(setup, unknown, ["memory_footprint <= memory_size - memory_reserve"])
    assert not any("not fit" in note for note in found.notes)
    for value in (int(found.answer), int(found.answer) + 1):
        there = Setup(setup.model, board, Run(kernels="fused", **{unknown: value}))
        assert estimate(there).fits == (value == found.answer)
    for asked in ("memory_footprint <= memory_size", "kv_cache_bytes <= 16GiB"):
        note = solve(setup, unknown, [asked]).notes[-1]
        assert "it does not fit there: " in note
        assert "more than memory_size - memory_reserve" in note


def test_kinds_of_layers_stay():
    found = solve(on("gemma-3-1b"), "layers", ["weight_storage_bytes <= 1GB"])
    assert found.answer < 26
    memory = solve(on("gemma-3-1b"), "layers", ["memory_footprint <= 3GB"])
    assert "layers.full, layers.sliding stay as they are" in memory.notes


MISTAKES = [
    ("contxt", ["flops <= 1 TFLOP"], None, ["contxt", "context"]),
    ("flops", ["flops <= 1 TFLOP"], None, ["'flops'"]),
    (
        "context",
        ["time_to_first_token <= 1s"],
        None,
        ["does not depend on context", "--for prompt"],
    ),
    ("vocab", ["kv_cache_bytes <= 1GB"], None, ["does not depend on vocab", "batch, context"]),
    ("context", ["flops <= 1 TFLOP", "flops >= 2 TFLOP"], None, ["contradict"]),
    ("context", ["transfer_time + time_per_output_token <= 1s"], None, ["link_bandwidth", "--set"]),
    ("batch", ["tensor_parallel_traffic <= 1GB"], None, ["tensor_parallel", "--set"]),
    ("context", ["flops <= 1 TFLOP"], ("5", "1"), ["--between 5 1"]),
    ("context", ["flops <= 1 TFLOP"], ("0", "9"), ["--between 0 9"]),
    ("context", ["flops <= 1 TFLOP"], ("1.5", "9"), ["1.5", "whole"]),
    ("context", ["flops <= 1 TFLOP"], ("1", "1e12"), ["1e12", "large"]),
    ("bandwidth", ["memory_time <= 1s"], ("0", "1GB/s"), ["above 0"]),
    ("bandwidth", ["memory_time <= 1s"], ("1B/s", "1GB"), ["--between", "'GB'", "B/s"]),
    ("bandwidth", ["memory_time <= 1s"], ("10", "100"), ["--between", "10 has no unit", "GB/s"]),
    ("context", [], None, ["no condition"]),
]


@pytest.mark.parametrize(("unknown", "texts", "between", "words"), MISTAKES, ids=str)
def test_a_mistake_is_named(unknown, texts, between, words):
    with pytest.raises(EdgesymError) as caught:
        solve(on("llama-3.2-1b", "raspberry-pi-5"), unknown, texts, between)
    for word in words:
        assert word in str(caught.value)


def test_without_a_device_only_what_is_solved_for_may_lack_a_number():
    setup = on("llama-3.2-1b", None)
    assert solve(setup, "memory", ["memory_footprint <= 0.9 * memory"]).answer == pytest.approx(
        float(setup.number("memory_footprint") / Fraction(9, 10)), rel=1e-12
    )
    with pytest.raises(EdgesymError, match="--device"):
        solve(setup, "context", ["memory_footprint <= memory"])
