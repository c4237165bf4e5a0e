"""Towers against transformers: parameters, FLOPs of encoding, and tokens that leave for the prompt.

The facts are in tests/data/towers.json; `python -m benchmarks.tower_facts` counts them anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sympy

from edgesym.algebra.substitute import put_in
from edgesym.architectures.reader import read_model
from edgesym.graph.convention import convention
from edgesym.ledger import Kind
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

TRUTH = json.loads((Path(__file__).parent / "data" / "towers.json").read_text(encoding="utf-8"))
_N, _H = symbol("patches"), symbol("hidden", "vision")
#: What the code of a class computes as a product that is none: learned positions are interpolated,
#: and squares of patches averaged, by a matrix that is zero almost everywhere.
AS_PRODUCTS = {
    "siglip2_vision_model": 2 * _N * symbol("positions", "vision") * _H,
    "gemma4_vision": 2 * _N * symbol("image_tokens") * _H,
}
#: Towers whose processor ends each row of the tokens of an image with one of its own.
ENDED = ("pixtral",)
NAMES = {"image": "image_tokens", "audio": "audio_tokens"}


def model_of(name):
    return read_model(TRUTH[name]["config"], name=name, origin=name)


@pytest.mark.parametrize("name", TRUTH)
def test_a_tower_and_its_projector_have_the_parameters_of_their_class(name):
    model, truth = model_of(name), TRUTH[name]
    assert not model.scope
    assert sum(tower.parameters for tower in model.towers) == truth["parameters"] - truth["text"]
    assert Setup(model).number("parameters") == truth["parameters"]


@pytest.mark.parametrize("name", TRUTH)
@pytest.mark.parametrize("medium", NAMES)
def test_encoding_computes_what_pytorch_counts(name, medium):
    model = model_of(name)
    for row in TRUTH[name].get(f"{medium}s", []):
        setup = Setup(model, run=Run(**row["run"], counting=convention("pytorch")))
        tower = next(tower for tower in model.towers if tower.medium == medium)
        rows = setup.case("prefill").rows(Kind.FLOPS)
        work = rows.filter(where=lambda row, of=tower: row.block in of.blocks).total()
        values = setup.values()
        kind = TRUTH[name]["config"].get("vision_config", {}).get("model_type")
        more = put_in(AS_PRODUCTS.get(kind, sympy.S.Zero), values)
        assert put_in(work, values) + more == row["flops"], row["run"]
        rows_of_tokens = values.get(symbol("patch_rows"), 0) // values.get(symbol("merge"), 1)
        ends = rows_of_tokens if kind in ENDED else 0
        assert values[symbol(NAMES[medium])] == row["tokens"] + ends
