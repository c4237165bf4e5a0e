"""What a measured speed implies, and what cannot be."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from edgesym.cli.main import edgesym
from edgesym.devices import Figure, find_device
from edgesym.devices.spread import EXACT, Spread
from edgesym.errors import ConfigError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from edgesym.validation.whatif import Implied, what_if
from edgesym.validation.whatif_document import what_if_document


def setup(**given):
    numbers = tuple((symbol(word), value) for word, value in given.items())
    run = Run(weights="q4_k_m", context=128, given=numbers)
    return Setup("llama-3.2-1b", find_device("raspberry-pi-5"), run)


def speed(**given):
    return float(setup(**given).number("tokens_per_second"))


@pytest.mark.parametrize("number", [0.3, 0.5, 0.6])
def test_the_implied_efficiency_is_the_one_that_gives_the_speed(number):
    found = what_if(setup(), speed(memory_utilisation=number))
    implied = {one.word: one.needed for one in found.implied}
    assert implied["memory_utilisation"] == pytest.approx(number, rel=1e-4)


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [
        (1.0, "as expected"),
        (0.3, "suspicious: slower"),
        (5.0, "impossible: faster than its bytes over the peak bandwidth"),
    ],
)
def test_the_verdict(factor, verdict):
    assert what_if(setup(), factor * speed()).verdict.startswith(verdict)


@pytest.mark.parametrize(
    ("spread", "needed", "plausible"),
    [
        (Spread(0.1), 0.4, True),
        (Spread(0.1), 0.3, False),
        (Spread(0.4), 0.001, False),
        (Spread.between(0.2, 0.6), 0.21, True),
        (Spread.between(0.2, 0.6), 0.19, False),
        (EXACT, 0.5, True),
    ],
)
def test_a_figure_is_plausible_within_its_spread(spread, needed, plausible):
    figure = Figure(0.5, "1", "assumed", "", "", spread)
    assert Implied("memory_utilisation", figure, needed).plausible is plausible


def test_a_figure_that_cannot_explain_a_speed_has_no_value():
    found = what_if(setup(), 1.2 * speed())
    assert {one.word: one.needed for one in found.implied}["compute_utilisation"] is None


@pytest.mark.parametrize("measured", [0, -1, float("nan"), float("inf")])
def test_what_is_no_speed_is_refused(measured):
    with pytest.raises(ConfigError, match="positive number of tokens/s"):
        what_if(setup(), measured)


def test_a_speed_whose_time_has_no_end_is_refused():
    with pytest.raises(ConfigError, match="too slow for a time"):
        what_if(setup(), 5e-324)


def run(measured, *more):
    arguments = ["whatif", "llama-3.2-1b", "--device", "raspberry-pi-5", "--measured", measured]
    return CliRunner().invoke(edgesym, [*arguments, "--weights", "q4_k_m", *more])


@pytest.mark.parametrize("text", ["7.1 tok/s", "7.1 tokens/s", "7.1 t/s"])
def test_the_verb(text):
    found = json.loads(run(text, "--json").stdout)
    assert found["measured_tokens_per_second"] == pytest.approx(7.1)
    assert found["implied"]["memory_utilisation"]["needed"] < 0.56
    assert found["shares"]["weights"] > 0.5
    assert "suspicious" in run(text).stdout


def test_the_gap_is_in_time_and_in_bandwidth():
    found = what_if(setup(), 7.1)
    data = what_if_document(found).data
    step = float(setup().number("time_per_output_token"))
    assert data["gap_s"] == pytest.approx(1 / 7.1 - step)
    assert data["bytes_per_step"] == pytest.approx(float(setup().number("memory_traffic")))
    rate = 7.1 * data["bytes_per_step"]
    assert data["share_of_peak_bandwidth"] == pytest.approx(rate / found.bandwidth)


@pytest.mark.parametrize("text", ["fast", "7.1 GB", "7.1 s"])
def test_the_verb_refuses_what_is_no_speed(text):
    assert isinstance(run(text).exception, ConfigError)
