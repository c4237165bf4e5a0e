"""Drafts of architecture files: from code that was traced before, and from the installed one."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from pathlib import Path

import pytest

from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case
from edgesym.graph.convention import convention
from edgesym.runtimes import find_runtime
from edgesym.tracing import draft
from edgesym.tracing.job import Job
from edgesym.workload import phase

TRACED = Path(__file__).parent.parent / "data" / "traced"
PHI = {
    "model_type": "phi",
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "intermediate_size": 96,
    "vocab_size": 500,
}
MAMBA = {"model_type": "mamba", "hidden_size": 768, "num_hidden_layers": 8, "vocab_size": 50280}
EQUAL = "equal in parameters, flops, cache for all sizes of the domain"


def value(model, quantity):
    case = Case(model, phase("decode"), convention("pytorch"), find_runtime("unfused"))
    form = REGISTRY[quantity].expression(case)
    return form.xreplace(dict(model.values))


def drafted(monkeypatch, config, **more):
    name = config["model_type"]
    saved = json.loads((TRACED / f"{name}.traced.json").read_text(encoding="utf-8"))
    monkeypatch.setattr(draft, "trace", lambda job: saved)
    return draft.drafted(Job(name, name, config={**config, **more}))


def test_a_draft_counts_what_the_architecture_file_does(monkeypatch, tmp_path):
    made = drafted(monkeypatch, PHI)
    assert made.remarks == (EQUAL,)
    file = tmp_path / "draft.toml"
    file.write_text(made.text, encoding="utf-8")
    own, theirs = (
        read_model(PHI, name="phi", origin="phi", architecture=architecture)
        for architecture in (str(file), "")
    )
    for quantity in ("parameters", "flops"):
        assert value(own, quantity).equals(value(theirs, quantity))


def test_what_differs_is_said_in_closed_form(monkeypatch):
    norm = draft.decoder
    monkeypatch.setattr(draft, "decoder", lambda plan: _without_norm(norm(plan)))
    remarks = drafted(monkeypatch, PHI).remarks
    assert "different: parameters of a step call; the code's less these: H*L" in remarks
    assert not any(row.startswith(EQUAL) for row in remarks)


def _without_norm(seen):
    seen.layers["attention.norm"]["bias"] = False
    return seen


def test_other_values_of_what_is_not_understood_are_refused(monkeypatch):
    text = drafted(monkeypatch, PHI, wide_heads=3, attention_style="odd").text
    tables = tomllib.loads(text)
    assert tables["options"]["attention_style"]["only"] == ["odd"]
    assert "wide_heads" in tables["cosmetic"]


def test_what_keeps_no_keys_and_values_is_not_called_equal(monkeypatch):
    remarks = drafted(monkeypatch, MAMBA).remarks
    assert any(row.startswith("not recognised: ") for row in remarks)
    assert not any(row.startswith(EQUAL) for row in remarks)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch")
@pytest.mark.parametrize(
    "config",
    [
        {
            "model_type": "qwen3",
            "hidden_size": 64,
            "head_dim": 24,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
        },
        {"model_type": "biogpt", "hidden_size": 64, "num_attention_heads": 4},
    ],
)
def test_a_draft_of_installed_code(config):
    pytest.importorskip("transformers")
    sizes = {"num_hidden_layers": 3, "intermediate_size": 96, "vocab_size": 500}
    made = draft.drafted(Job("small", "small", config={**config, **sizes}))
    assert made.remarks == (EQUAL,)
