"""Figures with a spread, as a user sees them: what devices and estimate print."""

from __future__ import annotations

import json
import math
import re

import pytest

ON_PI = ("estimate", "llama-3.2-1b", "--device", "raspberry-pi-5", "--weights", "q4_0")
#: The figures of the Raspberry Pi that carry a spread, made exact.
EXACT = (
    *("--set", "memory_utilisation=0.67", "--set", "compute_utilisation=0.493"),
    *("--set", "energy_per_flop=15pJ/FLOP", "--set", "energy_per_byte=64pJ/B"),
    *("--set", "launch_overhead=3us", "--set", "storage_utilisation=0.92"),
)
BANDWIDTH = ("--set", "memory_bandwidth=17.07+-1.7GB/s")


def line(text, label):
    """What is said of a label, further lines of it included."""
    found = re.search(rf"^{label}\b.*(?:\n +.*)*", text, re.MULTILINE)
    return " ".join(found[0].split())


def test_an_estimate_without_spreads_says_nothing_of_them(edgesym):
    text = edgesym(*ON_PI, *EXACT).out
    assert "±" not in text
    assert "uncertain" not in text
    found = json.loads(edgesym(*ON_PI, *EXACT, "--json").out)
    assert not [key for key in found if key.endswith("_std") or key == "uncertainty"]


def test_an_estimate_prints_what_a_spread_does_to_it(edgesym):
    text = edgesym(*ON_PI, *EXACT, *BANDWIDTH, "--set", "launch_overhead=3+-2us").out
    found = json.loads(
        edgesym(*ON_PI, *EXACT, *BANDWIDTH, "--set", "launch_overhead=3+-2us", "--json").out
    )
    # almost all of the time is bytes over bandwidth, which spreads by a tenth
    time, std = found["time_per_output_token_s"], found["time_per_output_token_s_std"]
    launches = found["launch_time_s"] / 3e-6
    waiting = time - found["launch_time_s"]
    assert std == pytest.approx(math.hypot(waiting * 1.7 / 17.07, launches * 2e-6), rel=1e-3)
    spread = found["uncertainty"]["time_per_output_token"]
    factor = math.exp(1.645 * std / time)
    assert spread["interval_90"] == pytest.approx([time / factor, time * factor])
    assert sum(spread["contributions"].values()) == pytest.approx(1)
    assert spread["contributions"]["launch_overhead"] == pytest.approx((launches * 2e-6 / std) ** 2)
    assert "flops_std" not in found

    printed = re.search(r"([\d.]+) ± ([\d.]+) ms", line(text, "per token"))
    assert float(printed[1]) == pytest.approx(1e3 * time, rel=0.01)
    assert float(printed[2]) == pytest.approx(1e3 * std, rel=0.05)
    share = spread["contributions"]["memory_bandwidth"]
    assert f"memory_bandwidth {share:.0%}" in line(text, "uncertain")


def test_an_estimate_warns_of_kernels_that_change_sides(edgesym):
    wide = ("--batch", "8", "--set", "memory_utilisation=0.5+-0.1")
    text = edgesym(*ON_PI, *EXACT, *wide, "--set", "compute_utilisation=0.37").out
    assert "(memory_utilisation)" in line(text, "caution")
    assert "caution" not in edgesym(*ON_PI, *EXACT, *BANDWIDTH).out


def test_devices_shows_the_spread_of_a_figure(edgesym):
    asked = ("devices", "apple-m2", "--set", "memory_bandwidth=90..110GB/s")
    text = edgesym(*asked, columns=400).out
    assert "0.846 ± 0.023" in line(text, "memory_utilisation")
    assert "100 GB/s, between 90 GB/s and 110 GB/s" in line(text, "memory_bandwidth")


WRONG = [
    ("memory_bandwidth=16+-xGB/s", "--set memory_bandwidth: unknown unit 'xGB/s'; nearest: GB/s"),
    ("memory_bandwidth=16+-1s", "'s' measures s, where B/s is needed; write a spread as 16+-1GB/s"),
    ("memory_bandwidth=16GB/s+--1", "std -1e+09 B/s must be finite and not negative"),
    ("memory_bandwidth=17..15GB/s", "the range 17 GB/s to 15 GB/s must go from low to high"),
    ("memory_utilisation=0.9..1.1", "memory_utilisation = 1.1: a utilisation lies between 0 and 1"),
]


@pytest.mark.parametrize(("setting", "message"), WRONG)
def test_a_spread_that_makes_no_sense_ends_in_one_line(edgesym, setting, message):
    ran = edgesym(*ON_PI, "--set", setting)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
