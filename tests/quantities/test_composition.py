"""Compositions: forms, bounds, who holds, and that every verb's quantities follow them."""

from __future__ import annotations

import pytest
import sympy

from edgesym import Run, Setup, derive, load
from edgesym.analysis.crossovers.waits import waits
from edgesym.analysis.estimate import estimate
from edgesym.devices import find_device
from edgesym.errors import UnknownNameError
from edgesym.quantities.composition import COMPOSITIONS, find_composition
from edgesym.symbols import declared, symbol

c, m = declared("compute"), declared("memory")
q = symbol("smoothness")
FORMS = [
    ("max", sympy.Max(c, m)),
    ("sum", c + m),
    ("smooth", (c**q + m**q) ** (1 / q)),
    ("edgeprofiler", sympy.Max(c, m)),
]
every = pytest.mark.parametrize("name", COMPOSITIONS)


def setup(name, **options):
    device = find_device("rtx-4090")
    return Setup(load("llama-3.2-1b"), device, Run(composition=name, **options))


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_kernel_takes_the_form(name, form):
    assert find_composition(name).time(c, m) == form


@every
def test_a_kernel_that_only_moves_or_only_computes_takes_that(name):
    zero = sympy.Integer(0)
    assert find_composition(name).time(zero, m) == m
    assert find_composition(name).time(c, zero) == c


@every
@pytest.mark.parametrize(("computing", "moving"), [(3.0, 1.0), (1.0, 3.0), (2.0, 2.0)])
def test_who_holds_is_a_part_of_the_whole(name, computing, moving):
    share = float(find_composition(name).share(computing, moving, {q: 2}))
    assert 0 <= share <= 1
    if computing != moving:
        assert (share > 1 / 2) == (computing > moving)


@every
def test_waits_add_up_to_the_step(name):
    made = setup(name, batch=1, context=2048)
    assert sum(waits(made).values()) == pytest.approx(made.number("time_per_output_token"))


@pytest.mark.parametrize("quantity", ["time_to_first_token", "time_per_output_token"])
def test_smooth_lies_between_the_longer_and_the_sum(quantity):
    longer, smooth, both = (setup(n, batch=48).number(quantity) for n in ("max", "smooth", "sum"))
    assert longer < smooth < both


def test_the_exponent_is_a_symbol():
    made = Setup(
        load("llama-3.2-1b"),
        find_device("rtx-4090"),
        Run(composition="smooth", batch=48, given=((q, 1),)),
    )
    assert made.number("step_time") == pytest.approx(setup("sum", batch=48).number("step_time"))
    assert q in derive(made.model, "step_time", composition="smooth").expression.free_symbols


def test_a_generation_is_its_steps_under_every_composition():
    for name in COMPOSITIONS:
        made = setup(name, prompt=16, generate=3)
        steps = [
            setup(name, prompt=16, context=n).number("time_per_output_token") for n in (17, 18)
        ]
        whole = made.number("time_to_first_token") + sum(steps)
        assert made.number("generation_time") == pytest.approx(whole)


@every
def test_an_estimate_says_its_composition(name):
    found = estimate(setup(name))
    assert found.as_json()["composition"] == name
    assert found.shares[found.bound] == max(found.shares.values())
    assert (f"composition {name}" in found.setup.describe()) == (name != "max")


def test_an_unknown_one_names_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown composition 'smoth'; nearest: smooth"):
        find_composition("smoth")
