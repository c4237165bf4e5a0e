"""What nobody gave and enters a number is named: take it away or change it, and it was listed."""

from __future__ import annotations

import pytest

import edgesym
from edgesym import Run, Setup, find_device, load, verbs
from edgesym.analysis.explanation.explain import explain
from edgesym.architectures.config import text_part
from edgesym.architectures.locate import find_config
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import read_model
from edgesym.devices import classes, device_names
from edgesym.devices.library import shipped_device
from edgesym.errors import EdgesymError
from edgesym.graph.convention import convention
from edgesym.scenario.defaults import defaults_of

#: What of a model its numbers follow from.
_PARTS = ("values", "structure", "dtype", "quantized", "rope_factors")
#: Keys by which a config says what it is: the answer names the architecture and its scope.
_KINDS = {"model_type", "architectures"}


def one_per_architecture():
    """A card of each architecture."""
    found = {}
    for name in cards():
        found.setdefault(find_config(name).config.get("model_type"), name)
    return sorted(found.values())


def facts(model):
    return tuple(getattr(model, part) for part in _PARTS)


@pytest.mark.parametrize("name", one_per_architecture())
def test_a_key_of_a_config_that_is_missing_is_named_where_it_changes_a_number(name):
    config = dict(find_config(name).config)
    whole = facts(read_model(config, name=name, origin=name))
    for key in text_part(config, name).keys() & config.keys() - _KINDS:
        less = {k: v for k, v in config.items() if k != key}
        try:
            made = read_model(less, name=name, origin=name)
        except EdgesymError:  # a key without a default is asked for
            continue
        if facts(made) != whole:
            told = [default.origin for default in made.defaults] + list(made.scope)
            assert any(key in text for text in told), f"{key} is not named: {told}"


def test_a_key_that_is_given_is_no_default():
    given = dict(find_config("llama-3.2-1b").config)
    names = {default.name for default in load("llama-3.2-1b").defaults}
    assert not names & {"layers", "kv_heads", "head_dim", "tied"}
    made = read_model({**given, "mlp_bias": False}, name="x", origin="x")
    assert "mlp_bias" in names - {default.name for default in made.defaults}


#: Choice of a run -> another one, how it is listed, and a quantity that it changes.
CHOICES = {
    "weights": ("q4_0", "--weights", "weight_storage_bytes"),
    "activations": ("fp32", "--activations", "time_to_first_token"),
    "cache": ("q8_0", "--cache", "kv_cache_bytes"),
    "kernels": ("ideal", "--kernels", "time_per_output_token"),
    "compute": ("fp16", "--compute", "time_to_first_token"),
    "composition": ("sum", "--composition", "time_per_output_token"),
    "counting": (convention("pytorch"), "--convention", "flops"),
    "batch": (3, "batch", "kv_cache_bytes"),
    "prompt": (99, "prompt_tokens", "time_to_first_token"),
    "generate": (99, "generated_tokens", "generation_time"),
    "context": (999, "context", "kv_cache_bytes"),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_a_choice_that_changes_a_number_is_named_where_nobody_made_it(choice):
    other, called, quantity = CHOICES[choice]
    usual, chosen = (
        explain(Setup(load("llama-3.2-1b"), find_device("pi5"), run), quantity)
        for run in (Run(), Run(**{choice: other}))
    )
    assert usual.value != chosen.value
    assert called in {default.name for default in usual.defaults}
    assert called not in {default.name for default in chosen.defaults}


@pytest.mark.parametrize("name", device_names())
def test_a_figure_is_of_the_file_of_the_device_or_is_named(name):
    own = shipped_device(name)
    setup = Setup(load("llama-3.2-1b"), find_device(name))
    named = {default.name for default in defaults_of(setup)}
    for made in setup.figures():
        word = edgesym.symbols.describe(made).word
        plain = word.partition(".")[0]
        assert word in named or {"peak_flops": "peak"}.get(plain, plain) in own, word


def test_a_figure_of_a_class_that_is_changed_was_named(monkeypatch):
    name, quantity = "pi5", "energy_per_token"
    before = explain(Setup(load("llama-3.2-1b"), find_device(name)), quantity)
    rows = classes.class_rows(find_device(name).device_class)
    named = {default.name for default in before.defaults}
    told = []
    for word in ("energy_per_byte", "energy_per_flop", "idle_power", "power_limit"):
        if word not in rows or word not in named:
            continue
        changed = Setup(load("llama-3.2-1b"), find_device(name).with_settings([f"{word}=2*{word}"]))
        after = explain(changed, quantity)
        assert after.value != before.value
        assert word not in {default.name for default in after.defaults}
        told.append(word)
    assert told


def test_the_answers_for_programs_name_defaults_with_who_says_so():
    asked = {"device": "pi5", "weights": "q4_0"}
    for found in (
        verbs.estimate("llama-3.2-1b", **asked).data["defaults"],
        verbs.explain("time_per_output_token", "llama-3.2-1b", **asked).data["defaults"],
    ):
        rows = {row["name"]: row for row in found}
        assert rows["--activations"]["value"] == "fp16"
        assert rows["batch"] == {"name": "batch", "value": 1, "from": "--batch, the default"}
        assert "fit of class cortex-a76-board" in rows["memory_utilisation"]["from"]
        assert "--weights" not in rows


def test_the_symbols_of_an_explanation_tell_defaults_of_the_class_from_the_config():
    config = dict(find_config("llama-3.2-1b").config)
    del config["head_dim"]
    model = read_model(config, name="x", origin="x.json")
    rows = {row.entry.word: row.origin for row in explain(model, "kv_cache_bytes").symbols}
    assert rows["kv_heads"] == "x.json"
    assert rows["head_dim"] == "x.json: head_dim is not given: hidden / heads"
