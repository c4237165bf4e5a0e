"""Predicted beside measured: errors, guards, groups, splits."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.validation.statistics import statistics
from edgesym.validation.validate import validate
from tests.validation.test_mapping import measured


def setup(**run):
    return Setup(
        "llama-3.2-1b", find("raspberry-pi-5"), Run(weights="q4_k_m", kernels="llama.cpp", **run)
    )


def find(name):
    from edgesym.devices import find_device

    return find_device(name)


def outcome(row):
    (found,) = validate([row]).outcomes
    return found


def test_a_decode_speed_is_that_of_an_estimate():
    ours = float(setup(context=64).number("tokens_per_second"))
    found = outcome(replace(measured(generated=128), value=1.25 * ours))
    assert found.predicted.value == pytest.approx(ours)
    assert found.error == pytest.approx(-0.2)
    low, high = found.predicted.interval
    assert low < ours < high
    for value, covered in ((ours, True), (1.01 * high, False), (0.99 * low, False)):
        assert outcome(replace(measured(generated=128), value=value)).covered is covered


def test_a_prefill_is_counted_in_tokens_of_all_prompts():
    row = replace(measured(phase="prefill", kind="prefill", prompt=512), value=20.0)
    ours = float(setup(prompt=512, generate=1).number("time_to_first_token"))
    assert outcome(row).predicted.value == pytest.approx(512 / ours)


def test_energy_and_memory_are_those_of_an_estimate():
    energy = outcome(measured(kind="energy", generated=128))
    assert energy.predicted.value == pytest.approx(
        float(setup(context=64).number("energy_per_token"))
    )
    memory = outcome(replace(measured(kind="memory", prompt=1024, generated=1024), value=1e9))
    bare = Setup("llama-3.2-1b", None, setup(context=2048).run)
    assert memory.predicted.value == pytest.approx(float(bare.number("memory_footprint")))
    assert memory.predicted.width == 1
    assert memory.as_json()["interval_90"] is None


@pytest.mark.parametrize(
    ("row", "value", "reason"),
    [
        (measured(generated=128), 40.0, "faster than its bytes over the peak bandwidth"),
        (
            measured("energy", generated=128),
            0.01,
            "less energy than idle power over its shortest time",
        ),
        (measured("prefill", "prefill", 512), 900.0, "faster than its FLOPs over the largest peak"),
        (measured("memory", prompt=64), 3e8, "less memory than the weights that products read"),
    ],
)
def test_what_no_device_could_do_is_counted_and_not_used(row, value, reason):
    found = validate([replace(row, value=value)])
    assert found.unmapped == {f"impossible: {reason}": 1}
    assert [each.mapped for each in found.groups.values()] == [0, 0, 0, 0]
    assert sum(each.rows for each in found.groups.values()) == 1


@pytest.mark.parametrize(
    ("row", "split"),
    [
        (measured(generated=128), "seen"),
        (measured(generated=128, model="Qwen3-0.6B"), "model"),
        (measured(generated=128, device="Raspberry Pi 3 B+"), "device"),
    ],
)
def test_a_split_says_what_the_efficiencies_stand_on(row, split):
    found = validate([replace(row, value=2.0)])
    assert found.outcomes[0].split == split
    assert len(found.only(split).outcomes) == 1
    assert not found.only("none").outcomes


def test_groups_by_label():
    rows = [
        replace(measured(generated=128, model=name), value=9.0) for name in ("Llama-3.2-1B",) * 2
    ]
    rows.append(replace(measured(generated=128, model="TinyLlama-1.1B"), value=9.0))
    by = validate(rows).by("model")
    assert {name: each.mapped for name, each in by["decode"].items()} == {
        "llama-3.2-1b": 2,
        "tinyllama-1.1b": 1,
    }


def test_statistics_of_errors():
    found = statistics(6, [-0.5, -0.1, 0.0, 0.1, 0.25], [True, False], [1.1, 1.3])
    assert (found.rows, found.mapped) == (6, 5)
    assert found.median_abs_error == pytest.approx(0.1)
    assert found.p90_abs_error == pytest.approx(0.4)
    assert (found.bias, found.within_25, found.coverage_90) == (0.0, 0.8, 0.5)
    assert math.isclose(found.width_90, 1.2)


def test_statistics_of_nothing_are_none():
    assert statistics(3, [], [], []).as_json() == {
        "rows": 3,
        "mapped": 0,
        **dict.fromkeys(
            ("median_abs_error", "p90_abs_error", "bias", "within_25", "coverage_90", "width_90")
        ),
    }
