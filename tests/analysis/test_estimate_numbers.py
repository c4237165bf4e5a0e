"""Invariants of an estimate: bounds, shares, monotony, and the loop behind a generation."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgesym.analysis.estimate import estimate
from edgesym.architectures.locate import load
from edgesym.devices import device_names, find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, DeviceError
from edgesym.quantities.registry import tagged
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from tests.support import keeps_tokens, letters, varied_cards

S = letters("S")[0]
DEVICES = list(device_names())


def setup(card="llama-3.2-1b", device="raspberry-pi-5", weights="q4_0", **options):
    chosen = find_device(device).with_settings(options.pop("settings", []))
    return Setup(load(card), chosen, Run(weights=weights, **options))


def step_time(made, context=None):
    at = {} if context is None else {S: context}
    return float(evaluate(made.expression("step_time"), {**made.values(), **at}))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    ("card", "weights"),
    [("llama-3.2-1b", "bf16"), ("gemma-3-1b", "q4_0"), ("llama-4-scout", "int8")],
)
def test_an_estimate_holds_together(card, device, weights):
    made = setup(card, device, weights, batch=3)
    found = estimate(made)
    numbers = found.quantities
    assert sum(found.shares.values()) == pytest.approx(1, rel=1e-12)
    assert all(share >= 0 for share in found.shares.values())
    assert found.shares[found.bound] == max(found.shares.values())
    assert numbers["tokens_per_second"] * numbers["time_per_output_token"] == pytest.approx(3)
    step = numbers["time_per_output_token"] * (1 + 1e-12)
    assert step >= numbers["memory_time"] + numbers["launch_time"]
    assert step >= numbers["compute_time"] + numbers["launch_time"]
    assert numbers["arithmetic_intensity"] * numbers["memory_traffic"] == pytest.approx(
        numbers["flops"]
    )
    assert found.fits == (numbers["memory_footprint"] <= made.device.room)
    assert ("transfer_time" in numbers) == ("link_bandwidth" in made.device.figures)
    assert numbers["generation_time"] > numbers["time_to_first_token"] > 0


@pytest.mark.parametrize("card", varied_cards())
def test_every_card_has_every_quantity_on_a_device_with_all_figures(card):
    numbers = estimate(setup(card, "rtx-4090", "fp16")).quantities
    assert list(numbers) == tagged("estimate")
    of_cache = set() if keeps_tokens(load(card)) else {"kv_cache_bytes", "kv_cache_memory_bytes"}
    assert all(math.isfinite(value) for value in numbers.values())
    assert {name for name, value in numbers.items() if value <= 0} == of_cache


@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "mistral-7b-v0.1", "llama-4-scout"])
@pytest.mark.parametrize(("prompt", "tokens"), [(1, 2), (500, 30), (4090, 20), (8185, 15)])
def test_a_generation_is_the_sum_of_its_steps(card, prompt, tokens):
    made = setup(card, "apple-m2", "fp16", prompt=prompt, generate=tokens)
    first = made.number("time_to_first_token")
    # each step after the first token attends to the prompt and to what has been generated
    loop = math.fsum(step_time(made, prompt + done) for done in range(1, tokens))
    assert estimate(made).quantities["generation_time"] == pytest.approx(first + loop, rel=1e-12)


def test_one_token_takes_the_time_to_the_first():
    made = setup(generate=1)
    assert estimate(made).quantities["generation_time"] == made.number("time_to_first_token")


FASTER = [
    ("memory_bandwidth", "GB/s", 10, 4000),
    ("peak.fp32", "GFLOP/s", 10, 1e5),
    ("memory_utilisation", "", 0.1, 1),
    ("compute_utilisation", "", 0.1, 1),
]


@pytest.mark.parametrize(("figure", "unit", "low", "high"), FASTER)
@settings(max_examples=10)
@given(data=st.data())
def test_more_of_a_rate_is_never_slower(figure, unit, low, high, data):
    rates = sorted(data.draw(st.lists(st.floats(low, high), min_size=2, max_size=2)))
    batch = data.draw(st.sampled_from([1, 32, 512]))
    times = [
        step_time(setup(batch=batch, compute="fp32", settings=[f"{figure}={rate:.9f}{unit}"]))
        for rate in rates
    ]
    assert times[1] <= times[0]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("batch", [1, 2, 64, 1024, 4096]),
        ("context", [1, 2, 255, 512, 4096, 131072]),
    ],
)
@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "llama-4-scout"])
def test_more_work_never_takes_less_time(card, name, values):
    made = [setup(card, "rtx-4090", **{name: value}) for value in values]
    times = [step_time(m) for m in made]
    assert times == sorted(times)
    shares = [estimate(m).shares for m in made]
    assert all(sum(found.values()) == pytest.approx(1, rel=1e-12) for found in shares)


def test_a_large_batch_shares_the_weights():
    one, many = (estimate(setup(device="rtx-4090", batch=b)).quantities for b in (1, 256))
    assert many["tokens_per_second"] > 10 * one["tokens_per_second"]
    assert many["weight_storage_bytes"] == one["weight_storage_bytes"]
    assert many["kv_cache_bytes"] == 256 * one["kv_cache_bytes"]


@pytest.mark.parametrize("device", DEVICES)
def test_the_change_that_helps_most_is_the_best_of_those_that_can_be_tried(device):
    made = setup(device=device)
    bandwidth, overhead = (
        made.figures()[symbol(word)].value for word in ("memory_bandwidth", "launch_overhead")
    )
    peak = made.device.peaks[made.dtype].value
    tried = {
        "twice the memory bandwidth": [f"memory_bandwidth={2 * bandwidth!r}B/s"],
        "half the launch overhead": [f"launch_overhead={overhead / 2!r}s"],
        "twice the peak rate": [f"peak.{made.dtype}={2 * peak!r}FLOP/s"],
    }
    now = step_time(made)
    gains = {k: now / step_time(setup(device=device, settings=v)) for k, v in tried.items()}
    name, gain = estimate(made).helps_most
    assert gain >= max(gains.values()) - 1e-9
    assert gain > 1
    if name in gains:
        assert gain == pytest.approx(gains[name], rel=1e-9)


BAD = [
    ({"prompt": 0}, ConfigError, "prompt = 0 must be a whole number of 1 or more"),
    ({"generate": -1}, ConfigError, "generate = -1 must be a whole number"),
    ({"context": 0}, ConfigError, "context = 0 must be a whole number"),
    ({"batch": 0}, ConfigError, "batch = 0 must be a whole number"),
    ({"batch": 10**10}, ConfigError, "batch = 10000000000 must lie between"),
]


@pytest.mark.parametrize(("options", "error", "message"), BAD)
def test_a_run_of_nothing_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        setup(**options)


def test_a_dtype_that_the_device_lacks_is_refused():
    with pytest.raises(DeviceError, match="no peak rate for fp16"):
        estimate(setup(device="raspberry-pi-4", compute="fp16"))
