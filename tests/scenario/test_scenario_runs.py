"""Runs and setups: what is left open is chosen, equal ones are equal, numbers come once."""

from __future__ import annotations

import pytest

from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

#: What is given -> prompt, tokens generated, tokens attended to where one is timed.
CHOSEN = [
    ({}, (128, 128, 256)),
    ({"prompt": 7}, (7, 128, 135)),
    ({"generate": 9}, (128, 9, 137)),
    ({"context": 8192}, (8064, 128, 8192)),
    ({"context": 8192, "generate": 1000}, (7192, 1000, 8192)),
    ({"context": 8192, "prompt": 100}, (100, 128, 8192)),
    ({"context": 256}, (128, 128, 256)),
    ({"context": 100}, (50, 50, 100)),
    ({"context": 1}, (1, 1, 1)),
    ({"context": 2}, (1, 1, 2)),
    ({"context": 50, "prompt": 100, "generate": 60}, (100, 60, 50)),
]


@pytest.mark.parametrize(("given", "expected"), CHOSEN, ids=str)
def test_a_run_chooses_what_is_left_open(given, expected):
    run = Run(**given)
    assert (run.prompt, run.generate, run.timed_at) == expected


def test_a_context_without_room_for_a_prompt_is_refused():
    with pytest.raises(ConfigError, match="context = 128 leaves no prompt beside 128 generated"):
        Run(context=128, generate=128)


def test_the_first_token_of_a_long_context_is_that_of_its_prompt():
    """Was that of 128 tokens, whatever the context."""
    made = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(context=8192))
    spelled = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(prompt=8064))
    assert made.number("time_to_first_token") == spelled.number("time_to_first_token")
    assert made.values() == spelled.values()


def test_setups_are_values():
    one, other = (
        Setup(load("llama-3.2-1b"), find_device("rtx-4090"), Run(batch=2, context=512))
        for _ in range(2)
    )
    assert one == other
    assert hash(one) == hash(other)
    changed = find_device("rtx-4090").with_settings(["memory_bandwidth=500GB/s"])
    assert len({one, other, Setup(one.model, changed, one.run)}) == 2


def test_the_numbers_of_a_setup_are_its_own():
    made = Setup(load("llama-3.2-1b"))
    made.values()[symbol("batch")] = 7
    assert made.values()[symbol("batch")] == 1


@pytest.mark.parametrize("name", ["parameters", "flops", "memory_footprint", "generation_flops"])
def test_a_number_is_the_exact_value_of_the_closed_form(name):
    made = Setup(load("gemma-3-1b"), run=Run(batch=3, weights="q4_0"))
    found = made.number(name)
    assert found == evaluate(made.expression(name), made.values())
    assert type(found) is type(evaluate(made.expression(name), made.values()))
