"""Standard deviations against Monte Carlo, and against what is known of sums and products."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.algebra.derivative import branch_at
from edgesym.analysis.uncertainty import propagate, uncertainties
from edgesym.architectures.locate import load
from edgesym.architectures.reader import read_model
from edgesym.engine.compile import compile_expression
from edgesym.quantities.time import kernel_costs
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol
from tests.support import letters, rounded, unfitted

H, I, P, S, W = letters("H I P S W")
SAMPLES = 200_000
#: Relative error of a standard deviation estimated from that many samples, times four.
SAMPLING = 4 / math.sqrt(2 * SAMPLES)

positive = st.floats(0.01, 100)


def setup(card="llama-3.2-1b", device="raspberry-pi-5", settings=(), **run):
    chosen = rounded(device).with_settings(settings)
    return Setup(load(card), chosen, Run(**{"weights": "q4_0", "kernels": "fused", **run}))


def drawn(made, seed=20081):
    """Columns of the uncertain figures: uniform between bounds, else normal; positive."""
    rng = np.random.default_rng(seed)
    columns = {}
    for word, figure in made.machine.in_dtype(made.dtype).items():
        if figure.std:
            bounds = figure.spread.bounds
            columns[word] = (
                rng.uniform(*bounds, SAMPLES)
                if bounds
                else np.abs(rng.normal(figure.value, figure.std, SAMPLES))
            )
    return columns


def sampled(made, name):
    """The quantity at every sample."""
    columns = drawn(made)
    fixed = {s: v for s, v in made.values().items() if describe(s).word not in columns}
    formula = compile_expression(made.expression(name), "1", fixed)
    words = {describe(s).word for s in formula.arguments}
    return formula(**{word: column for word, column in columns.items() if word in words})


SPREADS = (
    *("memory_utilisation=0.6+-0.012", "compute_utilisation=0.48..0.52", "peak.int8=500+-9GFLOP/s"),
    *("memory_bandwidth=17+-0.2GB/s", "launch_overhead=3+-0.3us", "storage_bandwidth=90..100MB/s"),
    *("energy_per_flop=200+-10pJ/FLOP", "energy_per_byte=64+-3pJ/B", "idle_power=2.8+-0.1W"),
    # far above what is drawn: the cap has a test of its own
    "power_limit=1kW",
)
NAMES = (
    *("time_to_first_token", "time_per_output_token", "tokens_per_second", "load_time"),
    *("energy_per_token", "memory_time", "compute_time", "launch_time"),
)


@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "llama-4-scout"])
@pytest.mark.parametrize("device", ["raspberry-pi-5", "jetson-orin-nano-super"])
def test_small_spreads_are_those_of_monte_carlo(card, device):
    made = setup(card, device, SPREADS, batch=2, prompt=300)
    found = uncertainties(made, NAMES)
    assert found.keys() == set(NAMES)
    for name in NAMES:
        uncertain, samples = found[name], sampled(made, name)
        # beyond first order stands the square of a relative spread, here at most 0.03
        assert uncertain.std == pytest.approx(samples.std(), rel=SAMPLING + 4 * 0.03**2), name
        assert sum(uncertain.contributions.values()) == pytest.approx(1)
        low, high = uncertain.interval
        # of a normal distribution 90 %, of a uniform one more
        assert np.mean((low <= samples) & (samples <= high)) > 0.89, name


@pytest.mark.parametrize("device", ["apple-m2", "raspberry-pi-5", "raspberry-pi-4"])
def test_the_spreads_that_ship_are_those_of_monte_carlo(device):
    made = Setup(load("llama-3.2-1b"), unfitted(device), Run(weights="q4_0", prompt=512))
    names = ("time_to_first_token", "time_per_output_token", "energy_per_token")
    # a figure stands at its value, which need not be the middle of its bounds: the slope of
    # 1 / x, which is -1 / x^2, then differs by twice the relative distance
    bounded = [f for f in made.machine.in_dtype(made.dtype).values() if f.spread.bounds]
    aside = max(abs(sum(f.spread.bounds) / 2 / f.value - 1) for f in bounded)
    found = uncertainties(made, names)
    assert found.keys() == set(names)
    for name, uncertain in found.items():
        samples = sampled(made, name)
        assert uncertain.std == pytest.approx(samples.std(), rel=2 * aside + 0.02), name
        assert uncertain.value == pytest.approx(made.number(name), rel=1e-12)


def test_first_order_is_exact_where_the_quantity_is_linear():
    made = setup(settings=["launch_overhead=4+-1.5us"])
    launches = sum(int(k.repeat.subs(made.values())) for k in kernel_costs(made.case("decode")))
    found = uncertainties(made, ["launch_time"])["launch_time"]
    assert found.std == pytest.approx(launches * 1.5e-6, rel=1e-12)
    assert dict(found.contributions) == {symbol("launch_overhead"): 1.0}
    assert not found.kinks


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=5))
def test_variances_of_independent_terms_add(terms):
    symbols = letters("H I P S W")[: len(terms)]
    total = sympy.Add(*(c * s for s, (c, _) in zip(symbols, terms, strict=True)))
    stds = {s: std for s, (_, std) in zip(symbols, terms, strict=True)}
    found = propagate(total, dict.fromkeys(symbols, 1.0), stds)
    assert found.std == pytest.approx(math.hypot(*(c * std for c, std in terms)), rel=1e-9)
    shares = list(found.contributions.values())
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)


@given(positive, positive, positive, positive, st.integers(-3, 3), st.integers(1, 3))
def test_relative_variances_of_factors_add(x, y, r_x, r_y, m, n):
    found = propagate(H**m * I**n, {H: x, I: y}, {H: r_x * x, I: r_y * y})
    assert found.std / found.value == pytest.approx(math.hypot(m * r_x, n * r_y), rel=1e-9)


#: expression, S, std, whether a kink is near; W is 10.
KINKS = [
    (sympy.Max(2 * S, W), 4.0, 0.4, False),
    (sympy.Max(2 * S, W), 4.0, 0.6, True),
    (sympy.Max(2 * S, W), 5.0, 0.1, True),
    (sympy.Min(2 * S, W), 5.0, 0.1, True),
    (sympy.Max(2 * S, W), 6.0, 0.4, False),
    (sympy.Min(2 * S, W) + sympy.Max(2 * S, W), 5.0, 0.1, False),
]


@pytest.mark.parametrize(("expression", "at", "std", "near"), KINKS)
def test_a_kink_near_the_point_is_noted_and_the_steeper_side_counts(expression, at, std, near):
    values = {S: at, W: 10.0}
    found = propagate(expression + S / 100, values, {S: std})
    assert bool(found.kinks) == near
    slopes = (
        sympy.diff(branch_at(expression, {**values, S: at * side}), S) + 0.01
        for side in (0.99, 1.01)
    )
    assert found.std == pytest.approx(std * float(max(slopes)))


def test_where_kernels_change_sides_first_order_is_off_and_says_so():
    name, wide = "time_per_output_token", "memory_utilisation=0.5+-0.1"
    # the kernels of the weights wait for compute by a hair, then by far less than for memory
    balanced = setup(settings=[wide, "compute_utilisation=0.34"], batch=8)
    found = uncertainties(balanced, [name])[name]
    assert found.kinks[symbol("memory_utilisation")] > found.std
    assert found.std < sampled(balanced, name).std() / 2
    assert not uncertainties(setup(settings=[wide]), [name])[name].kinks


def test_a_kink_is_noted_where_the_branch_itself_is_flat():
    found = propagate(sympy.Max(S, W), {S: 9.0, W: 10.0}, {S: 1.0})
    assert (found.std, dict(found.contributions)) == (0, {})
    assert found.kinks == {S: pytest.approx(1.0)}
    assert not propagate(sympy.Max(S, W), {S: 9.0, W: 12.0}, {S: 1.0}).kinks


def test_what_no_spread_moves_is_left_out():
    exact = setup(device="rtx-4090")
    assert uncertainties(exact, NAMES) == {}
    assert uncertainties(Setup(load("llama-3.2-1b")), ["flops"]) == {}
    made = setup(settings=["memory_bandwidth=16+-1GB/s"])
    assert "flops" not in uncertainties(made, ["flops", "memory_time"])
    # the Raspberry Pi has no link to copy over
    assert "transfer_time" not in uncertainties(made, ["transfer_time", "memory_time"])


def test_a_number_given_by_hand_is_exact():
    words = ("memory_utilisation", "compute_utilisation", "energy_per_flop")
    given_all = tuple((symbol(word), 0.5) for word in words)
    settings = ("memory_utilisation=0.6+-0.01", "compute_utilisation=0.5+-0.01")
    settings += ("energy_per_flop=15+-1pJ/FLOP",)
    assert uncertainties(setup(settings=settings), NAMES)
    assert uncertainties(setup(settings=settings, given=given_all), NAMES) == {}


@pytest.mark.parametrize("value", [0.0, 3e-6])
def test_a_figure_that_may_be_zero_spreads_too(value):
    t_0 = symbol("launch_overhead")
    found = propagate(7 * t_0, {t_0: value}, {t_0: 1e-6})
    assert found.std == pytest.approx(7e-6)
    assert found.value == pytest.approx(7 * value)


def test_a_sum_without_a_closed_form_spreads_as_its_terms_do():
    """Sum over i of max(x i, y i^2): each term's slope is that of the side it takes."""
    i, x, y = letters("S P W")
    made = sympy.Sum(sympy.Max(x * i, y * i**2, evaluate=False), (i, 1, 9))
    found = propagate(made, {x: 3.5, y: 1.0}, {x: 0.1, y: 0.01})
    effects = (0.1 * sum(range(1, 4)), 0.01 * sum(n * n for n in range(4, 10)))
    assert found.std == pytest.approx(math.hypot(*effects))
    assert found.value == pytest.approx(sum(max(3.5 * n, n * n) for n in range(1, 10)))


