"""``edgesym optimize --measure``: what it refuses, and, where torch is, that it measures."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

REFUSED = [
    (("--device", "raspberry-pi-5"), "leave out --device"),
    (("--combine", "--such-that", "tokens_per_second >= 1"), "leave out --combine, --such-that"),
    (("llama-3.2-1b", "gemma-3-1b"), "takes one model, not 2"),
    (("--memory", "much"), "--memory much"),
    (("--machine", "rtx-4095"), "nearest: rtx-4090"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_what_is_of_another_machine_is_refused(edgesym, options, message):
    ran = edgesym("optimize", "--measure", *options)
    assert (ran.code, message in ran.err) == (2, True), ran.err


def test_a_model_is_needed_where_nothing_is_measured(edgesym):
    ran = edgesym("optimize")
    assert (ran.code, "name a model" in ran.err) == (2, True)


def test_a_machine_is_that_of_a_measurement(edgesym):
    ran = edgesym("optimize", "llama-3.2-1b", "--machine", "pi5")
    assert (ran.code, "give --device" in ran.err) == (2, True)


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed")
def test_a_missing_library_names_the_extra(edgesym):
    ran = edgesym("optimize", "--measure")
    assert (ran.code, "pip install 'edgesym[compress]'" in ran.err) == (2, True)


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_a_technique_is_measured_beside_its_prediction(edgesym):
    ran = edgesym("optimize", "--measure", "llama-15m", "--techniques", "dynamic-int8", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)
