"""The trace of classes of transformers equals what PyTorch counts, inside its domain."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from benchmarks import traced_types as coverage

#: One of each kind: plain, shared layers, experts, windows, latent attention, a recurrent state
#: by a loop over tokens and by chunks, an encoder, pairs; layers whose forward is called past their
#: hooks, operations of a kernel written out, a default that lacks a key, code that looks at masks;
#: loops over the experts that were hit, tokens split by them, layers that run again, one token at a
#: time on a cache, adapters picked by masks, states kept between layers, sizes in tensors.
SAMPLE = (
    "llama",
    "albert",
    "mixtral",
    "gemma3_text",
    "deepseek_v3",
    "mamba",
    "mamba2",
    "qwen3_next",
    "bert",
    "t5",
    "bart",
    "squeezebert",
    "yoso",
    "nemotron",
    "flaubert",
    "perceiver",
    "dbrx",
    "jetmoe",
    "switch_transformers",
    "dory",
    "prophetnet",
    "bert-generation",
    "xmod",
    "xlnet",
    "longformer",
)


@pytest.mark.slow
@pytest.mark.parametrize("model_type", SAMPLE)
def test_traced_counts_equal_those_of_the_class(model_type: str) -> None:
    row = coverage.compare(model_type)
    assert row["verdict"] == "equal", row
    assert row["points"] == coverage.POINTS


@pytest.mark.slow
def test_no_type_differs() -> None:
    rows = [coverage.in_child(model_type, coverage.POINTS) for model_type in coverage.types()]
    assert [row for row in rows if row["verdict"] == "different"] == []
