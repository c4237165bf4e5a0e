"""Comparing counts: equal, explained only where the formula gives their integer, or different."""

import importlib.util

import pytest

from edgesym.architectures.locate import find_config, load
from edgesym.architectures.reader import read_model
from edgesym.oracle.compare import compare, our_counts
from edgesym.oracle.steps import step_of
from edgesym.symbols import describe

SMALL_LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
    "num_labels": 5,
}
LLAMA_4 = {
    **SMALL_LLAMA,
    "model_type": "llama4_text",
    "head_dim": 16,
    "num_local_experts": 4,
    "intermediate_size_mlp": 80,
}
SCOUT = load("llama-4-scout")
# FlopCounterMode of torch 2.13.0 on transformers 5.23.0, all experts on every token
SCOUT_DENSE_DECODE = 213596569600


def verdicts(model, theirs):
    return {row.count: row.verdict for row in compare(model, theirs) if row.theirs is not None}


def test_equal_counts_are_equal():
    model = load("llama-3.2-1b")
    assert set(verdicts(model, our_counts(model)).values()) == {"equal"}


def test_a_known_difference_is_explained_if_its_formula_gives_their_number():
    theirs = {"decode_b1_c128_flops": SCOUT_DENSE_DECODE}
    (row,) = [r for r in compare(SCOUT, theirs) if r.theirs is not None]
    assert row.verdict == "explained"
    assert "expert" in row.reason


def test_one_flop_off_is_not_explained():
    theirs = {"decode_b1_c128_flops": SCOUT_DENSE_DECODE + 1}
    assert verdicts(SCOUT, theirs) == {"decode_b1_c128_flops": "different"}


def test_a_difference_of_another_architecture_explains_nothing():
    model = load("llama-3.2-1b")
    assert verdicts(model, {"decode_b1_c128_flops": 1}) == {"decode_b1_c128_flops": "different"}


def test_a_difference_of_two_kinds_holds_for_a_model_of_one_of_them():
    config = {
        **SMALL_LLAMA,
        "model_type": "deepseek_v4",
        "layer_types": ["compressed_sparse_attention"] * 2,
        "mlp_layer_types": ["moe"] * 2,
        "compress_rates": {"compressed_sparse_attention": 3, "heavily_compressed_attention": 9},
    }
    model = read_model(config, name="small", origin="small")
    known = {describe(s).word: value for s, value in model.values.items()}
    (name, ours), *_ = ((n, c) for n, c in our_counts(model).items() if n.startswith("kv_bytes"))
    more = 2 * 3 * (known["head_dim"] + known["head_dim.index"]) * 2
    assert verdicts(model, {name: ours + more}) == {name: "explained"}
    assert verdicts(model, {name: ours + more // 2}) == {name: "different"}


def test_layers_of_labels_that_always_come_together_are_counted_by_each():
    config = {**LLAMA_4, "num_hidden_layers": 8, "interleave_moe_layer_step": 4}
    model = read_model(config, name="x", origin="x")
    ours = our_counts(model)["decode_b1_c128_flops"]
    surplus = 6 * 64 * 96 * (4 - 1) * 2  # hidden, intermediate, experts not chosen, layers
    assert verdicts(model, {"decode_b1_c128_flops": ours + surplus}) == {
        "decode_b1_c128_flops": "explained"
    }


def test_a_count_that_ended_in_an_exception_is_no_missing_one():
    model = load("llama-3.2-1b")
    rows = compare(model, {}, failed={"decode_b1_c128_flops": "RuntimeError: no"})
    assert ("failed", "RuntimeError: no") in {(row.verdict, row.reason) for row in rows}


def test_a_step_of_ones_own_is_counted():
    model = load("llama-3.2-1b")
    steps = step_of(2, 3, 40)
    assert our_counts(model, steps)["kv_bytes_b2_43_bf16"] == 2 * 43 * 2 * 16 * 8 * 64 * 2


@pytest.mark.skipif(importlib.util.find_spec("transformers") is None, reason="extra oracle")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "ending", ["Model", "ForSequenceClassification", "ForTokenClassification", "ForCausalLM"]
)
def test_the_class_that_a_config_names_is_the_one_counted(ending):
    from edgesym.oracle.torch_counts import torch_counts

    config = {**SMALL_LLAMA, "architectures": [f"Llama{ending}"]}
    counted = torch_counts(config, "x")
    assert not counted.failed
    rows = compare(read_model(config, name="x", origin="x"), counted.counts)
    assert {row.verdict for row in rows if row.theirs is not None} == {"equal"}


@pytest.mark.skipif(importlib.util.find_spec("transformers") is None, reason="extra oracle")
@pytest.mark.filterwarnings("ignore")
def test_transformers_counts_what_the_corpus_says():
    from edgesym.oracle.torch_counts import torch_counts

    found = torch_counts(find_config("llama-3.2-1b").config, "card")
    assert found.counts["decode_b1_c128_flops"] == 2488401920
    assert found.counts["kv_bytes_129_bf16"] == 4227072
    assert not found.failed
