"""A model is a value: equal when equal, hashable, with a fingerprint; equal ones share work."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace

import pytest

from edgesym import derive, ledger_of, load
from edgesym.architectures import fingerprint
from edgesym.architectures.locate import find_config
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case
from edgesym.data import shipped
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.frozen import FrozenMap
from edgesym.graph.convention import convention
from edgesym.ledger import ledger
from edgesym.runtimes import find_runtime
from edgesym.workload import phase
from tests.support import varied_cards

#: Models of one structure: integers and names differ, closed forms do not.
ALIKE = ("llama-3.2-1b", "llama-3.2-3b")
UNTIED = ("llama-3.1-8b", "llama-3.1-70b", "tinyllama-1.1b")


def read(config, name="some", **options):
    return read_model(config, name=name, origin=name, **options)


@pytest.mark.parametrize("name", varied_cards())
def test_a_model_read_twice_is_one_value(name):
    one, other = load(name), load(name)
    assert one == other
    assert hash(one) == hash(other)
    assert one.fingerprint == other.fingerprint
    assert len({one, other, replace(one, name="other")}) == 2


@pytest.mark.parametrize("name", varied_cards())
def test_a_model_holds_nothing_that_changes(name):
    def look(value):
        assert not isinstance(value, dict | list | set)
        if isinstance(value, tuple | frozenset):
            for item in value:
                look(item)
        elif isinstance(value, FrozenMap):
            look(tuple(value.items()))
        elif is_dataclass(value):
            for field in fields(value):
                look(getattr(value, field.name))

    look(load(name))


def test_the_fingerprint_is_of_the_content():
    found = find_config("llama-3.2-1b")
    card = load("llama-3.2-1b")
    assert len(card.fingerprint) == len(bytes.fromhex(card.fingerprint)) * 2 == 64
    again = dict(sorted(json.loads(json.dumps(found.config)).items()))
    assert read(again).fingerprint == card.fingerprint
    changed = [
        {**found.config, "hidden_size": 4096},
        {**found.config, "rope_theta": 1.0},
        {k: v for k, v in found.config.items() if k != "torch_dtype"},
    ]
    prints = {card.fingerprint, *(read(config).fingerprint for config in changed)}
    prints.add(read(found.config, architecture="mistral").fingerprint)
    assert len(prints) == 5


def test_the_fingerprint_is_of_the_architecture_file_with_all_it_extends(tmp_path):
    config = find_config("llama-3.2-1b").config
    prints = set()
    for text in ("", 'cosmetic = ["some_key"]\n', 'source = "elsewhere"\n'):
        file = tmp_path / "mine.toml"
        file.write_text(f'extends = "llama"\n{text}', encoding="utf-8")
        prints.add(read(config, architecture=str(file)).fingerprint)
    assert len(prints) == 3
    assert load("llama-3.2-1b").content == read(config).content
    assert "extends" in shipped("architectures/data", "qwen2")


def test_the_fingerprint_is_of_the_code(monkeypatch):
    before = load("gpt2").fingerprint
    monkeypatch.setattr("edgesym.architectures.model.code_version", lambda: "another")
    assert load("gpt2").fingerprint != before
    version = fingerprint.code_version()
    assert len(version) == 64


@pytest.mark.parametrize("names", [ALIKE, UNTIED], ids="/".join)
def test_models_of_one_structure_derive_once(names):
    models = [load(name) for name in names]
    assert len({model.structure for model in models}) == 1
    assert len({id(model.blocks(phase("decode"))[1]) for model in models}) == 1
    assert len({id(ledger(model, phase("decode"))) for model in models}) == 1
    forms = {id(REGISTRY["step_time"].expression(Case(model, phase("decode")))) for model in models}
    assert len(forms) == 1
    assert len({derive(model, "flops") for model in models}) == len(models)


def test_equal_blocks_of_different_models_are_built_once():
    tied, untied = load("llama-3.2-1b"), load("llama-3.1-8b")
    assert tied.structure != untied.structure
    assert tied.blocks()[1] is untied.blocks()[1]


def test_a_formula_of_one_structure_reads_nothing_else_of_its_model():
    one = load("llama-3.1-8b")
    case = Case(one, phase("decode"), part="attention")
    bare = replace(
        one, name="", architecture="", values=FrozenMap(), origin="", sources=(), content=""
    )
    anew = replace(case.counting, name="another")  # nothing is remembered of it
    for quantity in REGISTRY.values():
        asked = case if quantity.of_part else replace(case, part="*")
        without = replace(asked, model=bare, counting=anew)
        assert quantity.expression(without) == quantity.expression(asked)


@pytest.mark.parametrize("name", UNTIED)
def test_an_error_names_the_model_that_was_asked(name):
    for model in (load(name), name):
        with pytest.raises(UnknownNameError, match=f"part of {name}: 'atention'"):
            derive(model, "flops", part="atention")
    with pytest.raises(UnknownNameError, match=f"part of {name}: 'atention'"):
        derive(name, "training_flops", part="atention")


def test_sixteen_threads_derive_what_one_does():
    names = [*varied_cards(), *UNTIED]
    new = convention("default,logits=all")  # nothing is remembered of it

    def forms(name, counting=new):
        case = Case(load(name), phase("step"), counting, find_runtime("ideal"))
        asked = ("flops", "memory_traffic", "kv_cache_bytes", "activation_bytes")
        return [str(REGISTRY[quantity].expression(case)) for quantity in asked]

    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(forms, names * 2))
    serial = replace(new, name="serial")  # nor of this, which counts alike
    assert together == [forms(name, serial) for name in names] * 2


BAD = [
    (3, "takes a model .* not an int"),
    (None, "not a NoneType"),
    (["llama-3.2-1b"], "not a list"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
@pytest.mark.parametrize("verb", [derive, ledger_of], ids=["derive", "ledger_of"])
def test_what_is_no_model_is_refused(verb, given, message):
    with pytest.raises(ConfigError, match=f"{verb.__name__} .*{message}"):
        verb(given)
