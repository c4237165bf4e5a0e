"""Reading config.json itself: what is not one is refused, naming the place."""

from __future__ import annotations

import json
import math

import pytest

from edgesym.architectures.config import read_json, text_part
from edgesym.architectures.locate import load
from edgesym.errors import ConfigError

TEXTS = [
    ("", "not valid JSON at line 1, column 1"),
    ("{", "not valid JSON at line 1"),
    ('{\n  "a": 1,\n  "b": \n}', "not valid JSON at line 4, column 1"),
    ('{"a": 1}\n{"b": 2}', "not valid JSON at line 2, column 1: Extra data"),
    ('{"a": 01}', "not valid JSON at line 1"),
    ("{'a': 1}", "not valid JSON at line 1, column 2"),
    ("[1, 2]", "holds a list, not an object"),
    ('"text"', "holds a str, not an object"),
    ("null", "holds a NoneType, not an object"),
    ('{"a": 1, "b": 2, "a": 3}', "key 'a' is given twice; keep one"),
    ('{"x": {"b": 2, "b": 2}}', "key 'b' is given twice; keep one"),
    ('{"a": ' + "9" * 5000 + "}", "more digits than any config"),
    ("[" * 100_000, "nested too deep"),
]


@pytest.mark.parametrize(("text", "message"), TEXTS, ids=lambda v: ascii(v[:25]))
def test_what_is_no_config_is_refused_by_name_and_place(tmp_path, text, message):
    path = tmp_path / "config.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        read_json(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes(b'{"a": "\xff\xfe"}')
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        read_json(path)


def test_a_file_too_large_for_a_config_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b" " * 4_000_001)
    with pytest.raises(ConfigError, match="larger than 4000000 bytes; this is no config"):
        read_json(path)


def test_a_folder_stands_for_the_config_in_it(tmp_path):
    with pytest.raises(ConfigError, match=r"config\.json: cannot be read \(No such file"):
        load(str(tmp_path))
    (tmp_path / "config.json").write_text('{"a": 1}')
    assert read_json(tmp_path) == {"a": 1}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.json: cannot be read \(No such file"):
        load(str(tmp_path / "none.json"))


def test_bare_infinity_of_real_files_is_read(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"time_step_limit": [0.0, Infinity]}')
    assert read_json(path) == {"time_step_limit": [0.0, math.inf]}


def test_the_text_part_of_a_nested_config_inherits_what_its_parent_says():
    inner = {"model_type": "llama", "hidden_size": 8, "vocab_size": 3}
    outer = {
        "model_type": "outer",
        "torch_dtype": "float16",
        "tie_word_embeddings": True,
        "hidden_size": 9,
        "vision_config": {},
        "text_config": inner,
    }
    found = text_part(outer, "x")
    assert found == {**inner, "torch_dtype": "float16", "tie_word_embeddings": True}
    assert text_part({**outer, "text_config": {"a": 1}}, "x")["model_type"] == "outer"
    assert text_part(inner, "x") == inner
    assert text_part({"thinker_config": {"text_config": inner}}, "x") == inner


@pytest.mark.parametrize("nested", [None, 3, "llama", [1]])
def test_a_text_part_that_is_no_object_is_refused(nested):
    with pytest.raises(ConfigError, match=r"x: text_config is .*, not an object of keys"):
        text_part({"text_config": nested}, "x")


def test_a_config_from_a_file_gives_the_model_of_its_card(tmp_path):
    path = tmp_path / "tiny" / "config.json"
    path.parent.mkdir()
    path.write_text(
        json.dumps(
            {
                "model_type": "llama",
                "architectures": ["LlamaForCausalLM"],
                "hidden_size": 2048,
                "intermediate_size": 5632,
                "num_hidden_layers": 22,
                "num_attention_heads": 32,
                "num_key_value_heads": 4,
                "vocab_size": 32000,
                "rope_scaling": None,
                "max_position_embeddings": 2048,
                "torch_dtype": "bfloat16",
            }
        )
    )
    for name in (str(path), str(path.parent)):
        model = load(name)
        assert model.values == load("tinyllama-1.1b").values
        assert (model.architecture, model.context_limit, model.dtype) == ("llama", 2048, "bf16")
    assert load(str(path)).name == "tiny"
