"""Refitting: what a run shows moves the figures that decide it, as far as their spread allows."""

from __future__ import annotations

import math

import pytest

from edgesym.devices import find_device
from edgesym.errors import ConfigError, EdgesymError
from edgesym.measuring.refit import _replaced, fitted
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

TEXT = """name = "here"
class = "x86-desktop-cpu"

[peak.fp32]
value = 400
unit = "GFLOP/s"
source = "test"

[peak.int8]
value = 1600
unit = "GFLOP/s"
source = "test"

[memory_size]
value = 16
unit = "GiB"
source = "test"

[memory_bandwidth]
value = 50
unit = "GB/s"
source = "test"

[memory_utilisation]
value = 0.8
range = [0.5, 1]
unit = "1"
kind = "assumed"
source = "test"

[launch_overhead]
value = 4
range = [0.5, 8]
unit = "us"
kind = "measured"
source = "test"
"""
RUN = Run(prompt=128, generate=32, context=144, weights="q8_0", kernels="llama.cpp")
NAMES = {"prefill": "time_to_first_token", "decode": "time_per_output_token"}


@pytest.fixture
def device(tmp_path):
    """A function that reads a device file of this text."""

    def read(text=TEXT):
        path = tmp_path / "here.toml"
        path.write_text(text, "utf-8")
        return find_device(str(path))

    return read


def runs(setup, faster=1.0, spread=0.0):
    return [(phase, float(setup.number(name)) / faster, spread) for phase, name in NAMES.items()]


@pytest.fixture
def setup(device):
    from edgesym import load

    return Setup(load("qwen2.5-0.5b"), device(), RUN)


def test_what_was_predicted_moves_nothing(setup):
    for one in fitted(setup, runs(setup)):
        assert one.value == pytest.approx(one.before.value, rel=1e-6)
        assert one.std < one.before.std


@pytest.mark.parametrize("faster", [0.7, 0.9, 1.1])
def test_a_run_moves_the_prediction_most_of_the_way(setup, faster):
    after = {one.name: one.value for one in fitted(setup, runs(setup, faster))}
    changed = [f"{name}={value}{'s' if 'launch' in name else ''}" for name, value in after.items()]
    moved = Setup(setup.model, setup.machine.with_settings(changed), setup.run)
    for phase, name in NAMES.items():
        left = math.log(float(moved.number(name)) * faster / float(setup.number(name)))
        assert abs(left) < 0.5 * abs(math.log(faster)), phase


def test_a_share_never_passes_one(setup):
    after = {one.name: one.value for one in fitted(setup, runs(setup, 5.0))}
    assert after["memory_utilisation"] <= 1
    assert after["compute_utilisation.int8"] <= 1


def test_runs_that_spread_say_less(setup):
    sure = fitted(setup, runs(setup, 0.8, 0.0))
    torn = fitted(setup, runs(setup, 0.8, 2.0))
    assert all(a.std / a.value < b.std / b.value for a, b in zip(sure, torn, strict=True))
    before = sure[0].before.value
    assert abs(torn[0].value - before) < abs(sure[0].value - before)


def test_figures_that_are_exact_are_not_fitted(setup):
    exact = ["memory_utilisation=0.8", "compute_utilisation=0.5", "launch_overhead=1us"]
    sure = Setup(setup.model, setup.machine.with_settings(exact), RUN)
    with pytest.raises(ConfigError, match="are exact there; give them a range"):
        fitted(sure, runs(sure))


def test_tables_are_replaced_and_the_rest_stays(device):
    after = {
        "memory_utilisation": ["[memory_utilisation]", "value = 0.9", 'unit = "1"', 'source = "x"']
    }
    text = _replaced(TEXT, after)
    made = device(text)
    assert made.figures["memory_utilisation"].value == 0.9
    assert made.figures["launch_overhead"] == device().figures["launch_overhead"]
    assert text.count("[memory_utilisation]") == 1
    assert _replaced(text, after) == text


def test_a_file_that_would_not_be_read_is_not_given(tmp_path, setup, monkeypatch):
    from edgesym.measuring import refit
    from edgesym.measuring.measure import Measured, Wanted

    path = tmp_path / "here.toml"
    path.write_text(TEXT, "utf-8")
    from edgesym.measuring.latency import Latency

    took = Latency(1.0, 1.0, 1.0, 3, 1)
    nothing = (None, None, None, None, None, {})
    found = Measured(Wanted("x"), setup, setup, "by", 1, True, 0, *nothing, took, took)
    text, changes = refit.refitted(found, path)
    assert len(changes) == 3
    assert 'source = "edgesym measure --refit"' in text
    monkeypatch.setattr(refit, "_row", lambda *_: ["[memory_utilisation]", "value = -1"])
    with pytest.raises(EdgesymError):
        refit.refitted(found, path)
    assert path.read_text("utf-8") == TEXT
