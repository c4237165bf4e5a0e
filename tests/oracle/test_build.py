"""Which class a config is built as: text parts without a class of their own, and no towers."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from edgesym.oracle.build import build  # noqa: E402

TEXT = {
    "model_type": "qwen2_5_omni_text",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 1000,
}


def test_a_text_part_without_a_class_is_built_in_the_one_that_holds_it():
    model = build(TEXT, torch, transformers)
    assert type(model).__name__ == "Qwen2_5OmniThinkerForConditionalGeneration"
    names = [name for name, _ in model.named_parameters()]
    assert any("lm_head" in name or "embed_tokens" in name for name in names)
    assert not any("visual" in name or "audio" in name for name in names)
    assert model.get_input_embeddings().weight.shape == (1000, 64)
