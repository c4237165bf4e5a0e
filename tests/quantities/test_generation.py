"""Whole generations in closed form equal a prefill and a loop over decode steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy

from edgesym.algebra.tidy import tidy
from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.formats import Formats
from edgesym.quantities.time import kernel_costs
from tests.support import CORPUS, assert_equal_expression, letters, varied_cards

b, S, S_p, S_x, T_g, P = letters("b S S_p S_x T_g P")

#: A whole generation, and one step of it.
STEPS = {
    "generation_time": "step_time",
    "generation_energy": "energy_per_step",
    "generation_flops": "flops",
    "generation_traffic": "memory_traffic",
}
RARE = [
    path
    for name in (
        "Llama-4-Scout-17B-16E-Instruct",
        "gemma-3-4b-it",
        "DeepSeek-V4-Flash",
        "MiniMax-M3",
    )
    if (path := CORPUS / "configs" / f"{name}.config.json").is_file()
]
#: prompt, generated, batch.
RUNS = [(1, 1, 1), (5, 40, 4), (500, 700, 1), (3, 3000, 64)]
DEVICE = find_device("rtx-4090")
PRICES = dict(zip(letters("e_f e_b p_0"), (1e-12, 2e-11, 30.0), strict=True))


def values_of(model, batch):
    values = {**model.values, **Formats.of("q4_0").values(), **DEVICE.values("fp16"), **PRICES}
    return {S_x: 17, **values, b: batch}


def rates(model, values, context):
    """Rates of compute at which kernels of a decode step change sides at this context."""
    values = {**values, S: context}
    for kernel in kernel_costs(Case(model).during("decode")):
        if S in kernel.time.free_symbols and evaluate(kernel.flops, values):
            compute, memory = kernel.compute_time, kernel.memory_time
            yield float(values[P] * evaluate(compute, values) / evaluate(memory, values))


def assert_equals_the_loop(model, name, runs):
    """A whole generation is a prefill of the prompt, and a decode step per further token."""
    closed = REGISTRY[name].expression(Case(model))
    step = REGISTRY[STEPS[name]]
    prefill, decode = (step.expression(Case(model).during(p)) for p in ("prefill", "decode"))
    for prompt, generated, batch in runs:
        values = values_of(model, batch)
        contexts = np.arange(prompt + 1, prompt + generated, dtype=np.float64)
        for rate in {values[P], *rates(model, values, prompt + generated // 2)}:
            values[P] = rate
            steps = np.broadcast_to(evaluate(decode, {**values, S: contexts}), contexts.shape)
            expected = math.fsum([evaluate(prefill, {**values, S: prompt}), *steps])
            found = evaluate(closed, {**values, S_p: prompt, T_g: generated})
            assert float(found) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("card", varied_cards())
def test_a_generation_of_a_card_is_its_prefill_and_its_steps(card, name):
    assert_equals_the_loop(load(card), name, RUNS)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("path", RARE, ids=lambda path: path.name.split(".")[0])
def test_a_generation_of_rare_layers_is_its_prefill_and_its_steps(path, name):
    assert_equals_the_loop(load(str(path)), name, RUNS[1:])


@pytest.mark.parametrize(("card", "edge"), [("gemma-3-1b", "W"), ("llama-4-scout", "N")])
@pytest.mark.parametrize("name", STEPS)
def test_a_generation_runs_across_windows_and_chunks(card, edge, name):
    model = load(card)
    width = model.values[letters(edge)[0]]
    runs = [(width + more, 20, 1) for more in (-7, -1, 0, 3)]
    assert_equals_the_loop(model, name, [*runs, (5, 3 * width, 2)])


def test_a_kernel_changes_sides_within_a_run():
    """The rates above do what they are made for."""
    model = load("llama-3.2-1b")
    values = values_of(model, 4)
    (rate,) = rates(model, values, 850)
    time = REGISTRY["step_time"].expression(Case(model).during("decode"))
    (kernel,) = (node for node in time.atoms(sympy.Max) if node.has(S))
    one, other = (
        evaluate(side, {**values, P: rate, S: np.array([501.0, 1199.0])}) for side in kernel.args
    )
    assert (one - other)[0] * (one - other)[1] < 0


def test_one_token_comes_out_of_the_prefill():
    model = load("llama-3.2-1b")
    values = {**values_of(model, 2), S: 9, S_p: 9, T_g: 1}
    case = Case(model)
    first = REGISTRY["time_to_first_token"].expression(case)
    assert evaluate(REGISTRY["generation_time"].expression(case), values) == pytest.approx(
        evaluate(first, values), rel=1e-14
    )


L, H, V, A, K, D, I = letters("L H V A K D I")
TOKENS = S_p + T_g - 1
PER_LAYER = 4 * A * D * H + 4 * D * H * K + 3 * A * D + 3 * D * K + 6 * H * I + 5 * I + 10 * H


def test_flops_of_a_generation_are_those_of_all_its_tokens():
    """Each of S_p + T_g - 1 tokens runs through the layers once; it attends to those before."""
    found = REGISTRY["generation_flops"].expression(Case(load("llama-3.2-1b")))
    attended = TOKENS * (TOKENS + 1) / 2
    layers = L * (TOKENS * PER_LAYER + attended * (4 * A * D + 6 * A))
    assert_equal_expression(found, b * (layers + 4 * H * TOKENS + 2 * H * V * T_g))


def test_a_generation_of_windows_is_that_of_one_long_prefill():
    """In flops: causal attention, over the same tokens; logits are those of T_g tokens."""
    case = Case(load("gemma-3-1b"), part="attention")
    found = tidy(REGISTRY["generation_flops"].expression(case))
    prefill = REGISTRY["flops"].expression(case.during("prefill"))
    values = case.model.values | {b: 3}
    for prompt, generated in ((5, 9), (500, 300), (600, 7)):
        run = {**values, S_p: prompt, T_g: generated, S: prompt + generated - 1}
        assert evaluate(found, run) == evaluate(prefill, run)
