"""Elasticities of every quantity against difference quotients, at points drawn anew."""

from __future__ import annotations

import math
from functools import cache

import pytest
import sympy
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from edgesym.algebra.derivative import branch_at
from edgesym.algebra.elasticity import elasticities, interactions, partials
from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.formats import Formats
from edgesym.symbols import describe
from edgesym.workload import phase
from tests.support import letters

S, W, H, I, N, P, b = letters("S W H I N P b")
W_m, U_m, t_0, L = letters("W_m U_m t_0 L")

EXACT = [
    (H**3, {H: 5}, {H: 3}),
    (H / P, {H: 5, P: 2.0}, {H: 1, P: -1}),
    (H * I + I, {H: 3, I: 2}, {H: 0.75, I: 1}),
    (sympy.Min(S, W) * H, {S: 10, W: 4, H: 3}, {W: 1, H: 1, S: 0}),
    (sympy.Max(S, W), {S: 10, W: 4}, {S: 1, W: 0}),
    (H / P + t_0, {H: 8, P: 2.0, t_0: 0}, {H: 1, P: -1, t_0: 0}),
    (sympy.Integer(7), {}, {}),
    (L * t_0, {L: 3, t_0: 0}, {}),
]


@pytest.mark.parametrize(("expression", "point", "expected"), EXACT)
def test_an_elasticity_is_the_power_of_a_symbol(expression, point, expected):
    assert elasticities(expression, point) == pytest.approx(expected)


#: Symbols that are not sizes, and what they are drawn from.
RANGES = {
    "experts_per_token": (1, 7),
    "experts": (64, 200),
    "batch": (1, 60),
    "window": (16, 4000),
    "chunk": (16, 4000),
    "context": (32, 9000),
    "prompt_tokens": (32, 9000),
    "generated_tokens": (2, 900),
    "launch_overhead": (1e-7, 1e-4),
    "parallel_fraction": (0.05, 0.95),
    "peak_flops": (1e9, 1e13),
}
BY_ENDING = {
    "_bandwidth": (1e8, 1e12),
    "_utilisation": (0.1, 1),
    "_parallel": (1.5, 16),
    "bytes_per_element": (0.5, 4),
    "layers": (1, 90),
    "acceptance": (0.1, 0.95),
    "draft_tokens": (1, 12),
}
CARDS = ("llama-3.2-1b", "gemma-3-1b", "llama-4-maverick", "deepseek-v3")
STEP = 1e-5
TOTAL = {"drawn": 0, "skipped": 0}


def range_of(made):
    word = describe(made).word.partition(".")[0]
    endings = (found for ending, found in BY_ENDING.items() if word.endswith(ending))
    return RANGES.get(word) or next(endings, (8, 9000))


@cache
def formula(card, name, step):
    return REGISTRY[name].expression(Case(load(card), phase(step)))


def drawn(data, expression):
    point = {}
    for made in sorted(expression.free_symbols, key=str):
        low, high = map(math.log, range_of(made))
        point[made] = math.exp(low + (high - low) * data.draw(st.floats(0, 1), label=str(made)))
    return point


def nudged(point, made, step):
    return {**point, made: float(point[made]) * (1 + step)}


@pytest.mark.parametrize("name", REGISTRY)
@settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(st.sampled_from(CARDS), st.sampled_from(["prefill", "decode", "step"]), st.data())
def test_derivatives_of_every_quantity_are_difference_quotients(name, card, step, data):
    if name == "additional_expert_bytes":
        step = "decode"  # experts that no token of a whole prompt reaches are too few to tell
    expression = formula(card, name, step)
    if not expression.free_symbols:
        return
    point = drawn(data, expression)
    found = {p.symbol: p for p in partials(expression, point)}
    assert found.keys() == expression.free_symbols
    total = float(evaluate(expression, point))
    branch = branch_at(expression, point)
    for made, partial in found.items():
        low, high = (nudged(point, made, s) for s in (-STEP, STEP))
        TOTAL["drawn"] += 1
        if any(branch_at(expression, at) != branch for at in (low, high)):
            TOTAL["skipped"] += 1
            continue
        change = float(evaluate(expression, high) - evaluate(expression, low)) / (2 * STEP * total)
        assert partial.elasticity == pytest.approx(change, rel=1e-6, abs=1e-6), made
        assert partial.value * point[made] / total == pytest.approx(partial.elasticity)


