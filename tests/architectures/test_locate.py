"""Finding a model by name, path or hub id, and what happens where there is none."""

from __future__ import annotations

import sys

import pytest

from edgesym.architectures.locate import cards, load
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
    assert model.context_limit is None or model.context_limit >= 512


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
