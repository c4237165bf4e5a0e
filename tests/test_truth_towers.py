"""Towers against transformers: parameters, FLOPs of encoding, and tokens that leave for the prompt.

The facts are in tests/data/towers.json; `python -m benchmarks.tower_facts` counts them anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgesym.algebra.substitute import put_in
from edgesym.architectures.reader import read_model
from edgesym.graph.convention import convention
from edgesym.ledger import Kind
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

TRUTH = json.loads((Path(__file__).parent / "data" / "towers.json").read_text(encoding="utf-8"))
#: Tokens that the processor puts between those of an image, by the tower: the end of each row.
ROWS = {"pixtral"}
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
        assert put_in(work, values) == row["flops"], row["run"]
        sides = values.get(symbol("patch_rows"), 0)
        merge = values.get(symbol("merge"), 1)
        between = sides // merge if model.architecture and "pixtral" in str(TRUTH[name]) else 0
        assert values[symbol(NAMES[medium])] == row["tokens"] + between
