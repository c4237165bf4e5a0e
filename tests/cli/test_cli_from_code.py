"""``--from-code``, and types without an architecture file."""

import importlib.util
import json
from pathlib import Path

import pytest

OWN = Path(__file__).parents[1] / "data" / "own_model"
HAS_TORCH = all(importlib.util.find_spec(name) for name in ("torch", "transformers"))

needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="the extra oracle is not installed")


def megatron(folder):
    """A small config of a type that has no architecture file."""
    config = {
        "model_type": "megatron-bert",
        "architectures": ["MegatronBertForMaskedLM"],
        "hidden_size": 64,
        "intermediate_size": 256,
        "num_attention_heads": 4,
        "num_hidden_layers": 3,
        "vocab_size": 500,
        "max_position_embeddings": 128,
    }
    path = Path(folder) / "config.json"
    path.write_text(json.dumps(config), "utf-8")
    return path


@pytest.mark.skipif(HAS_TORCH, reason="torch is there")
def test_without_the_extra_it_is_named(edgesym, tmp_path):
    ran = edgesym("derive", str(megatron(tmp_path)))
    assert ran.code == 2
    said = " ".join(ran.err.split())
    assert "unknown model_type" in said
    assert "pip install 'edgesym[oracle]'" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["llama-3.2-1b", "--from-code", "--as", "llama"], "give one of the two"),
        (["m.gguf", "--from-code"], "a GGUF file has no code"),
    ],
)
def test_what_cannot_be_is_refused(edgesym, arguments, said):
    ran = edgesym("derive", *arguments)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())


@needs_torch
@pytest.mark.slow
def test_a_type_without_a_file_is_read_from_its_code_once(edgesym, tmp_path):
    path = megatron(tmp_path)
    for _ in range(2):
        ran = edgesym("derive", str(path), "-q", "parameters", "--format", "json")
        assert ran.code == 0
        said = " ".join(ran.err.split())
        assert "no architecture file for 'megatron-bert'" in said
        assert "transformers' MegatronBertForMaskedLM" in said
        assert "they hold where A divides H" in said


@needs_torch
@pytest.mark.slow
def test_own_code_runs_with_the_flag_alone(edgesym):
    ran = edgesym("trace", str(OWN))
    assert ran.code == 2
    ran = edgesym("trace", str(OWN), "--trust-remote-code", "--to", "own.traced.json")
    assert ran.code == 0
    derived = edgesym("derive", "own.traced.json", "-q", "parameters", "--format", "json")
    assert "2*H*V + L*(2*H*I + H + I)" in derived.out
