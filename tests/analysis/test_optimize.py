"""Techniques on a model: numbers by hand, the best, the front, and those that cannot be had."""

from __future__ import annotations

from fractions import Fraction

import pytest

from edgesym.analysis.optimization.optimize import optimize
from edgesym.analysis.optimization.target import Target
from edgesym.analysis.optimization.technique import (
    BASELINE,
    chosen,
    combinations,
    find_technique,
    techniques,
)
from edgesym.architectures.reader import read_model
from edgesym.devices import find_device
from edgesym.errors import ConfigError, DeviceError, UnknownNameError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

ON_PI = Target(find_device("raspberry-pi-5"))
#: A llama of one layer whose matrices are few enough to count by hand.
TINY = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "vocab_size": 100,
    "torch_dtype": "float32",
}
#: Weights of its linear layers, of its tables, of its norms.
LINEAR = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96
TABLES, NORMS = 2 * 100 * 64, 3 * 64


def tiny():
    return Setup(read_model(TINY, name="tiny", origin="tiny"), run=Run(prompt=8, generate=8))


def found(*names, setup=None, target=None, conditions=()):
    wanted = [find_technique(name) for name in names]
    return optimize([setup or tiny()], wanted, target or Target(), conditions)


#: Technique -> bytes of its tensors, counted by hand.
BY_HAND = {
    "baseline": 4 * (LINEAR + TABLES + NORMS),
    # the head is a linear module as well
    "int8": LINEAR + 6400 + 4 * (6400 + NORMS),
    "mxfp4": Fraction(17, 32) * LINEAR + 4 * (TABLES + NORMS),
    "q8_0": Fraction(34, 32) * (LINEAR + TABLES) + 4 * NORMS,
}


@pytest.mark.parametrize("name", ["baseline", "mxfp4", "q8_0"])
def test_bytes_are_those_that_one_counts_by_hand(name):
    candidate = next(c for c in found("mxfp4", "q8_0").candidates if c.technique.name == name)
    assert candidate.numbers["weight_storage_bytes"] == BY_HAND[name]


def test_dynamic_int8_keeps_tables_and_norms_in_32_bits():
    candidate = found("dynamic-int8").candidates[1]
    scales = candidate.numbers["weight_storage_bytes"] - BY_HAND["int8"]
    # a scale and a zero point for each of the 8 matrices
    assert scales == 8 * (8 + 8)


def test_a_quantised_cache_leaves_the_weights_and_makes_the_memory_smaller():
    base, cache = found("kv-q8_0").candidates
    assert cache.size == base.size
    # 16 tokens, keys and values of one head of 32, from 4 bytes to 34 for 32
    saved = base.numbers["memory_footprint"] - cache.numbers["memory_footprint"]
    assert saved == 16 * 2 * 32 * (4 - Fraction(34, 32))


def test_ratios_are_to_the_baseline_of_the_same_model():
    both = optimize([Setup("llama-3.2-1b"), tiny()], [find_technique("mxfp4")], Target())
    for model in both.models:
        base, small = both.of(model)
        assert both.ratio(base, "size") == 1
        assert both.ratio(small, "size") == small.size / base.size < 1
        assert both.ratio(small, "time_per_output_token") is None


def test_a_technique_that_a_model_cannot_have_says_why_and_the_others_stand():
    odd = Setup(read_model({**TINY, "intermediate_size": 98}, name="odd", origin="odd"))
    result = found("2:4", "awq", "q8_0", setup=odd)
    base, pruned, grouped, plain = result.candidates
    assert "98" in pruned.why
    assert "128" in grouped.why
    assert not base.why
    assert not plain.why
    assert result.best("odd") is plain


def test_pruned_to_half_with_a_bit_for_each():
    base, half, _ = found("0.5:bitmask", "2:4").candidates
    saved = base.numbers["weight_storage_bytes"] - half.numbers["weight_storage_bytes"]
    assert saved == LINEAR * (4 - (2 + Fraction(1, 8)))


