"""Files of random weights: every element of the model once, under the names that llama.cpp has."""

from __future__ import annotations

from importlib.util import find_spec
from math import prod

import pytest

from edgesym.architectures.locate import load
from edgesym.architectures.weights import facts_of
from edgesym.errors import ConfigError
from edgesym.formats import find_recipe, stored_bytes
from edgesym.measuring.plan import gguf_plan
from edgesym.measuring.sample import find_sample

MODELS = ["llama-15m", "llama-3.2-1b", "qwen2.5-0.5b", "qwen3-0.6b", "gemma-3-1b", "gemma-2-9b"]


def counted(model):
    return sum(w.elements * max(len(w.layers), 1) for w in facts_of(model).weights)


@pytest.mark.parametrize("name", [*MODELS, "mixtral-8x7b", "qwen3-30b-a3b", "olmo-2-13b"])
def test_a_file_holds_every_element_once(name):
    sample = find_sample(name)
    plan = gguf_plan(sample, find_recipe("q8_0"), 256)
    assert sum(prod(row["shape"]) for row in plan["tensors"]) == counted(sample.model)
    names = [row["name"] for row in plan["tensors"]]
    assert len(names) == len(set(names))


def test_a_recipe_decides_tensor_by_tensor():
    plan = gguf_plan(find_sample("llama-3.2-1b"), find_recipe("q4_k_m"), 256)
    types = {row["name"]: row["type"] for row in plan["tensors"]}
    wanted = {"token_embd": "Q6_K", "blk.0.attn_v": "Q6_K", "blk.3.attn_q": "Q4_K"}
    wanted["blk.3.attn_norm"] = "F32"
    assert {name: types[f"{name}.weight"] for name in wanted} == wanted


def test_a_context_beyond_the_models_own_is_in_the_file():
    keys = gguf_plan(find_sample("llama-15m"), find_recipe("q8_0"), 4096)["keys"]
    assert keys["context_length"] == 4096


def test_layers_left_out_are_left_out():
    sample = find_sample("gemma-3-1b", layers=4)
    assert sample.whole == 26
    assert gguf_plan(sample, find_recipe("q8_0"), 256)["keys"]["block_count"] == 4
    with pytest.raises(ConfigError, match="layers = 99 must lie between 1 and the 26"):
        find_sample("gemma-3-1b", layers=99)
    assert find_sample("gemma-3-1b", layers=26).whole == 0


@pytest.mark.parametrize(
    ("name", "weights", "says"),
    [
        ("gpt2", "q8_0", "no files of random weights are written of gpt2"),
        ("llama-15m", "mxfp4", "no random weights are written in mxfp4"),
    ],
)
def test_what_cannot_be_written_says_what_can(name, weights, says):
    with pytest.raises(ConfigError, match=says):
        gguf_plan(find_sample(name), find_recipe(weights), 256)


@pytest.mark.skipif(find_spec("gguf") is None, reason="needs gguf")
@pytest.mark.parametrize("weights", ["q8_0", "fp16", "bf16", "q4_0", "q4_k_m", "q6_k", "iq4_nl"])
def test_a_file_has_the_bytes_that_its_recipe_predicts(tmp_path, weights):
    from edgesym.measuring.libraries.gguf_random import written

    name = "llama-15m" if weights not in ("q4_k_m", "q6_k") else "llama-8m"
    sample, recipe = find_sample(name), find_recipe(weights)
    path = tmp_path / "model.gguf"
    plan = gguf_plan(sample, recipe, 256)
    found = written({"plan": plan, "file": str(path), "seed": 1})
    # norms are in fp32 in a file, whatever a single format says of them
    norms = sum(
        w.elements * max(len(w.layers), 1) for w in facts_of(sample.model).weights if w.rows == 1
    )
    width = 0 if recipe.container else 4 - recipe.bytes_per_element
    assert found["tensor_bytes"] == stored_bytes(recipe, facts_of(sample.model)) + norms * width
    assert found["file_bytes"] == path.stat().st_size
    read = load(str(path))
    assert counted(read) == counted(sample.model)
    assert read.notes == ()


@pytest.mark.skipif(find_spec("gguf") is None, reason="needs gguf")
def test_no_scale_of_a_block_is_infinite(tmp_path):
    import gguf
    import numpy as np

    from edgesym.measuring.libraries.gguf_random import written

    path = tmp_path / "model.gguf"
    plan = gguf_plan(find_sample("llama-8m"), find_recipe("q4_k_m"), 256)
    written({"plan": plan, "file": str(path), "seed": 1})
    tensors = gguf.GGUFReader(path).tensors
    assert len(tensors) > 10
    for tensor in tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        assert np.isfinite(values).all(), tensor.name
        assert np.abs(values).max() < 10, tensor.name
