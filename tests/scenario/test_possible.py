"""What a quantity cannot be is an error, and no number."""

from __future__ import annotations

from fractions import Fraction

import pytest

from edgesym.errors import ConfigError
from edgesym.scenario.possible import possible


@pytest.mark.parametrize(
    ("name", "number"), [("flops", -1), ("step_time", -1e-9), ("parameters", Fraction(7, 2))]
)
def test_what_cannot_be_is_no_number(name, number):
    with pytest.raises(ConfigError, match=f"{name} of llama would be .* which it cannot be"):
        possible(name, number, "llama")


@pytest.mark.parametrize(("name", "number"), [("step_time", 0.5), ("parameters", 7), ("flops", 0)])
def test_what_can_be_is_given_back(name, number):
    assert possible(name, number, "llama") == number
