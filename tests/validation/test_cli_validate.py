"""The verb: its JSON, its tables, its plot, and the corpus where it is there."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from edgesym.cli.main import edgesym
from tests.support import CORPUS
from tests.validation.test_corpus import PI, PUBLISHED

ROWS = (
    PI + "decode,1,,128,tok_s,11.5,\n",
    PI.replace("Llama-3.2-1B", "Unheard-of-3B") + "decode,1,,128,tok_s,11.5,\n",
    PI + "prefill,1,512,,tok_s,60,\n",
)
NUMBERS = {
    *("rows", "mapped", "median_abs_error", "p90_abs_error"),
    *("bias", "within_25", "coverage_90", "width_90"),
}


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(PUBLISHED + "".join(ROWS), encoding="utf-8")
    return str(path)


def run(*arguments):
    return CliRunner().invoke(edgesym, ["validate", *arguments], catch_exceptions=False)


def test_the_json_has_groups_reasons_and_rows(corpus):
    found = json.loads(run("--corpus", corpus, "--format", "json").stdout)
    assert set(found) == {"groups", "unmapped", "rows"}
    assert list(found["groups"]) == ["decode", "prefill", "memory", "energy"]
    assert all(set(each) == NUMBERS for each in found["groups"].values())
    assert found["groups"]["decode"]["rows"] == 2
    assert found["groups"]["decode"]["mapped"] == 1
    assert found["unmapped"] == {"no card of the model Unheard-of-3B": 1}
    assert [row["line"] for row in found["rows"]] == [2, 3, 4]


@pytest.mark.parametrize("by", ["device", "model", "runtime", "format", "phase"])
def test_errors_by_a_label(corpus, by):
    found = json.loads(run("--corpus", corpus, "--by", by, "--json").stdout)
    assert sum(each["mapped"] for each in found["by"]["decode"].values()) == 1


@pytest.mark.parametrize("medium", ["text", "markdown", "latex", "html", "csv"])
def test_every_medium(corpus, medium):
    text = run("--corpus", corpus, "--by", "device", "--format", medium).stdout
    assert "raspberry-pi-5" in text


def test_a_split_and_a_plot(corpus, tmp_path):
    file = tmp_path / "plot.svg"
    assert run("--corpus", corpus, "--split", "seen", "--plot", str(file)).exit_code == 0
    assert file.read_text(encoding="utf-8").startswith("<?xml")


def test_without_a_corpus_the_steps_that_ship_are_compared():
    found = json.loads(run("--json").stdout)
    memory = found["groups"]["memory"]
    assert memory["rows"] == memory["mapped"] == 130
    assert memory["median_abs_error"] < 0.01


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus lies beside a checkout, not in it")
def test_the_published_rows_of_shipped_devices():
    found = json.loads(run("--corpus", str(CORPUS / "measurements.csv"), "--json").stdout)
    assert len(found["rows"]) == 2646
    assert found["groups"]["decode"]["mapped"] >= 45
    assert found["groups"]["decode"]["median_abs_error"] < 0.25
    assert sum(found["unmapped"].values()) + sum(
        each["mapped"] for each in found["groups"].values()
    ) == len(found["rows"])