def test_the_front_holds_what_nothing_beats():
    result = optimize([Setup("llama-3.2-1b")], list(techniques().values()), ON_PI)
    front = result.front("llama-3.2-1b")
    assert front
    assert [one.size for one in front] == sorted(one.size for one in front)
    for one in front:
        assert not any(
            other.size <= one.size and other.time < one.time for other in result.candidates
        )
    for one in set(result.candidates) - set(front):
        assert any(f.size <= one.size and f.time <= one.time for f in front)
    assert result.best("llama-3.2-1b").time == min(one.time for one in result.candidates)


def test_memory_and_conditions_decide_what_will_do():
    target = Target(ON_PI.device, memory=2**30)
    result = found(
        "q8_0",
        "q4_0",
        setup=Setup("llama-3.2-1b", run=Run(kernels="fused")),
        target=target,
        conditions=["tokens_per_second >= 5"],
    )
    base, eight, four = result.candidates
    assert (base.fits, eight.fits, four.fits) == (False, False, True)
    assert (bool(base.missed), bool(eight.missed), bool(four.missed)) == (True, False, False)
    assert result.best("llama-3.2-1b") is four
    none = found("q4_0", setup=Setup("llama-3.2-1b"), target=Target(memory=1000))
    assert none.best("llama-3.2-1b") is None


def test_a_device_of_half_the_speed_computes_and_moves_at_half_the_rate():
    slow = Target(ON_PI.device, speed=0.5)
    for word, figure in ON_PI.device.peaks.items():
        assert slow.machine.peaks[word].value == figure.value / 2
    bandwidth = ON_PI.device.figures["memory_bandwidth"].value
    assert slow.machine.figures["memory_bandwidth"].value == bandwidth / 2
    assert slow.room == ON_PI.room


def test_combinations_change_different_fields():
    pair = combinations(chosen(["gptq", "q4_0", "kv-q8_0"]))
    assert [one.name for one in pair] == ["gptq + kv-q8_0", "q4_0 + kv-q8_0"]
    assert pair[0].of(Run()) == Run(weights="gptq", cache="q8_0")


@pytest.mark.parametrize("name", techniques())
def test_every_technique_runs_on_a_model_and_says_where_it_is_from(name):
    assert techniques()[name].source
    candidate = found(name, setup=Setup("llama-3.2-1b")).candidates[1]
    assert not candidate.why
    base = found(setup=Setup("llama-3.2-1b")).candidates[0]
    assert candidate.numbers["memory_footprint"] < base.numbers["memory_footprint"]


def test_any_recipe_is_a_technique_and_the_baseline_is_always_there():
    assert find_technique("IQ4_XS").run["weights"] == "IQ4_XS"
    assert chosen(["baseline", "q4_0"]) == (techniques()["q4_0"],)
    assert found().candidates[0].technique is BASELINE


MISTAKES = [
    (lambda: find_technique("gptp"), UnknownNameError, "unknown technique 'gptp'; nearest: gptq"),
    (lambda: chosen(["awq", "awq"]), ConfigError, "awq is named twice"),
    (lambda: Target(ON_PI.device, speed=0), ConfigError, "more than 0 and at most 100"),
    (lambda: Target(ON_PI.device, speed=-1), ConfigError, "speed = -1"),
    (lambda: Target(ON_PI.device, speed=101), ConfigError, "speed = 101"),
    (lambda: Target(ON_PI.device, speed=float("nan")), ConfigError, "speed = nan"),
    (lambda: Target(memory=0), ConfigError, "memory = 0 B"),
    (lambda: Target(speed=2), DeviceError, "name one with --device"),
    (lambda: found("q4_0", conditions=["tokens_per_second >= 5"]), DeviceError, "--device"),
]


@pytest.mark.parametrize(("mistake", "error", "words"), MISTAKES)
def test_a_mistake_says_what_to_do(mistake, error, words):
    with pytest.raises(error, match=words):
        mistake()
