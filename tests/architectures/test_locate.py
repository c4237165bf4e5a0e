"""Finding a model by name, path or hub id, and what happens where there is none."""

from __future__ import annotations

import json
import sys

import pytest

from edgesym.architectures.locate import load
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import architectures
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.formats import find_format


@pytest.mark.parametrize("name", cards())
def test_a_card_is_found_by_each_of_its_names(name):
    card = cards()[name]
    model = load(name)
    for alias in (name.upper(), card["hugging_face"], *card.get("aliases", [])):
        assert load(alias).values == model.values
    assert card["name"]
    assert card["sources"]
    assert set(card["sources"]) < set(model.sources)
    assert model.origin == f"card {name}"
    assert model.architecture in architectures().values()
    assert find_format(model.dtype)
    assert model.context_limit is None or model.context_limit >= 128


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("lama-3.2-1b", "llama-3.2-1b"), ("mistral-7b-v0.9", "mistral-7b-v0.1"), ("tinyllam", "tiny")],
)
def test_an_unknown_name_is_refused_with_the_nearest(name, nearest):
    with pytest.raises(UnknownNameError, match=f"unknown model '{name}'; nearest: .*{nearest}"):
        load(name)


def test_a_name_like_nothing_says_what_could_be_named():
    with pytest.raises(UnknownNameError, match=r"Name a card .*config\.json.*Hugging Face id"):
        load("zzzz")


def test_a_hub_id_without_the_extra_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ConfigError, match=r"someone/a-model is no card and no path; .*\[hub\]"):
        load("someone/a-model")


def test_a_folder_called_like_a_card_does_not_hide_the_card(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "llama-3.2-1b").mkdir()
    assert load("llama-3.2-1b").origin == "card llama-3.2-1b"


def test_a_model_shows_its_symbols():
    text = load("gemma-3-1b")._repr_markdown_()
    assert "gemma3_text" in text
    assert "1,152" in text
    assert r"$L_{\mathrm{sliding}}$" in text


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("llama3.1:8b", "llama-3.1-8b"),
        ("qwen3:0.6b", "qwen3-0.6b"),
        ("Gemma3:1B", "gemma-3-1b"),
        ("phi4", "phi-4"),
        ("somebody/Llama-3.2-1B", "llama-3.2-1b"),
    ],
)
def test_a_tag_is_the_card_of_its_words(name, card, recwarn, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert load(name).name == card
    assert not recwarn.list


def test_what_a_name_says_beside_its_card_is_passed_over_with_a_word(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.warns(UserWarning, match=r"card llama-3\.2-3b; .*--weights q4_k_m\Z"):
        assert load("llama3.2:3b-instruct-q4_K_M").name == "llama-3.2-3b"


@pytest.mark.parametrize("name", ["qwen2.5-coder-7b", "llama-3.1", "8b", "qwen3-8b-eagle3"])
def test_a_name_that_says_more_than_a_card_is_not_the_card(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UnknownNameError, match="unknown model"):
        load(name)


def test_a_card_is_read_once_and_anew_where_it_is_read_otherwise(tmp_path, monkeypatch):
    model = load("gemma-3-1b")
    assert load("gemma-3-1b") is model
    assert load("google/gemma-3-1b-it") is model
    assert load("gemma-3-1b", architecture="gemma3_text") is not model
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gemma-3-1b").write_text("{}")
    with pytest.raises(ConfigError):
        load("gemma-3-1b")


def test_a_text_part_that_is_named_alone_is_that_of_its_card(tmp_path):
    config = {"model_type": "ultravox", "audio_config": {"model_type": "whisper"}}
    named = {**config, "text_model_id": "meta-llama/Llama-3.1-8B-Instruct"}
    (tmp_path / "config.json").write_text(json.dumps(named))
    model = load(str(tmp_path))
    assert model.language.structure == load("llama-3.1-8b").structure
    assert model.counted == "text alone"
    assert "audio_config is left out" in model.scope[0]
    (tmp_path / "config.json").write_text(json.dumps({**named, "text_model_id": "some/other"}))
    with pytest.raises(UnknownNameError, match="ultravox"):
        load(str(tmp_path))
