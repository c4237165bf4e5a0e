"""Patterns of layers: which kinds there are, and how many of each."""

from __future__ import annotations

import pytest

from edgesym.architectures.reader import architectures, read_model
from edgesym.data import shipped, stems
from edgesym.engine.evaluate import evaluate
from edgesym.ledger import Kind, ledger
from tests.support import letters, step_values

GEMMA = {"model_type": "gemma3_text"}
LLAMA_4 = {"model_type": "llama4_text"}
QWEN = {
    "model_type": "qwen2",
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 64,
    "sliding_window": 8,
}
FULL, SLIDING = "full_attention", "sliding_attention"

#: config -> layers of each kind of block, counted by hand from transformers' rules.
KINDS = [
    ({**GEMMA, "num_hidden_layers": 26}, {"sliding": 22, "full": 4}),
    ({**GEMMA, "num_hidden_layers": 5}, {"decoder": 5}),
    ({**GEMMA, "num_hidden_layers": 4, "sliding_window_pattern": 2}, {"sliding": 2, "full": 2}),
    ({**GEMMA, "num_hidden_layers": 3, "sliding_window": None}, {"decoder": 3}),
    (
        {**GEMMA, "num_hidden_layers": 3, "layer_types": [FULL, SLIDING, FULL]},
        {"full": 2, "sliding": 1},
    ),
    ({**QWEN, "num_hidden_layers": 6}, {"decoder": 6}),
    ({**QWEN, "num_hidden_layers": 6, "use_sliding_window": True}, {"decoder": 6}),
    (
        {**QWEN, "num_hidden_layers": 6, "use_sliding_window": True, "max_window_layers": 2},
        {"full": 2, "sliding": 4},
    ),
    (
        {**LLAMA_4, "num_hidden_layers": 8, "interleave_moe_layer_step": 2},
        {"chunked_dense": 4, "chunked_experts": 2, "full_experts": 2},
    ),
    ({**LLAMA_4, "num_hidden_layers": 8}, {"chunked": 6, "full": 2}),
    (
        {**LLAMA_4, "num_hidden_layers": 4, "moe_layers": [0], "no_rope_layers": [1, 1, 0, 0]},
        {"chunked_experts": 1, "chunked_dense": 1, "full_dense": 2},
    ),
    ({**LLAMA_4, "num_hidden_layers": 4, "no_rope_layer_interval": 2}, {"chunked": 2, "full": 2}),
]


@pytest.mark.parametrize(("config", "kinds"), KINDS)
def test_layers_of_a_kind_are_counted(config, kinds):
    model = read_model(config, name="x", origin="x")
    found = {plan.name: evaluate(plan.repeat, model.values) for plan in model.plans}
    assert found == {"embedding": 1, **kinds, "head": 1}
    assert model.values[letters("L")[0]] == sum(kinds.values())


@pytest.mark.parametrize(("config", "kinds"), KINDS)
def test_counts_of_sets_of_kinds_are_sums_of_those_of_each(config, kinds):
    model = read_model(config, name="x", origin="x")
    for members, counted in model.repeats.items():
        assert evaluate(counted, model.values) == sum(kinds[kind] for kind in members)


def test_the_order_of_kinds_does_not_matter_to_a_total():
    types = [FULL, SLIDING, SLIDING, FULL, SLIDING]
    totals = set()
    for listed in (types, types[::-1], sorted(types)):
        model = read_model(
            {**GEMMA, "num_hidden_layers": 5, "layer_types": listed}, name="x", origin=""
        )
        total = ledger(model).filter(Kind.FLOPS).total()
        totals.add(evaluate(total, step_values(model, (1, 7, 9000))))
    assert len(totals) == 1


@pytest.mark.parametrize("stem", list(stems("architectures/data")))
def test_an_architecture_file_has_a_source_and_a_model_type(stem):
    recipe = shipped("architectures/data", stem)
    assert recipe["source"]
    assert recipe["model_types"]
    assert all(architectures()[name] == stem for name in recipe["model_types"])
