"""Answers of ``--json`` fit the schemas that ship."""

from __future__ import annotations

import json
import shlex
from importlib import resources

import pytest

jsonschema = pytest.importorskip("jsonschema")

#: Questions that the schemas were not drawn from, but for what has only one.
ASKED = {
    "derive": "qwen3-30b-a3b -q parameters -q kv_cache_bytes --phase prefill",
    "table": "gemma-3-1b --input-tokens 4",
    "estimate": "qwen3-0.6b --device apple-m2 --weights q8_0 --batch 4",
    "sensitivity": "qwen3-0.6b --device apple-m2 -q tokens_per_second",
    "solve": "gemma-3-1b --device pi5 --for batch --such-that 'memory_footprint <= 4GiB'",
    "crossover": "qwen3-0.6b --device rtx-4090",
    "compare": "llama-3.2-1b llama-3.2-3b --device apple-m2",
    "explain": "energy_per_token qwen3-0.6b --device pi5",
    "claims": "pope",
    "sweep": "gemma-3-1b --over context=1k,2k -q flops -q kv_cache_bytes",
    "whatif": "qwen3-0.6b --device pi5 --measured '3 tok/s'",
    "devices": "",
    "quantities": "",
    "runtimes": "",
    "doctor": "",
}


def schema(verb):
    text = resources.files("edgesym.schemas").joinpath(f"{verb}.json").read_text("utf-8")
    return json.loads(text)


#: Answers of another kind.
OTHERS = (
    ("estimate", "qwen3-0.6b --device apple-m2 --device rtx-4090"),
    ("devices", "apple-m2"),
    ("runtimes", "mlx"),
    ("cache", ""),
    ("cache", "clear"),
)


@pytest.mark.parametrize(("verb", "asked"), [*ASKED.items(), *OTHERS])
def test_an_answer_fits_its_schema(edgesym, verb, asked):
    answer = json.loads(edgesym(verb, *shlex.split(asked), "--json").out)
    jsonschema.validate(answer, schema(verb))


def test_an_answer_that_lacks_a_key_does_not(edgesym):
    answer = json.loads(edgesym("derive", *shlex.split(ASKED["derive"]), "--json").out)
    del answer["quantities"]
    with pytest.raises(jsonschema.ValidationError, match="quantities"):
        jsonschema.validate(answer, schema("derive"))


def test_a_schema_is_printed_with_its_version(edgesym):
    assert json.loads(edgesym("schema", "estimate").out)["$id"] == "edgesym:estimate:1"
    assert "estimate" in edgesym("schema").out.split()
    ran = edgesym("schema", "estimat")
    assert (ran.code, "nearest: estimate" in ran.err) == (2, True)
