"""PyTorch's rates, and those of an accelerator, for which the processor stands in."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import count

import pytest

from edgesym.measuring import worker

pytestmark = pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")
TICK = 1e-3


@pytest.fixture
def clock():
    """A clock that goes on by a millisecond whenever it is read."""
    ticks = count()
    return lambda: next(ticks) * TICK


@pytest.fixture
def module(monkeypatch):
    """The module, with the processor for an accelerator."""
    from edgesym.measuring.libraries import torch_rates

    monkeypatch.setattr(torch_rates, "found", lambda: "cpu")
    monkeypatch.setattr(torch_rates, "_about", lambda _: ("A card", 2**30, 2**25))
    return torch_rates


def test_products_count_two_operations_a_term(module, clock):
    rates = module.torch_products(64, 2, 10.0, clock=clock)
    assert rates["fp32"].value == pytest.approx(2 * 64**3 / TICK)
    assert {"fp32", "bf16", "int8"} <= set(rates)


def test_what_would_take_too_long_is_left_out(module):
    ticks = count()
    assert module.torch_products(64, 2, 10.0, clock=lambda: next(ticks) * 1.0) == {}


def test_an_accelerator_is_measured(module, clock):
    found = module.accelerator(64, 2, 10.0, clock)
    assert (found["name"], found["memory"], found["free"]) == ("A card", 2**30, 2**25)
    size = int(0.1 * 2**25) // 4 * 4
    assert found["rates"]["copy"]["value"] == pytest.approx(2 * size / TICK)
    assert found["rates"]["launch"]["value"] == pytest.approx(TICK / 2000)
    assert "fp32" in found["products"]


def test_where_there_is_none_that_is_said(monkeypatch):
    from edgesym.measuring.libraries import torch_rates

    monkeypatch.setattr(torch_rates, "found", str)
    assert worker.STEPS["accelerator"]({})["reason"] == "PyTorch finds none here"
