"""Models that are shipped as traces: named like cards, and with no torch."""

from __future__ import annotations

import sys
from importlib import resources

import pytest

from edgesym.architectures.locate import find_config, load
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import architectures
from edgesym.architectures.traced.library import PACKED, traced_models
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.formats import Formats
from edgesym.graph.convention import convention
from edgesym.runtimes import find_runtime
from edgesym.symbols import symbol
from edgesym.workload import phase, step_values

NAMES = tuple(traced_models())
KEYS = {"name", "hugging_face", "aliases", "config", "parameters", "flops", "source"}


@pytest.fixture(autouse=True)
def no_torch(monkeypatch):
    for module in ("torch", "transformers"):
        monkeypatch.setitem(sys.modules, module, None)


def count(model, quantity):
    """Of a prefill of two sequences of 24 tokens."""
    case = Case(model, phase("prefill"), convention("pytorch"), find_runtime("unfused"))
    put = {**model.values, **step_values(2, 24, 0, 24), symbol("context"): 24}
    put |= Formats.of("bf16").values()
    return evaluate(REGISTRY[quantity].expression(case), put)


def test_each_has_a_file_and_each_file_a_row():
    folder = resources.files("edgesym").joinpath("architectures/traced/data")
    files = {entry.name: len(entry.read_bytes()) for entry in folder.iterdir()}
    assert set(files) == {f"{name}{PACKED}" for name in NAMES}
    assert sum(files.values()) < 300_000


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_where_its_sizes_come_from_and_has_no_architecture_file(name):
    row = traced_models()[name]
    assert row.keys() <= KEYS
    assert KEYS - row.keys() <= {"aliases"}
    assert row["source"]
    assert row["config"]["model_type"] not in architectures()
    assert name not in cards()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_by_each_of_its_names(name):
    row = traced_models()[name]
    model = load(name)
    for alias in (name.upper(), row["hugging_face"], *row.get("aliases", [])):
        assert load(alias) == model
    assert model.name == name
    assert row["source"] in model.sources
    assert find_config(name).config == row["config"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("quantity", ["parameters", "flops"])
def test_its_counts_are_those_of_pytorch(name, quantity):
    assert count(load(name), quantity) == traced_models()[name][quantity]


def test_outside_of_the_domain_it_is_refused():
    model = load("biogpt")
    with pytest.raises(ConfigError, match=r"biogpt: the traced form holds only where .*modeling_b"):
        model.domain.check({**model.values, symbol("hidden"): 1023}, model.name)


def test_a_name_nearly_right_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown model 'biogtp'; nearest: biogpt"):
        load("biogtp")
