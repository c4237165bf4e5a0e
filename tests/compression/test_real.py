"""A very small model, compressed and measured for real; needs the extra ``compress``."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from edgesym.compression import measured, samples, techniques

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("safetensors", "torch", "torchao", "transformers")),
    reason="needs the extra compress",
)

LLAMA = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_act": "silu",
    "hidden_size": 64,
    "intermediate_size": 96,
    "max_position_embeddings": 256,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-5,
    "vocab_size": 320,
}


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """A function that writes the config of a model, its head tied or not."""

    def written(*, tied):
        path = tmp_path_factory.mktemp("tied" if tied else "untied") / "config.json"
        path.write_text(json.dumps({**LLAMA, "tie_word_embeddings": tied}), "utf-8")
        return str(path)

    return written


@pytest.mark.parametrize(
    ("tied", "names"), [(True, ()), (False, ("dynamic-int8", "torchao-int8", "magnitude-pruning"))]
)
def test_every_byte_is_predicted_or_explained(config, tied, names):
    found = measured(config(tied=tied), names, threads=1)
    rows = {row.outcome.technique: row for row in found}
    for name, row in rows.items():
        if row.outcome.state in ("missing", "not for it"):
            continue
        assert row.outcome.state == "measured", (name, row.outcome.reason)
        assert row.unexplained == 0, name
        assert row.outcome.first.runs == 9
    assert rows["fp32"].verdict == rows["magnitude-pruning"].verdict == "equal"
    assert rows["fp32"].outcome.logit_error == 0
    assert 0 < rows["torchao-int8"].outcome.logit_error < rows["dynamic-int8"].outcome.logit_error
    assert rows["dynamic-int8"].outcome.logit_error < rows["magnitude-pruning"].outcome.logit_error
    if not tied:
        assert rows["magnitude-pruning"].outcome.zeros == pytest.approx(0.5, abs=0.15)


@pytest.mark.skipif(find_spec("llmcompressor") is None, reason="needs llmcompressor")
def test_every_byte_of_what_llmcompressor_writes_is_predicted_or_explained(tmp_path):
    path = tmp_path / "config.json"
    # rows are whole groups of 128; the head is a matrix of its own, which is left alone
    wide = {"hidden_size": 128, "intermediate_size": 256, "tie_word_embeddings": False}
    path.write_text(json.dumps({**LLAMA, **wide}), "utf-8")
    names = [name for name, t in techniques().items() if t.library == "llmcompressor"]
    rows = {row.outcome.technique: row for row in measured(str(path), names, threads=1)}
    for name, row in rows.items():
        assert row.outcome.state == "measured", (name, row.outcome.reason)
        assert row.verdict == ("explained" if name == "static-int8" else "equal"), name
    errors = {name: rows[name].outcome.logit_error for name in rows}
    assert 0 < errors["gptq-w8a8"] <= errors["static-int8"] < errors["awq-w4a16"]
    assert errors["static-int8"] < errors["gptq-w4a16"]


@pytest.mark.skipif(find_spec("llmcompressor") is None, reason="needs llmcompressor")
def test_an_encoder_is_calibrated_as_well(tmp_path):
    path = tmp_path / "config.json"
    small = {"dim": 128, "hidden_dim": 256, "n_heads": 4, "n_layers": 2, "vocab_size": 512}
    path.write_text(json.dumps({**samples()["distilbert"], **small}), "utf-8")
    rows = measured(str(path), ["gptq-w4a16", "gptq-w8a8", "static-int8"], threads=1)
    found = {row.outcome.technique: row.verdict for row in rows}
    assert found == {
        **dict.fromkeys(("fp32", "gptq-w4a16", "gptq-w8a8"), "equal"),
        "static-int8": "explained",
    }


def test_what_does_not_fit_is_out_of_memory_and_keeps_its_bytes():
    (row,) = measured("llama-15m", ["fp32"], memory=16 * 2**20, threads=1)
    assert row.outcome.state == "out of memory"
    assert row.outcome.first is None
    assert row.verdict == "equal"