def test_a_generation_of_an_encoder_has_a_spread():
    """An attention that turns compute-bound at two lengths leaves a sum; its spread is drawn."""
    sizes = {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072}
    config = {"model_type": "bert", "num_hidden_layers": 2, "vocab_size": 500, **sizes}
    encoder = read_model(config, name="bert", origin="test")
    made = Setup(
        encoder,
        unfitted("raspberry-pi-5"),
        Run(prompt=8, generate=4, compute="fp32", kernels="fused"),
    )
    name, U_c = "generation_time", symbol("compute_utilisation")
    assert made.expression(name).has(sympy.Sum)
    found = uncertainties(made, [name])[name]
    std = made.machine.figures["compute_utilisation"].std
    ends = [
        replace(made, run=replace(made.run, given=((U_c, made.values()[U_c] + side * std),)))
        for side in (-1, 1)
    ]
    slower, faster = (end.number(name) for end in ends)
    assert found.std == pytest.approx((slower - faster) / 2, rel=0.1)


def test_a_kink_moves_no_time_far_beyond_its_interval():
    setup = Setup(load("llama-3.2-1b"), device="raspberry-pi-5")
    found = uncertainties(setup, ["time_per_output_token"])["time_per_output_token"]
    assert found.kinks
    assert max(found.kinks.values()) < 2 * (found.interval[1] - found.value)
