"""Bytes of files: those published, beside those that follow from config and recipe."""

from __future__ import annotations

import csv
from functools import cache

import pytest

from edgesym import Run, Setup, load
from edgesym.errors import ConfigError
from edgesym.formats import METADATA
from reports.sizes import ROWS, table
from tests.support import CORPUS

CALLED = [f"{row['file']} {row['quant']}" for row in ROWS]


@cache
def files():
    return tuple(table())


@pytest.mark.parametrize("place", range(len(ROWS)), ids=CALLED)
def test_a_published_file_is_as_large_as_its_recipe_says_or_named_with_the_reason(place):
    file = files()[place]
    assert file.agrees != file.row.get("apart", False), f"{file.error:.4%}"
    if file.row.get("apart"):
        assert file.row["why"]


def test_most_files_follow_the_recipe_of_their_name():
    assert len([f for f in files() if not f.row.get("why")]) >= 80


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_every_row_of_the_corpus_in_bytes_is_there():
    with (CORPUS / "gguf_sizes.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["unit"] == "bytes"]
    known = {(f.row["file"], f.row["quant"], f.row["bytes"]) for f in files()}
    assert known == {(r["model"], r["quant"], int(r["bytes_or_GiB"])) for r in rows}


def test_tensors_to_the_byte():
    """llama-bench prints the bytes of a file's tensors: llama-2-7b.Q4_0, 3,825,065,984."""
    setup = Setup("llama-2-7b", run=Run(weights="q4_0"))
    assert setup.number("weight_storage_bytes") == 3_825_065_984


def test_a_tokenizer_that_is_not_known_is_asked_for():
    model = load("phi-4-mini")
    with pytest.raises(ConfigError, match="file_bytes needs metadata_bytes"):
        Setup(model, run=Run(weights="q4_k_m")).number("file_bytes")
    given = Run(weights="q4_k_m", given=((METADATA, 5_000_000),))
    setup = Setup(model, run=given)
    assert setup.number("file_bytes") - setup.number("weight_storage_bytes") == 5_000_000


def test_rotary_factors_are_tensors_of_the_file_and_no_parameters():
    """Llama 3.2 1B has 1,235,814,400 parameters, and llama.cpp counts 1,235,814,432."""
    gguf = Setup("llama-3.2-1b", run=Run(weights="f16"))
    norms = 33 * 2048
    assert gguf.number("parameters") == 1_235_814_400
    expected = 2 * 1_235_814_400 + 2 * norms + 4 * 32
    assert gguf.number("weight_storage_bytes") == expected
