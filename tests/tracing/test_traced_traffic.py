"""Traced models beside those that are built: what moves, and what training computes.

Needs torch and transformers.
"""

import pytest

pytest.importorskip("transformers")

from benchmarks.traced_traffic import amount, pair
from edgesym.architectures.reader import read_model
from edgesym.render.page import Page
from edgesym.render.text import write_text
from edgesym.symbols import symbol
from edgesym.tracing.traffic import STEPS, moved, traffic_document
from edgesym.tracing.trained import prove_training
from edgesym.tracing.training import trace_training

SMALL = {
    "num_hidden_layers": 3,
    "hidden_size": 48,
    "intermediate_size": 80,
    "vocab_size": 112,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
}
TRAINED = {
    "llama": SMALL,
    "qwen3": {**SMALL, "head_dim": 10},
    "qwen3_moe": {
        **SMALL,
        "head_dim": 10,
        "num_experts": 5,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 20,
    },
    "gpt2": {"n_embd": 48, "n_layer": 3, "n_head": 6, "vocab_size": 112, "n_positions": 96},
}


@pytest.mark.parametrize("name", ["llama", "gpt2", "qwen3_moe"])
def test_traffic_and_peak_are_those_of_the_built_model(name):
    built, traced, _ = pair(name)
    for step in STEPS:
        for runtime in ("fused", "ideal"):
            for quantity in ("memory_traffic", "weight_bytes", "activation_bytes"):
                ours, theirs = (amount(m, quantity, step, runtime) for m in (built, traced.model))
                assert theirs == pytest.approx(ours, rel=1e-2), (step, runtime, quantity)


@pytest.mark.parametrize("name", TRAINED)
def test_training_is_proven_against_autograd(name):
    config = {"model_type": name, **TRAINED[name]}
    built = read_model(config, name=name, origin=name)
    traced = trace_training(config, name=name, origin=name)
    rows = {row.quantity: row for row in prove_training(built, traced, config)}
    assert {row.verdict for row in rows.values()} == {"proven"}
    assert rows["backward_pass_flops"].theirs != 0


def test_what_moves_otherwise_is_named_in_closed_form_with_its_line():
    assert moved(*pair("llama")) == []
    rows = moved(*pair("gptj"))
    assert {row.part for row in rows} == {"rotary"}
    form = rows[0].difference
    sizes = {s: symbol(w) for s, w in (("A", "heads"), ("H", "hidden"), ("L", "layers"))}
    rotated = sizes["A"] * symbol("extent", "rotary_dim") - sizes["H"]
    step = symbol("context") * symbol("batch") * symbol("activation_bytes_per_element")
    assert (form - 2 * sizes["L"] * step * rotated).expand() == 0
    assert rows[0].share == pytest.approx(-0.0162, abs=1e-4)
    assert any(line.startswith("transformers/models/gptj/") for line in rows[0].lines)
    text = write_text(traffic_document("gptj", rows), Page())
    assert "rotary" in text
    assert "-1.6" in text
