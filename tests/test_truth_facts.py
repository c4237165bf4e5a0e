"""Published models and a few layers of each class, against what PyTorch counts: to the integer.

Source of the numbers: transformers and torch.utils.flop_counter.FlopCounterMode in the versions
that each entry names, on the meta device with eager attention (``reports/facts.py``).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgesym.architectures.config import read_json
from edgesym.architectures.reader import architectures, read_model
from reports.exactness import compared, facts
from tests.oracle import fuzz
from tests.support import CORPUS

ENTRIES = facts()
#: Architecture files whose models run by their authors' code alone (tests/architectures/
#: test_own_code.py), by a class that PyTorch cannot count without values, or, as GIT, by one that
#: holds a tower and is counted by hand (test_told_types.py).
WITHOUT_CLASS = 35


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_no_count_differs_without_a_reason_that_gives_it(entry):
    rows = compared(entry)
    assert len(rows) >= 2
    assert [row for row in rows if row.verdict == "different"] == []


def test_the_facts_reach_the_architecture_files():
    drawn = {row["type"]: row["config"] for row in fuzz.facts() if row["type"] in architectures()}
    read = {read_model(e["config"], name="x", origin="x").architecture for e in ENTRIES}
    read |= {architectures()[model_type] for model_type in drawn}
    wholes = json.loads((Path(__file__).parent / "data" / "towers.json").read_text("utf-8"))
    read |= {read_model(e["config"], name="x", origin="x").architecture for e in wholes.values()}
    assert len(set(architectures().values()) - read) <= WITHOUT_CLASS


def test_a_fact_off_by_one_is_different():
    entry = next(e for e in ENTRIES if "parameters" in e["counts"])
    wrong = {**entry["counts"], "parameters": entry["counts"]["parameters"] + 1}
    assert "different" in {row.verdict for row in compared({**entry, "counts": wrong})}


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_the_dimensions_are_those_of_the_whole_config():
    oracle = json.loads((CORPUS / "oracle.json").read_text("utf-8"))
    files = {entry["name"]: CORPUS / entry["config_file"] for entry in oracle}
    held = [entry for entry in ENTRIES if entry["name"] in files]
    assert len(held) > 100
    for entry in held:
        # the facts are of the class of the text part, without towers
        whole = read_model(read_json(files[entry["name"]]), name="x", origin="x", text_only=True)
        few = read_model(entry["config"], name="x", origin="x")
        assert (few.values, few.structure) == (whole.values, whole.structure), entry["name"]
