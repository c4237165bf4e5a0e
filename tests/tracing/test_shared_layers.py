"""Layers that share weights, of which each reads some of its own."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from edgesym.tracing.checked import counts, counts_of_class
from edgesym.tracing.trace import trace_config

SMALL = {
    "model_type": "zamba2",
    "hidden_size": 64,
    "num_hidden_layers": 4,
    "layers_block_type": ["hybrid", "mamba", "hybrid", "hybrid"],
    "num_attention_heads": 4,
    "n_mamba_heads": 4,
    "intermediate_size": 96,
    "adapter_rank": 8,
    "vocab_size": 128,
    "num_mem_blocks": 1,
}


def test_each_use_of_a_shared_block_reads_an_adapter_of_its_own() -> None:
    transformers = pytest.importorskip("transformers")
    given = {key: value for key, value in SMALL.items() if key != "model_type"}
    config = transformers.CONFIG_MAPPING["zamba2"](**given).to_dict()
    traced = trace_config(config, name="small", origin="small").model
    theirs = counts_of_class(config, 2, 24)
    assert theirs["parameters"] is not None
    assert {name: n for name, n in counts(traced, 2, 24).items() if name in theirs} == theirs
    once = [s for s in traced.repeats.values() if traced.values[s] == 1]
    assert len(once) == given["layers_block_type"].count("hybrid") + 1
