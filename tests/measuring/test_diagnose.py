"""A diagnosis: bytes, waits and changes add up to the speed that was measured."""

from __future__ import annotations

import pytest

from edgesym import load
from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.measuring.diagnosis import diagnose
from edgesym.measuring.documents.diagnosis import diagnosis_document
from edgesym.render.page import Page
from edgesym.render.write import write
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup


@pytest.fixture(scope="module")
def setup():
    run = Run(prompt=128, generate=32, context=144, weights="q8_0", kernels="llama.cpp")
    return Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), run)


def speed(setup):
    return float(setup.number("tokens_per_second"))


@pytest.mark.parametrize("share", [0.7, 0.9, 1.0])
def test_the_figure_that_is_implied_gives_the_speed(setup, share):
    measured = share * speed(setup)
    found = diagnose(setup, measured)
    assert speed(found.setup) == pytest.approx(measured, rel=1e-5)
    assert sum(found.waits.values()) == pytest.approx(1)
    assert sum(found.parts.values()) == pytest.approx(1)
    assert sum(found.moved.values()) == pytest.approx(float(setup.number("memory_traffic")))


def test_bandwidth_is_bytes_over_time(setup):
    found = diagnose(setup, 4.0)
    assert found.bandwidth == pytest.approx(4.0 * float(setup.number("memory_traffic")))
    assert found.limit == pytest.approx(4.0 * found.sustained / found.bandwidth)


def test_changes_help_and_are_in_order(setup):
    found = diagnose(setup, 0.9 * speed(setup))
    speeds = [change.speed for change in found.changes]
    assert speeds == sorted(speeds, reverse=True)
    assert min(speeds) > found.found.measured
    formats = {change.what for change in found.changes if change.kind == "format"}
    assert "weights in Q4_0" in formats
    assert "weights in Q8_0" not in formats


def test_a_long_context_costs_its_share(setup):
    def at(context):
        made = Setup(setup.model, setup.machine, Run(context=context, weights="q8_0"))
        return diagnose(made, speed(made))

    assert at(64).context < at(8192).context < 1
    halved = [change for change in at(8192).changes if change.kind == "context"]
    assert halved[0].speed > at(8192).found.measured


def test_what_cannot_be_is_said(setup):
    found = diagnose(setup, 1e4)
    data = diagnosis_document(found).data
    assert data["impossible"]
    assert data["said"][0].startswith("This cannot be: faster than its bytes")
    assert found.setup == setup


def test_it_is_said_in_words(setup):
    found = diagnose(setup, 0.9 * speed(setup))
    text = write(diagnosis_document(found, ("how it was measured",)), "text", Page(width=100))
    said = " ".join(text.split())
    assert "Generation is bound by memory bandwidth: it waits for weights to be read" in said
    assert "how it was measured" in said
    assert "What helps most: weights in " in said
    assert "Of another machine, what helps most: twice the memory bandwidth" in said
    assert write(diagnosis_document(found), "markdown", Page())


def test_a_speed_that_is_none_is_refused(setup):
    with pytest.raises(ConfigError, match="must be a positive number"):
        diagnose(setup, 0.0)
