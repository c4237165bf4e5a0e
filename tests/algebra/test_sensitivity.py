"""Elasticities against difference quotients, and kinks against their branches."""

from __future__ import annotations

import pytest
import sympy

from edgesym.algebra.sensitivity import elasticities, smooth_at
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.formats import Formats
from edgesym.numeric.evaluate import evaluate
from edgesym.quantities import REGISTRY, Case
from edgesym.workload import phase
from tests.support import letters

S, W, H, I, N, P, b = letters("S W H I N P b")

EXACT = [
    (H**3, {H: 5}, {H: 3}),
    (H / P, {H: 5, P: 2.0}, {H: 1, P: -1}),
    (H * I + I, {H: 3, I: 2}, {H: 0.75, I: 1}),
    (sympy.Min(S, W) * H, {S: 10, W: 4, H: 3}, {W: 1, H: 1}),
    (sympy.Max(S, W), {S: 10, W: 4}, {S: 1}),
    (sympy.Integer(7), {}, {}),
]


@pytest.mark.parametrize(("expression", "point", "expected"), EXACT)
def test_an_elasticity_is_the_power_of_a_symbol(expression, point, expected):
    assert elasticities(expression, point) == pytest.approx(expected)


BRANCHES = [
    (sympy.Min(S, W), {S: 100, W: 512}, S),
    (sympy.Min(S, W), {S: 1000, W: 512}, W),
    (sympy.Max(2 * S, W + H), {S: 9, W: 1, H: 2}, 2 * S),
    (sympy.floor(S / N) * H, {S: 10, N: 4}, 2 * H),
    (sympy.ceiling(S / N), {S: 10, N: 4}, 3),
    (sympy.Mod(S, N), {S: 10, N: 4}, S - 2 * N),
    (S + H, {}, S + H),
]


@pytest.mark.parametrize(("expression", "point", "branch"), BRANCHES)
def test_a_kink_is_replaced_by_the_branch_that_holds(expression, point, branch):
    assert smooth_at(expression, point) == branch


@pytest.mark.parametrize("name", ["flops", "memory_traffic", "time_per_output_token"])
@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b"])
def test_elasticities_of_a_quantity_are_difference_quotients(name, card):
    model = load(card)
    formula = REGISTRY[name].expression(Case(model, phase("decode")))
    device = find_device("raspberry-pi-5").values("fp32")
    values = {**model.values, **Formats.of("q4_0").values(), **device, b: 2, S: 3000}
    found = elasticities(formula, values)
    assert list(map(abs, found.values())) == sorted(map(abs, found.values()), reverse=True)
    now = float(evaluate(formula, values))
    for symbol, elasticity in found.items():
        if symbol not in device and symbol not in Formats.of("q4_0").values():
            continue
        nudged = float(evaluate(formula, {**values, symbol: float(values[symbol]) * 1.000001}))
        assert (nudged / now - 1) * 1e6 == pytest.approx(elasticity, abs=1e-3)


def test_a_time_answers_to_rates_and_figures_as_a_whole():
    """Scaling all rates by x and all fixed times by 1/x scales a time by 1/x."""
    model = load("llama-3.2-1b")
    formula = REGISTRY["time_per_output_token"].expression(Case(model))
    device = find_device("rtx-4090").values("fp16")
    found = elasticities(
        formula, {**model.values, **Formats.of("fp16").values(), **device, b: 1, S: 500}
    )
    by_name = {str(s): e for s, e in found.items()}
    rates = by_name.get("P", 0) + by_name["W_m"]
    assert rates - by_name["t_0"] == pytest.approx(-1)
