"""Layers with a state in place of a cache: products, recurrence, parameters and what is kept.

The formulas are counted by hand from the equations of the papers that the layers name.
"""

from __future__ import annotations

import pytest
import sympy

from edgesym.graph.block import flows
from edgesym.graph.builder import Builder
from edgesym.graph.convention import convention
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers import LAYERS
from edgesym.symbols import symbol
from edgesym.workload import phase
from tests.support import SCHEMES, assert_equal_expression, letters, partition

b, T, H, A, D, I, K_c = letters("b T H A D I K_c")
A_k, A_v = symbol("heads.key"), symbol("heads.value")
D_k, D_v = symbol("head_dim.key"), symbol("head_dim.value")
H_a = symbol("hidden.attention")
MIXED = 2 * A_k * D_k + A_v * D_v
I_m, A_m, D_m, G_m, D_s, R_t = letters("I_m A_m D_m G_m D_s R_t")
INNER, CONVOLVED = A_m * D_m, A_m * D_m + 2 * G_m * D_s

#: layer -> products per token and sequence, weights, elements kept as cache and as state.
CASES = {
    "gated_delta_rule": (
        2 * H * (MIXED + 2 * A_v * D_v + 2 * A_v) + 2 * MIXED * K_c + 4 * A_v * D_k * D_v,
        H * (MIXED + 2 * A_v * D_v + 2 * A_v) + MIXED * K_c + 2 * A_v + D_v,
        MIXED * K_c,
        A_v * D_k * D_v,
    ),
    "gated_recurrence": (
        6 * H * I_m + 4 * I_m**2 / A + 2 * I_m * K_c,
        3 * H * I_m + 2 * I_m**2 / A + I_m * K_c + 6 * I_m + H,
        I_m * K_c,
        I_m,
    ),
    "lightning_attention": (10 * H * A * D + 4 * A * D**2, 5 * H * A * D + A * D, A * D**2, 0),
    "mamba": (
        2 * I_m * (3 * H + 2 * R_t + 3 * D_s + K_c),
        I_m * (3 * H + 2 * R_t + 3 * D_s + K_c + 3),
        I_m * K_c,
        I_m * D_s,
    ),
    "mamba2": (
        2 * H * (2 * INNER + CONVOLVED + A_m) + 2 * INNER * D_s + 2 * CONVOLVED * K_c,
        H * (2 * INNER + CONVOLVED + A_m) + CONVOLVED * (K_c + 1) + 3 * A_m + INNER,
        CONVOLVED * K_c,
        INNER * D_s,
    ),
    "matrix_memory": (
        2 * A * (H * (2 * D_k + 3 * D_v + 2) + 2 * D_k * D_v + D_k),
        A * (H * (2 * D_k + 3 * D_v + 2) + 2 + D_v),
        A * (D_k * D_v + D_k + 1),
        0,
    ),
    "short_convolution": (8 * H**2 + 2 * H * K_c, 4 * H**2 + H * K_c, H * K_c, 0),
    "matrix_time_mixing": (
        10 * H * A * D + 4 * A * D**2,
        5 * H * A * D + 4 * H + 4 * A * D,
        H,
        A * D**2,
    ),
    "time_mixing": (8 * H * H_a, 4 * H * H_a + 3 * H + 2 * H_a, H, 3 * H_a),
    "channel_mixing": (4 * H * I + 2 * H**2, 2 * H * I + H**2 + 2 * H, H, 0),
}

#: layer -> element-wise work of the recurrence per token and sequence.
SCANS = {
    "gated_delta_rule": A_v * (3 * D_k * D_v + 2 * D_v),
    "gated_recurrence": 9 * I_m,
    "lightning_attention": A * D**2,
    "mamba": 5 * I_m * D_s,
    "matrix_time_mixing": 3 * A * D**2,
    "mamba2": 3 * INNER * D_s,
    "matrix_memory": A * (2 + 4 + 2 * D_k + 3 + D_k * D_v + D_v),
    "time_mixing": 23 * H_a,
}

