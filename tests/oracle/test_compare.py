"""Comparing counts: equal, explained only where the formula gives their integer, or different."""

import importlib.util

import pytest

from edgesym.architectures.locate import find_config, load
from edgesym.oracle.compare import compare, our_counts
from reports.exactness import CORPUS, compared, oracle

SCOUT = load("llama-4-scout")
# FlopCounterMode of torch 2.13.0 on transformers 5.23.0, all experts on every token
SCOUT_DENSE_DECODE = 213596569600


def verdicts(model, theirs):
    return {row.count: row.verdict for row in compare(model, theirs) if row.theirs is not None}


def test_equal_counts_are_equal():
    model = load("llama-3.2-1b")
    assert set(verdicts(model, our_counts(model)).values()) == {"equal"}


def test_a_known_difference_is_explained_if_its_formula_gives_their_number():
    theirs = {"decode_b1_c128_flops": SCOUT_DENSE_DECODE}
    (row,) = [r for r in compare(SCOUT, theirs) if r.theirs is not None]
    assert row.verdict == "explained"
    assert "expert" in row.reason


def test_one_flop_off_is_not_explained():
    theirs = {"decode_b1_c128_flops": SCOUT_DENSE_DECODE + 1}
    assert verdicts(SCOUT, theirs) == {"decode_b1_c128_flops": "different"}


def test_a_difference_of_another_architecture_explains_nothing():
    model = load("llama-3.2-1b")
    assert verdicts(model, {"decode_b1_c128_flops": 1}) == {"decode_b1_c128_flops": "different"}


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_no_corpus_count_differs_without_a_reason():
    rows = [(e["name"], row) for e in oracle() for row in compared(e)]
    assert len(rows) > 500
    assert [(name, row) for name, row in rows if row.verdict == "different"] == []


@pytest.mark.skipif(importlib.util.find_spec("transformers") is None, reason="extra oracle")
@pytest.mark.filterwarnings("ignore")
def test_transformers_counts_what_the_corpus_says():
    from edgesym.oracle.torch_counts import torch_counts

    found = torch_counts(find_config("llama-3.2-1b").config, "card")
    assert found.counts["decode_b1_c128_flops"] == 2488401920
    assert found.counts["kv_bytes_129_bf16"] == 4227072
    assert not found.failed