@pytest.mark.parametrize("name", ["flops", "time_per_output_token", "arithmetic_intensity"])
@pytest.mark.parametrize("card", ["gemma-3-1b", "deepseek-v3"])
def test_a_derivative_as_a_person_writes_it_has_the_same_number(name, card):
    expression = formula(card, name, "decode")
    point = {made: 2 * int(max(range_of(made))) // 3 + 1 for made in expression.free_symbols}
    for partial in partials(expression, point):
        tidied = evaluate(partial.derivative, point)
        assert tidied == pytest.approx(evaluate(partial.slope, point), rel=1e-12)


def test_most_draws_lie_on_no_kink():
    """Counts what the difference quotients above left out."""
    assert TOTAL["drawn"] == 0 or TOTAL["skipped"] / TOTAL["drawn"] < 0.05


@pytest.mark.parametrize("name", ["time_per_output_token", "memory_footprint", "flops"])
@settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(st.sampled_from(CARDS), st.data())
def test_interactions_are_difference_quotients_of_elasticities(name, card, data):
    expression = formula(card, name, "decode")
    point = drawn(data, expression)
    symbols = [p.symbol for p in partials(expression, point)[:5]]
    found = interactions(expression, point, symbols)
    assert len(found) == 15
    for x, y, second in found:
        low, high = (nudged(point, y, s) for s in (-STEP, STEP))
        if len({branch_at(expression, at) for at in (low, point, high)}) == 1:
            above, below = (elasticities(expression, at)[x] for at in (high, low))
            change = (above - below) / math.log((1 + STEP) / (1 - STEP))
            assert second == pytest.approx(change, rel=1e-5, abs=1e-5)


def test_interactions_are_symmetric_and_vanish_for_a_product():
    assert [e for *_, e in interactions(H**2 / P, {H: 3, P: 2.0}, [H, P])] == [0, 0, 0]
    expression, point = (H + I) / (P + H), {H: 3, I: 4, P: 2.0}
    one = {frozenset((x, y)): e for x, y, e in interactions(expression, point, [H, I, P])}
    other = {frozenset((x, y)): e for x, y, e in interactions(expression, point, [P, I, H])}
    assert one == pytest.approx(other)


def test_at_a_kink_interactions_are_those_just_above():
    kinked, point = sympy.Min(S, W) ** 2 + S * H, {S: 512, W: 512, H: 2}
    for made, above in ((S, W**2 + S * H), (W, S**2 + S * H)):
        for order in ([made, H], [H, made]):
            found = {x + y: e for x, y, e in interactions(kinked, point, order)}
            truth = {x + y: e for x, y, e in interactions(above, point, order)}
            assert found == pytest.approx(truth)


def test_at_the_end_of_a_window_the_context_has_two_elasticities():
    (context,) = partials(sympy.Min(S, W) * H, {S: 512, W: 512, H: 2}, [S])
    assert (context.below, context.elasticity, context.strength) == (1, 0, 1)
    (window,) = partials(sympy.Min(S, W) * H, {S: 512, W: 512, H: 2}, [W])
    assert (window.below, window.elasticity) == (1, 0)
    (hidden,) = partials(sympy.Min(S, W) * H, {S: 512, W: 512, H: 2}, [H])
    assert (hidden.below, hidden.elasticity) == (None, 1)


def test_at_the_ridge_compute_and_memory_take_turns():
    """One kernel, F / P = Q / W_m: more of a rate does not help, less of it hurts."""
    work, moved = 12 * H, 3 * H
    time = sympy.Max(work / P, moved / W_m, evaluate=False)
    point = {H: 5, P: 4e12, W_m: 1e12}
    found = {p.symbol: (p.below, p.elasticity) for p in partials(time, point)}
    assert found == {P: (-1, 0), W_m: (-1, 0), H: (None, 1)}


def test_a_staircase_is_flat_on_a_step_and_rises_on_average():
    """Whole chunks of a prompt: b H ceil(S / N)."""
    form = b * H * sympy.ceiling(S / N)
    found = {p.symbol: p for p in partials(form, {b: 2, H: 8, S: 1000, N: 100})}
    assert (found[S].elasticity, found[S].average, found[S].strength) == (0, 1, 1)
    assert found[N].average == pytest.approx(-1)
    assert found[H].average is None


@pytest.mark.parametrize("name", ["flops", "memory_traffic", "time_per_output_token"])
@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b"])
def test_elasticities_are_ranked(name, card):
    expression = formula(card, name, "decode")
    model, device = load(card), find_device("raspberry-pi-5").values("fp32")
    values = {**model.values, **Formats.of("q4_0").values(), **device, b: 2, S: 3000}
    found = elasticities(expression, values)
    assert list(map(abs, found.values())) == sorted(map(abs, found.values()), reverse=True)
    ranked = [p.strength for p in partials(expression, values)]
    assert ranked == sorted(ranked, reverse=True)


def test_a_time_answers_to_rates_and_figures_as_a_whole():
    """Scaling all rates by x and all fixed times by 1/x scales a time by 1/x."""
    model = load("llama-3.2-1b")
    device = find_device("rtx-4090").values("fp16")
    values = {**model.values, **Formats.of("fp16").values(), **device, b: 1, S: 500}
    found = elasticities(formula("llama-3.2-1b", "time_per_output_token", "decode"), values)
    assert found.get(P, 0) + found[W_m] - found[t_0] == pytest.approx(-1)


def test_a_symbol_without_a_number_is_named():
    message = r"no number for memory_bandwidth \(W_m: .*give one with --set memory_bandwidth=VALUE"
    with pytest.raises(EdgesymError, match=message):
        partials(H / W_m, {H: 3})


def test_what_is_zero_has_no_elasticities():
    with pytest.raises(EdgesymError, match="0 at this point"):
        partials(L * t_0, {L: 3, t_0: 0})
    with pytest.raises(EdgesymError, match="0 at this point"):
        interactions(L * t_0, {L: 3, t_0: 0}, [L])
