"""State of training, traffic between devices, pipelines and limits, as published."""

from __future__ import annotations

import pytest
import sympy

from edgesym.algebra.growth import same_order
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.graph.training import TRAINING_CHOICES, Training, training
from edgesym.parallel.sharding import MIXED_PRECISION_ADAM
from tests.support import assert_equal_expression, letters
from tests.training_support import BYTES, ELEMENTS, derived, ours

b, S, L, H, V, A, D, K, T = letters("b S L H V A D K T")
t, p, d, m, v, G, f, Np = letters("t p d m v G f N_p")
Bw, Bg, Bo, Ba, Ms = letters("B_w B_g B_o B_a M_s")
P, Uc, Wm, Um = letters("P U_c W_m U_m")
STAGES = [("zero-16", "none"), ("zero-1", "1"), ("zero-2", "2"), ("zero-3", "3")]


@pytest.mark.parametrize(("claim", "stage"), STAGES)
def test_the_state_of_training_is_divided_as_published(claim, stage):
    found = ours("training_state_memory", f"zero={stage}", values={Bw: 2, Bg: 2})
    found = found.xreplace({Bo: 12}) if claim == "zero-16" else found
    expected = derived(claim, params=ours("parameters", values={}))
    assert_equal_expression(found, expected)


def test_mixed_precision_with_adam_takes_sixteen_bytes_per_parameter():
    assert sum(MIXED_PRECISION_ADAM.values()) == 16


def test_copies_of_the_model_agree_at_the_cost_of_a_ring():
    elements = {Bg: sympy.Integer(1), Bw: sympy.Integer(1)}
    whole = ours("parameters", values={})
    for stage, times in (("none", 2), ("1", 2), ("2", 2), ("3", 3)):
        found = ours("data_parallel_traffic", f"zero={stage}", values=elements)
        assert_equal_expression(found, times * whole * (d - 1) / d)
    third = ours("data_parallel_traffic", "zero=3", values=elements)
    assert_equal_expression(third, derived("zero-comm3", params=whole))


def test_a_device_holds_its_share_of_what_is_divided():
    found = ours("parameters_per_device", "split=tensor")
    matrices, vectors = 12 * H**2 + 4 * H + 3 * H, 6 * H
    assert_equal_expression(found, (V * H + L * matrices) / t + Np * H + L * vectors + 2 * H)
    piped = ours("parameters_per_device", "split=tensor,pipeline=1f1b")
    assert_equal_expression(piped, V * H / t + Np * H + L * (matrices / t + vectors) / p)
    assert_equal_expression(ours("parameters_per_device"), ours("parameters"))


def test_a_layer_divided_over_devices_sums_twice_forward_and_twice_back():
    layers = "attention+feed_forward"
    found = ours("training_tensor_parallel_traffic", part=layers, values=ELEMENTS)
    assert_equal_expression(found, L * derived("meg-tpcomm"))
    forward = ours("tensor_parallel_traffic", part=layers, values=BYTES)
    per_token = forward / (b * S)
    assert_equal_expression(per_token, L * derived("kip-tpbytes", devices=t))
    again = ours("training_tensor_parallel_traffic", "recompute=full", part=layers, values={})
    assert_equal_expression(again, L * 12 * b * S * H * Ba * (t - 1) / t)


def test_the_ends_of_a_model_sum_once_each_way():
    for part in ("embedding", "head"):
        found = ours("training_tensor_parallel_traffic", part=part, values=ELEMENTS)
        assert_equal_expression(found, 2 * b * S * H * (t - 1) / t)


def test_branches_side_by_side_share_their_sums():
    from edgesym.architectures.reader import read_model
    from edgesym.parallel.splitting import shared_sums

    model = read_model({"model_type": "phi"}, name="phi", origin="phi")
    layer = next(block for block in model.blocks() if len(block.operations) > 5)
    assert len(shared_sums(layer.operations)) == 2


def test_latents_that_enter_divided_matrices_are_summed_in_place_of_the_hidden_state():
    part = "attention"
    found = ours("training_tensor_parallel_traffic", card="deepseek-v3", part=part, values=ELEMENTS)
    names = {str(s) for s in found.free_symbols}
    assert {"R", "R_query", "D_rotary", "H"} <= names


def test_a_pipeline_idles_for_all_stages_but_one():
    assert_equal_expression(ours("pipeline_bubble"), derived("meg-bubble"))
    assert_equal_expression(ours("pipeline_bubble", "pipeline=interleaved"), (p - 1) / (v * m))
    stage = ours("training_flops") / (p * t * Uc * P)
    found = ours("iteration_time")
    assert_equal_expression(found, derived("meg-batchtime", tb=stage, tf=sympy.Integer(0)))
    ideal = m * stage
    assert sympy.simplify(found / ideal - 1 - ours("pipeline_bubble")) == 0


def test_stages_pass_on_the_hidden_state_and_its_gradient():
    assert_equal_expression(ours("pipeline_traffic"), 2 * b * S * H * Ba)
    assert_equal_expression(
        ours("pipeline_traffic", "pipeline=interleaved"), 2 * v * b * S * H * Ba
    )


def test_memory_of_a_device_is_state_and_activations():
    how = "zero=2,split=tensor,pipeline=1f1b"
    parts = ours("training_state_memory", how) + ours("activation_memory", how)
    assert_equal_expression(ours("training_memory", how), parts)


ONE_HEAD = {**ELEMENTS, A: sympy.Integer(1), K: sympy.Integer(1), L: sympy.Integer(1)}
ONE_HEAD |= {b: sympy.Integer(1)}


def test_attention_moves_what_is_published_and_grows_alike():
    standard = ours("standard_attention_traffic", values=ONE_HEAD)
    tiled = ours("tiled_attention_traffic", values=ONE_HEAD)
    assert_equal_expression(standard, derived("flash-std"))
    assert_equal_expression(tiled, derived("flash-io"))
    assert same_order(standard, derived("flash-std", "published_canonical"), (S, D))
    printed = derived("flash-io", "published_canonical")
    assert same_order(tiled, printed, (S, D, Ms), [(Ms, S * D), (D, Ms)])
    assert not same_order(tiled, printed, (S, D, Ms))


def test_the_roofline_and_amdahls_law_are_as_published():
    ridge = ours("ridge_point")
    assert_equal_expression(ridge, Uc * P / (Um * Wm))
    full = {Uc: sympy.Integer(1), Um: sympy.Integer(1)}
    intensity = ours("arithmetic_intensity", values=full)
    found = ours("attainable_rate", values=full)
    assert found == derived("roof", intensity=intensity)
    speedup = ours("parallel_speedup")
    assert sympy.simplify(speedup - derived("amdahl")) == 0


def test_choices_of_training_are_read_from_text():
    assert training("recompute=full, zero=3") == Training(recompute="full", zero="3")
    assert len(Training().describe()) == len(TRAINING_CHOICES)
    with pytest.raises(ConfigError, match="'full' should read field=choice"):
        training("full")
    with pytest.raises(UnknownNameError, match=r"field of training.*recompute"):
        training("recompte=full")
    with pytest.raises(UnknownNameError, match="choice for zero"):
        training("zero=4")
