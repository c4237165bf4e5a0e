"""Published tables and sentences, reproduced from the data beside our derivation."""

from __future__ import annotations

import pytest

from edgesym.claims.edgelm import reproduced
from edgesym.claims.edgeprofiler_sizes import sizes
from edgesym.claims.edgeprofiler_words import remarks, statements
from edgesym.claims.roofline_analyzer import lines, unlisted

CELLS = {(cell.model, cell.label): cell for cell in sizes()}
#: Files that the cells are, in bytes, published: huggingface.co, ggml-org/gemma-3-1b-it-GGUF.
PUBLISHED = {("Gemma3-1B", "FP16"): 2_006_573_568, ("Gemma3-1B", "INT8"): 1_069_306_368}


def test_ten_of_twelve_sizes_round_to_the_cell_and_the_others_say_why():
    assert len(CELLS) == 12
    apart = {key for key, cell in CELLS.items() if not cell.agrees}
    assert apart == {("TinyLlama", "INT4"), ("Gemma3-1B", "INT4")}
    assert all(CELLS[key].why for key in apart)
    assert all(abs(CELLS[key].apart) < 0.012 for key in apart)


@pytest.mark.parametrize("key", PUBLISHED)
def test_a_cell_is_the_published_file(key):
    assert CELLS[key].bytes == pytest.approx(PUBLISHED[key], rel=1e-3)


def test_int4_is_several_mixes_none_of_them_of_4_bits():
    four = [cell for (_, label), cell in CELLS.items() if label == "INT4"]
    assert {cell.recipe for cell in four} == {"q4_k_s", "q4_k_m"}
    assert all(4.5 < cell.bits < 6.5 for cell in four)


def test_what_the_abstract_says_is_held_against_its_table_and_its_script():
    found = {said.id: said for said in statements()}
    memory = {ground.what: ground for ground in found["memory"].grounds}
    # 1 - 815 / 2000 and 1 - 644 / 2200
    table = memory["its table II"]
    assert (table.low, table.high) == pytest.approx((0.5925, 1 - 644 / 2200))
    assert found["memory"].verdict(table) == "in part"
    for said in found.values():
        script = next(g for g in said.grounds if g.what == "its script, INT8")
        half = next(g for g in said.grounds if g.what == "its formulas, half a byte")
        # everything in it is proportional to the bytes of a number
        assert script.low == pytest.approx(2 if said.measure == "times" else 0.5, rel=1e-3)
        assert said.verdict(half) == "wrong"


def test_the_numbers_of_the_text_are_others_than_it_says():
    found = {said.id: said for said in remarks()}
    assert found["compute-latency"].found == "memory_time"
    assert found["compute-latency"].found_value == pytest.approx(0.133, abs=5e-4)
    assert round(found["four-times"].value, 2) == 3.57


def test_every_cell_of_the_analyzer_that_differs_says_why():
    differing = {(line.name, column) for line in lines() for column in line.differing}
    explained = {(line.name, column) for line in lines() for column in line.why}
    assert differing <= explained
    assert {name for name, _ in differing} == {
        "Attn - SDPA",
        "Total",
        "Storage - weights",
        "Storage - kv_cache",
    }


def test_chunked_attention_keeps_49_gibibytes_where_192_are_printed():
    cache = next(line for line in lines() if line.name == "Storage - kv_cache")
    # 12 layers keep all tokens, 36 all of a chunk but one: keys and values of 8 heads of 128
    tokens = 12 * (2**20 + 1) + 36 * 8191
    assert cache.ours["bytes"] == tokens * 2 * 8 * 128 * 2
    assert cache.printed["bytes"] == "192.00 GiB"


def test_the_head_is_what_the_analyzer_leaves_out():
    assert "head.logits" in {row.part for row in unlisted()}
    weights = next(line for line in lines() if line.name == "Storage - weights")
    head = 202048 * 5120 * 2
    assert weights.ours["bytes"] - head == pytest.approx(28.13 * 2**30, rel=2e-4)


def test_edgelm_is_distilbert_with_a_classifier():
    found = reproduced()
    base = found.candidates[0]
    # transformers: DistilBertForSequenceClassification of two classes
    assert base.numbers["weight_storage_bytes"] == 4 * 66_955_010
    named = {one.technique.name: one for one in found.candidates}
    assert named["pruned"].numbers == base.numbers
    assert named["pruned + dynamic"].numbers == named["dynamic"].numbers
    assert named["gptq"].size < named["dynamic"].size < base.size
