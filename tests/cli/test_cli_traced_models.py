"""Models that are shipped as traces are models for every verb, with no torch."""

from __future__ import annotations

import json
import sys

import pytest


@pytest.fixture(autouse=True)
def no_torch(monkeypatch):
    for module in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, module, None)


@pytest.mark.parametrize("name", ["biogpt", "rembert", "mellum2-12b-a2.5b"])
def test_verbs_take_one_by_name(edgesym, name):
    derived = edgesym("derive", name, "-q", "flops", "-q", "parameters")
    assert derived.code == 0, derived.err
    assert "holds where" in derived.out
    estimated = edgesym("estimate", name, "--device", "rtx-4090", "--context", "100")
    assert estimated.code == 0, estimated.err
    assert "tokens/s" in estimated.out


def test_models_lists_them_apart_from_cards_with_where_they_hold(edgesym):
    assert "Models from their own code" in edgesym("models", columns=200).out
    answer = json.loads(edgesym("models", "--json").out)
    rows = {row["name"]: row for row in answer["traced"]}
    assert rows["biogpt"]["Hugging_Face_id"] == "microsoft/biogpt"
    assert "A divides H" in rows["biogpt"]["holds_where"]
    assert not rows.keys() & {row["card"] for row in answer["models"]}


def test_a_name_nearly_right_is_refused_with_the_nearest(edgesym):
    found = edgesym("derive", "biogtp")
    assert found.code == 2
    assert "nearest: biogpt" in found.err


def test_one_is_not_read_as_another_architecture(edgesym):
    found = edgesym("derive", "biogpt", "--as", "llama")
    assert found.code == 2
    assert "leave out --as llama" in found.err
