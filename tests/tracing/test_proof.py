"""Formulas of architecture files beside those of code that was traced before."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sympy

from edgesym.algebra.rounding import as_floors
from edgesym.architectures.reader import read_model
from edgesym.architectures.traced.plan import Traced
from edgesym.architectures.traced.saved import load_traced
from edgesym.data import stems
from edgesym.frozen import FrozenMap
from edgesym.symbols import symbol
from edgesym.tracing import proof
from edgesym.tracing.document import proof_document
from edgesym.tracing.fields import HINTS
from edgesym.tracing.matching import matchings
from edgesym.tracing.proof import CALLS, PROVED, prove
from edgesym.tracing.verify import Proofs, regimes
from reports import proofs

TRACED = Path(__file__).parent.parent / "data" / "traced"
CONFIGS = {
    "falcon": {
        "model_type": "falcon",
        "hidden_size": 8192,
        "num_attention_heads": 128,
        "num_hidden_layers": 60,
        "num_kv_heads": 8,
        "new_decoder_architecture": True,
    },
    "mistral": {
        "model_type": "mistral",
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_attention_heads": 32,
        "num_hidden_layers": 32,
        "vocab_size": 32000,
    },
    "mamba": {
        "model_type": "mamba",
        "hidden_size": 768,
        "num_hidden_layers": 8,
        "vocab_size": 50280,
    },
}
#: Where the code of a file was run, if elsewhere than by default: beyond the window.
AT = {"mistral": {**HINTS, "cached_tokens": 4096 + HINTS["cached_tokens"]}}
A, B_c, C, D, H, I_m, K, K_c, L, S, W, b = (
    symbol(word)
    for word in (
        *("heads", "cache_bytes_per_element", "cached_tokens", "head_dim", "hidden", "ssm_inner"),
        *("kv_heads", "kernel", "layers", "context", "window", "batch"),
    )
)


def proven(name, **changes):
    config = {**CONFIGS[name], **changes}
    model = read_model(config, name=name, origin=name)
    rows = prove(model, load_traced(TRACED / f"{name}.traced.json"), config, AT.get(name, HINTS))
    return {(row.quantity, row.call): row for row in rows}


@pytest.mark.parametrize("name", CONFIGS)
def test_every_quantity_of_every_call_is_proven_or_explained(name):
    rows = proven(name)
    assert set(rows) == {(quantity, call) for quantity in PROVED for call in CALLS}
    assert {row.verdict for row in rows.values()} <= {"proven", "explained"}


def test_beyond_a_window_a_form_says_on_which_side():
    rows = proven("mistral")
    assert all(row.verdict == "proven" for row in rows.values())
    assert [str(c) for c in rows["kv_cache_bytes", "step"].presupposed] == ["W <= C + T + 1"]
    assert rows["parameters", "step"].presupposed == ()


def test_a_known_difference_is_proven_to_be_the_stated_one():
    rows = proven("mamba")
    row = rows["flops", "single"]
    assert "one column more" in row.reason
    # by hand: one position of a convolution of K_c over each of the inner channels
    assert sympy.expand(row.difference) == (2 * I_m * K_c * L * b)
    cache = proven("falcon")["kv_cache_bytes", "first"]
    assert "after repeating" in cache.reason
    assert cache.verdict == "explained"
    assert all(line.startswith("transformers/cache_utils.py:") for line in cache.lines)
    assert cache.lines


def test_a_difference_that_is_not_the_stated_one_is_no_explanation(monkeypatch):
    real = proof.differences

    def other(model, quantity):
        return (replace(row, formula=f"{row.formula} + 1") for row in real(model, quantity))

    monkeypatch.setattr(proof, "differences", other)
    assert proven("mamba")["flops", "single"].verdict == "different"


def test_what_differs_comes_in_closed_form_with_its_line():
    row = proven("mamba", state_size=8)["flops", "step"]
    assert row.verdict == "explained", "a size of the file is a symbol of both"
    row = proven("falcon", bias=True)["parameters", "step"]
    assert row.verdict == "different"
    # by hand: biases of queries, keys and values, of the output, of I up and H down
    gap = row.difference
    assert sympy.expand(gap + L * (H + 2 * H * K / A + H + symbol("intermediate") + H)) == 0
    rows = proven("mistral", tie_word_embeddings=True)
    assert rows["flops", "step"].verdict == "proven"
    assert rows["parameters", "step"].difference == symbol("vocab") * H


def test_a_size_that_is_made_of_another_of_the_same_letter():
    config = {"model_type": "lfm2", "num_hidden_layers": 2, "layer_types": ["conv"] * 2}
    model = read_model(config, name="m", origin="m")
    width = symbol("intermediate")
    code = replace(model, values=model.values | {width: 12288})
    traced = Traced(code, FrozenMap({}), ("conv", "conv"))
    way = next(iter(matchings(model, traced, config)))
    # Lfm2Config: two thirds of what is published, rounded up to a multiple of 256
    published = sympy.floor(2 * width / 3)
    assert as_floors(way.ours[width] - 256 * sympy.ceiling(published / 256)) == 0


def test_the_data_of_the_page_is_of_files_that_there_are():
    files = [row["file"] for row in proofs.data()["files"]]
    assert len(set(files)) == len(files)
    assert set(files) <= set(stems("architectures/data"))
    assert sum(map(proofs.is_right, proofs.data()["files"])) >= 90


def test_one_sequence_is_a_regime_of_its_own():
    model = read_model(CONFIGS["mistral"], name="m", origin="m")
    found = [hints for _, hints in regimes(model)]
    assert [hints["batch"] for hints in found] == [3, 1, 3]
    assert found[2]["cached_tokens"] > model.values[W]


def test_the_document_says_each_verdict_and_difference():
    rows = tuple(proven("falcon").values())
    traced = load_traced(TRACED / "falcon.traced.json")
    found = proof_document("falcon", [Proofs("few", traced, rows)])
    data = found.answer()
    assert {q["verdict"] for r in data["regimes"] for q in r["quantities"]} == {
        "proven",
        "explained",
    }
    json.dumps(data)