#: layer -> what runs in the same kernel: step sizes, decays, skip connection and gate.
BESIDE = {
    "gated_delta_rule": A_v * (4 + 3 + 2),
    "gated_recurrence": I_m * (9 + 1 + 1),
    "mamba": I_m * (3 + 1 + 2 + 4 + 1),
    "mamba2": A_m * (3 + 2) + INNER * (1 + 2 + 4 + 1),
    "matrix_memory": A * (3 + D_k),
}


def block(layer, counting):
    build = Builder("block", phase("step"), convention(counting))
    entry = Tensor("input", (b, T, H))
    leaving = LAYERS[layer](build, "mixer", entry)
    return build.finish(sympy.Integer(1), (entry,), (leaving,))


def flops(found, part="mixer"):
    return sum(d["flops"] for n, d in found.graph.nodes(data=True) if n.startswith(part))


def tensors(found):
    return {t for o in found.operations for t in (*o.inputs, *o.outputs)}


@pytest.mark.parametrize("layer", CASES)
def test_products_are_those_of_the_equations(layer):
    assert_equal_expression(flops(block(layer, "pytorch")), b * T * CASES[layer][0])


def test_a_decay_per_channel_is_made_by_two_matrices_over_one_head():
    build = Builder("block", phase("step"), convention("pytorch"))
    entry = Tensor("input", (b, T, H))
    leaving = LAYERS["gated_delta_rule"](build, "mixer", entry, per_channel=True, gate="sigmoid")
    found = build.finish(sympy.Integer(1), (entry,), (leaving,))
    keys, values = A_v * D_k, A_v * D_v
    low = (H + keys) * D_k + (H + values) * D_v
    products = H * (MIXED + values + A_v) + low + MIXED * K_c + 2 * values * D_k
    assert_equal_expression(flops(found), 2 * b * T * products)
    held = (t.elements for t in tensors(found) if t.role is Role.WEIGHT)
    weights = H * (MIXED + values + A_v) + low + MIXED * K_c + keys + A_v + D_v
    assert_equal_expression(sympy.Add(*held), weights)


@pytest.mark.parametrize("layer", CASES)
def test_weights_are_those_of_the_equations(layer):
    held = (t.elements for t in tensors(block(layer, "pytorch")) if t.role is Role.WEIGHT)
    assert_equal_expression(sympy.Add(*held), CASES[layer][1])


@pytest.mark.parametrize("layer", CASES)
@pytest.mark.parametrize(("role", "column"), [(Role.CACHE, 2), (Role.STATE, 3)])
def test_a_state_does_not_grow_with_the_tokens(layer, role, column):
    found = tensors(block(layer, "pytorch"))
    kept = (t.cache.kept for t in found if t.cache is not None and t.role is role)
    assert_equal_expression(sympy.Add(*kept), b * CASES[layer][column])


@pytest.mark.parametrize("layer", SCANS)
def test_recurrence_does_its_element_wise_work_once_per_token(layer):
    work = flops(block(layer, "default"), "mixer.scan") - flops(
        block(layer, "pytorch"), "mixer.scan"
    )
    assert_equal_expression(work, b * T * (SCANS[layer] + BESIDE.get(layer, 0)))


@pytest.mark.parametrize("layer", CASES)
def test_the_first_step_finds_no_state(layer):
    build = Builder("block", phase("prefill"), convention())
    LAYERS[layer](build, "mixer", Tensor("input", (b, T, H)))
    found = build.finish(sympy.Integer(1), (), ())
    before = [t for t in tensors(found) if t.name.endswith("_before")]
    assert before
    assert all(t.moved == 0 for t in before)


@pytest.mark.parametrize("layer", CASES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_decode_step_reads_and_writes_the_state_once_however_much_is_fused(layer, scheme):
    build = Builder("block", phase("decode"), convention())
    entry = Tensor("input", (b, sympy.Integer(1), H))
    leaving = LAYERS[layer](build, "mixer", entry)
    found = build.finish(sympy.Integer(1), (entry,), (leaving,))
    _, _, cache, state = CASES[layer]
    for role, kept in ((Role.CACHE, cache), (Role.STATE, state)):
        moved = [
            flow
            for kernel in partition(found, scheme)
            for flow in flows(found, kernel.operations)
            if flow.tensor.role is role
        ]
        for direction in ("read", "write"):
            elements = (flow.elements for flow in moved if flow.direction == direction)
            assert_equal_expression(sympy.Add(*elements), b * kept)
