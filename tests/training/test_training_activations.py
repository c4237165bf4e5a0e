"""Activations kept for the backward pass, against PyTorch and against published equations."""

from __future__ import annotations

import pytest
import sympy

from edgesym.errors import UnknownNameError
from tests.support import assert_equal_expression, letters
from tests.training_support import BYTES, GPT, derived, ours

b, S, L, H, I, V, A, K, D, Ba = letters("b S L H I V A K D B_a")
t, p, v, m = letters("t p v m")
IN_BYTES = {**GPT, **BYTES}
BLOCK = "attention.query+attention.key+attention.value+attention.scores+attention.softmax"
BLOCK += "+attention.values+attention.output+attention.residual"
MLP = "feed_forward.up+feed_forward.activation+feed_forward.down+feed_forward.residual"


def layer(how="", **options):
    return ours("activation_memory_per_layer", how, values=IN_BYTES, **options)


def test_a_layer_keeps_what_pytorch_saves():
    """torch.autograd.graph.saved_tensors_hooks on GPT-2 in bf16 on a CPU, H 64, A 4, b 2, S 32.

    One layer more saves 147,968 bytes, of which 512 are the means and deviations of two norms
    (4 b S numbers), and 197,120 with dropout; masks are kept there in bf16, two bytes each.
    """
    point = {H: 64, A: 4, b: 2, S: 32}
    assert layer().xreplace(point) == 147968 - 512
    masks = b * A * S**2 + 2 * b * S * H
    kept = layer("dropout=applied") + masks
    assert kept.xreplace(point) == 197120 - 512


PER_LAYER = [
    ("korth-1", "dropout=applied", "*"),
    ("korth-attn", "dropout=applied", BLOCK),
    ("korth-mlp", "dropout=applied", MLP),
    ("korth-2", "dropout=applied,split=tensor", "*"),
    ("korth-4", "dropout=applied,split=sequence", "*"),
    ("korth-full", "dropout=applied,recompute=full", "*"),
]


@pytest.mark.parametrize(("claim", "how", "part"), PER_LAYER)
def test_a_layer_keeps_what_is_published(claim, how, part):
    found = layer(how, part=part)
    assert_equal_expression(found, derived(claim))
    assert_equal_expression(found, derived(claim, "published_canonical"))


def test_selective_recomputation_and_flash_attention_keep_no_scores():
    for choice in ("selective", "flash"):
        how = f"dropout=applied,split=sequence,recompute={choice}"
        assert_equal_expression(L * layer(how), derived("korth-6"))


def stage(how, part="*"):
    how = f"dropout=applied,split=sequence,{how}"
    return ours("activation_memory", how, part=part, values=IN_BYTES)


LAYERS = "attention+feed_forward"


def test_the_first_stage_keeps_all_layers_however_many_stages_there_are():
    assert_equal_expression(stage("pipeline=1f1b", LAYERS), derived("korth-5"))
    interleaved = stage("pipeline=interleaved", LAYERS)
    held = sympy.simplify(interleaved / stage("pipeline=1f1b", LAYERS) * L)
    assert sympy.simplify(held - derived("korth-interleave")) == 0
    ratio = stage("pipeline=gpipe", LAYERS) / stage("pipeline=1f1b", LAYERS)
    assert sympy.simplify(ratio) == m / p


def test_what_is_kept_outside_of_the_layers_is_as_published():
    embedded = stage("pipeline=1f1b", "embedding")
    ends = stage("pipeline=none", "final+head")
    assert_equal_expression(embedded + ends, derived("korth-extra"))
    assert_equal_expression(embedded, b * S * H * p / t)
    assert stage("pipeline=1f1b", "final+head") == 0


def test_the_share_outside_of_the_layers_is_not_as_small_as_printed():
    found = (stage("pipeline=none") - stage("pipeline=none", LAYERS)) / stage("pipeline=none")
    shape = {L: 48, H: 6144, A: 64, t: 8, V: 51200, S: 2048, b: 4}
    expected = derived("korth-extra-0.01").xreplace({**shape, p: 1})
    assert found.xreplace(shape) == expected
    assert 0.005 < float(expected) < 0.006


def test_twelve_elements_are_not_what_a_block_keeps():
    assert_equal_expression(L * layer("dropout=applied"), derived("zero-act12"))


def test_a_gated_layer_with_grouped_queries_keeps_its_own():
    found = ours("activation_memory_per_layer", card="llama-3.1-8b", values={})
    attention = 2 * H + 2 * A * D + 2 * K * D + A * S
    gated = 2 * H + 4 * I
    assert_equal_expression(found, b * S * Ba * (attention + gated))


def test_layers_of_several_kinds_are_averaged():
    found = ours("activation_memory_per_layer", card="gemma-3-1b", values={})
    whole = ours("activation_memory", card="gemma-3-1b", values={})
    ends = sum(
        ours("activation_memory", card="gemma-3-1b", part=part, values={})
        for part in ("embedding", "final", "head")
    )
    assert_equal_expression(sympy.expand(L * found), sympy.expand(whole - ends))


def test_a_part_that_the_model_lacks_is_refused():
    with pytest.raises(UnknownNameError, match="dropuot"):
        layer(part="dropuot")
