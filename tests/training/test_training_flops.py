"""FLOPs of training, against PyTorch and against published equations."""

from __future__ import annotations

import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.graph.convention import convention
from edgesym.graph.training import training
from edgesym.workload import phase
from tests.support import assert_equal_expression, letters
from tests.training_support import GPT, MULTI_HEAD, derived, ours

b, S, L, H, I, V, A, D = letters("b S L H I V A D")
G, P, Uc, NT = letters("G P U_c N_T")

GPT2 = {"n_layer": 3, "n_embd": 64, "n_head": 4, "vocab_size": 211, "n_positions": 64}
LLAMA = {"num_hidden_layers": 3, "hidden_size": 64, "intermediate_size": 176}
LLAMA |= {"num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 211}
#: torch.utils.flop_counter.FlopCounterMode (torch 2, transformers 5, eager attention) over the
#: forward and the backward pass of 2 sequences of 32 tokens; ``full``: gradient checkpointing.
#: For Llama it counts 77,930,496 with it: PyTorch stops running a layer again once it has what
#: the gradients need, and skips the last product of each layer, 4,325,376 in three.
PYTORCH = [
    ("gpt2", GPT2, "", 66527232),
    ("gpt2", GPT2, "recompute=full", 86974464),
    ("llama", LLAMA, "", 62988288),
    ("llama", LLAMA, "recompute=full", 77930496 + 4325376),
]


@pytest.mark.parametrize(("kind", "config", "how", "expected"), PYTORCH)
def test_flops_of_training_are_those_that_pytorch_counts(kind, config, how, expected):
    model = read_model({"model_type": kind, **config}, name=kind, origin=kind)
    case = Case(model, phase("prefill"), convention("pytorch"), training=training(how))
    values = {**model.values, b: 2, S: 32}
    assert evaluate(REGISTRY["training_flops"].expression(case), values) == expected


def test_iterations_are_those_of_the_published_derivations():
    assert_equal_expression(ours("training_flops", "recompute=full"), derived("meg-F"))
    assert_equal_expression(ours("training_flops"), derived("korth-7"))
    assert_equal_expression(ours("training_flops", "recompute=selective"), derived("korth-8"))


@pytest.mark.parametrize("claim", ["meg-F", "korth-7"])
def test_two_published_totals_hold_as_printed(claim):
    how = "recompute=full" if claim == "meg-F" else ""
    assert_equal_expression(ours("training_flops", how), derived(claim, "published_canonical"))


def test_selective_recomputation_is_cheaper_than_printed():
    model, hardware = ours("training_flops"), ours("training_flops", "recompute=selective")
    main = 72 * b * L * S * H**2
    assert_equal_expression((hardware - model) / main, S / (18 * H))
    printed = derived("korth-8", "published_canonical")
    assert_equal_expression(printed - hardware, 8 * b * S**2 * H * L)
    overhead = derived("korth-2.7pct")
    assert sympy.simplify(hardware / model - 1 - overhead) == 0
    used = derived("korth-hfu175")
    assert sympy.simplify(hardware / model * sympy.Rational(514, 1000) - used) == 0


@pytest.mark.parametrize("claim", ["palm-mfu", "nano-mfu"])
def test_flops_per_token_are_six_per_parameter_of_a_matrix_and_attention(claim):
    assert_equal_expression(ours("training_flops_per_token", values=MULTI_HEAD), derived(claim))


@pytest.mark.parametrize("claim", ["kaplan-6N", "bahd-6nd"])
def test_six_per_parameter_is_what_the_whole_is_compared_with(claim):
    tokens = NT if claim == "bahd-6nd" else 1
    assert_equal_expression(tokens * ours("training_flops_per_token"), derived(claim))


def test_the_time_of_training_is_flops_over_the_rate_of_all_devices():
    token = ours("training_flops_per_token")
    assert_equal_expression(ours("training_time"), token * NT / (G * P * Uc))
    counted = ours("training_flops_per_token", "recompute=full") * NT / (G * P)
    assert_equal_expression(counted, derived("meg-8TP"))


CORE = "attention.scores+attention.values"


def test_attention_goes_back_through_four_products_and_with_flash_through_five():
    forward = ours("flops", part=CORE)
    assert_equal_expression(forward, L * derived("fa-fwd").xreplace(GPT))
    assert_equal_expression(ours("backward_pass_flops", part=CORE), 2 * forward)
    flash = ours("backward_pass_flops", "recompute=flash", part=CORE)
    assert_equal_expression(flash, L * derived("fa-bwd").xreplace(GPT))
    again = ours("backward_pass_flops", "recompute=selective", part=CORE)
    assert_equal_expression(again, 3 * forward)


@pytest.mark.parametrize("counting", ["default", "pytorch", "macs"])
def test_a_backward_pass_is_two_forward_passes(counting):
    forward = ours("flops", counting=f"{counting},logits=all")
    assert_equal_expression(ours("backward_pass_flops", counting=counting), 2 * forward)


def test_dot_products_have_one_addition_less_per_element_of_each_gradient():
    part = "feed_forward.up"
    whole = ours("backward_pass_flops", part=part, counting="pytorch,multiply_add=2k-1", values={})
    assert_equal_expression(whole, L * (4 * b * S * H * I - b * S * H - H * I))


def test_a_one_hot_product_has_the_gradient_of_its_table_alone():
    counting = "pytorch,embedding=one-hot"
    work = ours("training_flops", part="embedding.lookup", counting=counting)
    assert_equal_expression(work, 4 * b * S * H * V)


def test_logits_and_latents_are_those_of_training_whatever_is_asked_for():
    last = ours("training_flops", part="head", counting="pytorch,logits=last")
    assert_equal_expression(last, 6 * b * S * H * V)
    for choice in ("absorbed", "expanded"):
        counting = f"pytorch,latent={choice}"
        found = ours("training_flops", card="deepseek-v3", counting=counting, values={})
        forward = Case(load("deepseek-v3"), phase("prefill"), convention("pytorch"))
        assert_equal_expression(found, 3 * REGISTRY["flops"].expression(forward))


def test_dropout_is_element_wise_work():
    without = ours("training_flops", counting="default")
    applied = ours("training_flops", "dropout=applied", counting="default")
    pairs = S * (S + 1) / 2
    masks = b * S * H + L * (2 * b * S * H + b * A * pairs)
    assert_equal_expression(applied - without, 2 * 3 * masks)
    assert_equal_expression(ours("training_flops", "dropout=applied"), ours("training_flops"))
