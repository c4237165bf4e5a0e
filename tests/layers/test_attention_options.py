"""What the options of attention, feed-forward, norm, embedding and head add to a block."""

from __future__ import annotations

import pytest
import sympy

from edgesym.graph.block import flows
from edgesym.graph.builder import Builder
from edgesym.graph.convention import convention
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers import LAYERS
from edgesym.workload import phase
from tests.support import SCHEMES, assert_equal_expression, letters, partition

b, T, C, H, I, V, A, K, D, W = letters("b T C H I V A K D W")
PAIRS = T * C + T * (T + 1) / 2


def block(layer, counting="default", **options):
    build = Builder("block", phase("step"), convention(counting))
    entry = Tensor("input", (b, T, H))
    leaving = LAYERS[layer](build, "x", entry, **options)
    return build.finish(sympy.Integer(1), (entry,), (leaving,))


def work_of(found):
    return sympy.Add(*(data["flops"] for _, data in found.graph.nodes(data=True)))


def parameters(found):
    tensors = {t for op in found.operations for t in op.inputs if t.role is Role.WEIGHT}
    return sympy.Add(*(t.elements for t in tensors))


#: layer, options -> FLOPs and parameters that they add to the layer without them.
ADDED = [
    ("attention", {"rotary": False}, -3 * b * T * (A + K) * D, 0),
    ("attention", {"qkv_bias": True}, b * T * (A + 2 * K) * D, (A + 2 * K) * D),
    ("attention", {"output_bias": True}, b * T * H, H),
    ("attention", {"query_key_norm": "rms_norm"}, 4 * b * T * (A + K) * D, 2 * D),
    (
        "attention",
        {"query_key_norm": "rms_norm", "norm_over": "heads"},
        4 * b * T * (A + K) * D,
        (A + K) * D,
    ),
    (
        "attention",
        {"query_key_norm": "l2_norm", "norm_weight": False},
        3 * b * T * (A + K) * D,
        0,
    ),
    ("attention", {"key_bias": True}, b * T * K * D, K * D),
    ("attention", {"values_are_keys": True}, -2 * b * T * H * K * D, -H * K * D),
    ("attention", {"position_bias": True}, b * A * PAIRS, 0),
    ("attention", {"sinks": True}, 0, A),
    ("attention", {"gated": True}, 2 * b * T * H * A * D + 5 * b * T * A * D, H * A * D),
    ("attention", {"temperature": True}, b * T * A * D, 0),
    ("attention", {"softcap": True}, 3 * b * A * PAIRS, 0),
    ("attention", {"output_norm": "rms_norm"}, 4 * b * T * A * D, A * D),
    ("feed_forward", {"inner_norm": "rms_norm"}, 4 * b * T * I, I),
    ("feed_forward", {"activation_weights": 2}, 0, 2),
    ("feed_forward", {"gated": False}, -2 * b * T * H * I - b * T * I, -H * I),
    ("feed_forward", {"bias": True}, b * T * (2 * I + H), 2 * I + H),
    ("feed_forward", {"activation": "gelu_tanh"}, 5 * b * T * I, 0),
    ("norm", {"weight": False}, 0, -H),
    ("norm", {"function": "layer_norm", "bias": True}, 3 * b * T * H, H),
    ("embedding", {"scaled": True}, b * T * H, 0),
    ("head", {"bias": True}, b * V, V),
    ("head", {"softcap": True}, 3 * b * V, 0),
    ("head", {"scaled": True}, b * V, 0),
    ("scale", {"learned": True}, 0, 1),
]


@pytest.mark.parametrize(("layer", "options", "work", "stored"), ADDED)
def test_an_option_adds_its_work_and_its_parameters(layer, options, work, stored):
    plain, changed = block(layer), block(layer, **options)
    assert_equal_expression(work_of(changed) - work_of(plain), work)
    assert_equal_expression(parameters(changed) - parameters(plain), stored)


IN_ORDER = [(layer, options) for layer, options, *_ in ADDED]

#: layer -> FLOPs and parameters without options.
PLAIN = {
    "attention": (
        2 * b * T * H * (2 * A + 2 * K) * D + 3 * b * T * (A + K) * D + (4 * D + 6) * b * A * PAIRS,
        (2 * A + 2 * K) * D * H,
    ),
    "feed_forward": (6 * b * T * H * I + 5 * b * T * I, 3 * H * I),
    "norm": (4 * b * T * H, H),
    "embedding": (0, V * H),
    "head": (2 * b * V * H, V * H),
}


@pytest.mark.parametrize("layer", PLAIN)
def test_a_layer_without_options(layer):
    work, stored = PLAIN[layer]
    assert_equal_expression(work_of(block(layer)), work)
    assert_equal_expression(parameters(block(layer)), stored)


@pytest.mark.parametrize(("layer", "options"), IN_ORDER)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_kernels_run_in_order_whatever_the_options(layer, options, scheme):
    found = block(layer, **options)
    there = {t.name for t in found.entries}
    for kernel in partition(found, scheme):
        for flow in flows(found, kernel.operations):
            name = found.roots.get(flow.tensor.name, flow.tensor.name)
            if flow.direction == "write":
                there.add(name)
            elif flow.tensor.role is Role.ACTIVATION:
                assert name in there, f"{kernel.name} reads {name} before it is there"


def test_multi_query_attention_is_grouped_attention_with_one_head_of_keys():
    found = block("attention", "pytorch")
    one = {K: 1}
    assert_equal_expression(parameters(found).subs(one), 2 * A * D * H + 2 * D * H)
    keys = found.graph.nodes["x.key_append"]["operation"].outputs[0]
    assert_equal_expression(keys.elements.subs(one), b * (C + T) * D)


@pytest.mark.parametrize(
    ("mask", "width", "symbols"),
    [("causal", "window", set()), ("sliding", "window", {W}), ("chunked", "chunk", letters("N"))],
)
def test_the_mask_decides_the_cost_of_scores_and_values_alone(mask, width, symbols):
    plain, masked = (
        {n: d["flops"] for n, d in block("attention", **o).graph.nodes(data=True)}
        for o in ({}, {"mask": mask, "width": width})
    )
    changed = {part for part in plain if plain[part] != masked[part]}
    assert changed == ({"x.scores", "x.softmax", "x.values"} if symbols else set())
    added = masked["x.scores"].free_symbols - plain["x.scores"].free_symbols
    assert added == set(symbols)


@pytest.mark.parametrize("name", LAYERS)
def test_an_unknown_option_of_a_layer_is_an_error(name):
    with pytest.raises(TypeError):
        block(name, no_such_option=True)
