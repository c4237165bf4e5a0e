"""Closed forms of quantities of a Llama decoder, written down by hand."""

from __future__ import annotations

import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.graph.convention import convention
from edgesym.quantities.time import kernel_costs
from edgesym.runtimes import find_runtime
from edgesym.workload import phase
from tests.support import (
    PLAIN_CARDS,
    STEPS,
    assert_equal_expression,
    letters,
    partition,
    step_values,
)

b, T, C, S, L, H, I, V, A, K, D = letters("b T C S L H I V A K D")
E, k, Ie = letters("E k I_e")
Bw, Ba, Bc = letters("B_w B_a B_c")
P, Uc, W, Um, t0 = letters("P U_c W_m U_m t_0")
Ws, Us, Wl, Ul, Wn, Un = letters("W_s U_s W_l U_l W_n U_n")

#: Per query head and key: two contractions, and the softmax with its scale.
CORE = A * (4 * D + 6)
PROJECTIONS = 4 * A * D * H + 4 * K * D * H + 6 * H * I
BLOCK = 2 * H + 2 * A * D * H + 2 * K * D * H + 3 * H * I
STORED = 2 * V * H + H + L * BLOCK

#: quantity, phase -> closed form.
FORMS = [
    ("parameters", "decode", STORED),
    ("active_parameters", "decode", STORED),
    ("weight_storage_bytes", "prefill", STORED * Bw),
    ("weight_bytes", "decode", (STORED - V * H + b * H) * Bw),
    ("weight_bytes", "prefill", (STORED - V * H + b * S * H) * Bw),
    ("kv_cache_bytes", "decode", 2 * L * K * D * b * S * Bc),
    ("kv_cache_bytes", "prefill", 2 * L * K * D * b * S * Bc),
    ("kv_cache_bytes", "step", 2 * L * K * D * b * (C + T) * Bc),
    # what the core reads back was written by the kernel before it
    ("cache_traffic", "decode", 2 * L * K * D * b * (S + 1) * Bc),
    ("cache_traffic", "prefill", 4 * L * K * D * b * S * Bc),
    ("attention_core_flops", "decode", b * L * S * CORE),
    ("attention_core_flops", "prefill", b * L * S * (S + 1) / 2 * CORE),
    ("projection_flops", "decode", b * (L * PROJECTIONS + 2 * V * H)),
    ("projection_flops", "prefill", b * (S * L * PROJECTIONS + 2 * V * H)),
    ("attention_projection_flops", "decode", 4 * b * L * D * H * (A + K)),
    ("attention_projection_flops", "prefill", 4 * b * S * L * D * H * (A + K)),
    ("embedding_table_bytes", "decode", V * H * Bw),
    ("additional_expert_bytes", "decode", 0),
    ("load_time", "decode", STORED * Bw / (Ws * Us)),
    ("transfer_time", "decode", STORED * Bw / (Wl * Ul)),
    ("network_time", "decode", b * H * Ba / (Wn * Un)),
    ("network_time", "prefill", b * S * H * Ba / (Wn * Un)),
]


@pytest.mark.parametrize(("name", "phase_name", "expected"), FORMS)
def test_a_quantity_of_llama_is_its_closed_form(name, phase_name, expected):
    found = REGISTRY[name].expression(Case(load("llama-3.1-8b"), phase(phase_name)))
    assert_equal_expression(found, expected)


@pytest.mark.parametrize("card", PLAIN_CARDS)
@pytest.mark.parametrize("phase_name", ["prefill", "decode", "step"])
def test_contractions_are_the_core_of_attention_and_projections(card, phase_name):
    case = Case(load(card), phase(phase_name), convention("pytorch"))
    whole, core, projections = (
        REGISTRY[name].expression(case)
        for name in ("flops", "attention_core_flops", "projection_flops")
    )
    assert_equal_expression(whole, core + projections)


def test_experts_that_are_not_read_are_what_remains():
    model = load("llama-4-scout")
    found = REGISTRY["additional_expert_bytes"].expression(Case(model, phase("step")))
    missed = E * (1 - k / E) ** (b * T)
    values = step_values(model, (1, 1, 0))
    for step in ((1, 1, 0), (2, 3, 5), (1, 40, 0)):
        point = {**values, **step_values(model, step)}
        expected = evaluate(3 * H * Ie * missed * Bw * L, point)
        assert evaluate(found, point) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scheme", ["unfused", "fused", "ideal"])
def test_launches_are_the_kernels_of_the_blocks(scheme):
    model = load("llama-3.1-8b")
    counts = [len(partition(block, scheme)) for block in model.blocks()]
    found = REGISTRY["launch_time"].expression(Case(model, runtime=find_runtime(scheme)))
    assert_equal_expression(found, (counts[0] + counts[1] * L + counts[2]) * t0)


def test_the_ideal_step_is_a_roofline_per_block():
    case = Case(load("llama-3.1-8b"), phase("decode"), runtime=find_runtime("ideal"))
    kernels = list(kernel_costs(case))
    assert [kernel.repeat for kernel in kernels] == [1, L, 1]
    decoder = kernels[1]
    moved = BLOCK * Bw + 2 * K * D * b * (S - 1) * Bc + 2 * K * D * b * Bc + 2 * b * H * Ba
    assert_equal_expression(sum(decoder.traffic.values()), moved)
    assert_equal_expression(decoder.memory_time, moved / (Um * W))
    assert_equal_expression(decoder.compute_time * Uc * P, decoder.flops)
    assert set(decoder.time.args) == {decoder.compute_time, decoder.memory_time}


@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "llama-4-maverick"])
@pytest.mark.parametrize("scheme", ["unfused", "fused", "ideal"])
def test_kernels_hold_all_flops_and_all_bytes_of_a_step(card, scheme):
    model = load(card)
    case = Case(model, phase("step"), runtime=find_runtime(scheme))
    kernels = list(kernel_costs(case))
    for step in STEPS:
        values = step_values(model, step)
        for name, cost in (
            ("flops", lambda kernel: kernel.flops),
            ("memory_traffic", lambda kernel: sympy.Add(*kernel.traffic.values())),
        ):
            total = sum(evaluate(k.repeat * cost(k), values) for k in kernels)
            expected = evaluate(REGISTRY[name].expression(case), values)
            assert float(total) == pytest.approx(float(expected), rel=1e-12)


def test_energy_is_linear_in_its_prices_up_to_the_power_limit():
    case = Case(load("llama-3.2-1b"), phase("decode"))
    capped = REGISTRY["energy_per_step"].expression(case)
    assert isinstance(capped, sympy.Min)
    (limit,) = (side for side in capped.args if side.has(letters("P_0")[0]))
    (energy,) = set(capped.args) - {limit}
    assert limit == letters("P_0")[0] * REGISTRY["step_time"].expression(case)
    for price, amount in (
        ("e_f", "flops"),
        ("e_b", "memory_traffic"),
        ("p_0", "step_time"),
    ):
        others = dict.fromkeys(set(letters("e_f e_b p_0")) - set(letters(price)), 0)
        part = energy.xreplace({s: sympy.Integer(n) for s, n in others.items()})
        expected = letters(price)[0] * REGISTRY[amount].expression(case)
        assert sympy.expand(part - expected) == 0
