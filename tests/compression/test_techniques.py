"""The table of techniques: each recipe is known, each formula reads, a missing library is named."""

from __future__ import annotations

import pytest

from edgesym.compression import technique as module
from edgesym.compression.sample import find_sample, samples
from edgesym.compression.technique import BASELINE, find_technique, techniques
from edgesym.compression.worker import ENGINES
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.expression import read
from edgesym.formats import find_recipe

ALL = list(techniques().values())
#: Millions of parameters of the samples.
SIZES = {"distilbert": 67.0, "llama-8m": 7.9, "llama-15m": 15.2}
NAMES = {"vocab": 100, "hidden": 8, "tied": 1, "linears": 3, "outputs": 50}


@pytest.mark.parametrize("technique", ALL, ids=lambda t: t.name)
def test_every_technique_says_its_recipe_its_reasons_and_its_library(technique):
    assert find_recipe(technique.recipe)
    assert technique.why
    assert technique.engine in ENGINES
    for what, formula in technique.differences:
        assert what
        assert isinstance(read(formula, NAMES), int)


def test_the_baseline_is_the_first():
    assert next(iter(techniques())) == BASELINE


def test_an_unknown_technique_names_the_nearest():
    with pytest.raises(UnknownNameError, match="dynamic-int8"):
        find_technique("dynamic-int9")


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "torchao" else name)
    assert find_technique("torchao-int8").missing == ("torchao",)
    assert find_technique("dynamic-int8").missing == ()


@pytest.mark.parametrize("name", samples())
def test_samples_are_of_the_size_they_say(name):
    millions = (
        sum(w.elements * max(len(w.layers), 1) for w in _weights(find_sample(name).model)) / 10**6
    )
    assert millions == pytest.approx(SIZES[name], abs=0.1)


def _weights(model):
    from edgesym.architectures.weights import facts_of

    return facts_of(model).weights


def test_a_model_that_does_not_fit_this_machine_is_refused():
    with pytest.raises(ConfigError, match=r"GiB of memory are free; measure on a smaller one: d"):
        find_sample("llama-3.1-405b")


def test_a_gguf_file_is_refused():
    with pytest.raises(ConfigError, match="no config to build from"):
        find_sample("model.gguf")
