"""The operator table: rows that add up, over sequences of different lengths too."""

from __future__ import annotations

import pytest

from edgesym.analysis.operators import operator_table
from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY, Case
from edgesym.engine.evaluate import evaluate
from edgesym.formats import Formats
from edgesym.graph.convention import convention
from edgesym.runtimes import find_runtime
from edgesym.workload import Queries, phase
from tests.support import SCHEMES, letters, partition, varied_cards

b, T, C = letters("b T C")
COLUMNS = ("flops", "weight_bytes", "input_bytes", "output_bytes")
RAGGED = [(0, 7), (1024, 1), (100, 3), (1024, 1), (9000, 5)]


def table(card, pairs, counting="default", kernels="unfused", weights="bf16"):
    queries = Queries.of([c for c, _ in pairs], [t for _, t in pairs])
    return operator_table(load(card), queries, Formats.of(weights), convention(counting), kernels)


@pytest.mark.parametrize("card", varied_cards())
@pytest.mark.parametrize("kernels", SCHEMES)
def test_rows_add_up_to_the_totals(card, kernels):
    found = table(card, RAGGED, kernels=kernels, weights="q4_0")
    for column in COLUMNS:
        total = sum(row.repeat * getattr(row, column) for row in found.rows)
        assert total == pytest.approx(found.totals[column], rel=1e-6)
    assert found.totals["storage_bytes"] == sum(found.storage.values())
    moved = sum(found.totals[column] for column in COLUMNS[1:])
    assert found.totals["intensity"] == pytest.approx(found.totals["flops"] / moved)


@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "llama-4-maverick"])
@pytest.mark.parametrize("pair", [(0, 64), (1024, 1), (30, 9)])
def test_one_sequence_costs_what_the_quantities_say(card, pair):
    found = table(card, [pair], "pytorch")
    model = load(card)
    values = {**model.values, **Formats.of("bf16").values(), b: 1, C: pair[0], T: pair[1]}
    case = Case(model, phase("step"), convention("pytorch"), find_runtime("unfused"))
    for name in (*COLUMNS, "kv_cache_bytes", "parameters", "active_parameters", "storage_bytes"):
        expected = evaluate(REGISTRY[name].expression(case), values)
        assert found.totals[name] == pytest.approx(float(expected), rel=1e-12, abs=1)


@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "llama-4-maverick"])
@pytest.mark.parametrize("counting", ["default", "pytorch"])
def test_work_over_queries_is_the_sum_of_each_alone(card, counting):
    together = table(card, RAGGED, counting).totals
    alone = [table(card, [pair], counting).totals for pair in RAGGED]
    for column in ("flops", "input_bytes", "output_bytes", "kv_cache_bytes"):
        assert together[column] == sum(totals[column] for totals in alone)


def test_weights_are_read_once_for_all_queries():
    together = table("llama-3.1-8b", RAGGED).totals["weight_bytes"]
    alone = [table("llama-3.1-8b", [pair]).totals["weight_bytes"] for pair in RAGGED]
    rows = 2 * 4096 * sum(t for _, t in RAGGED)  # of the embedding table, one per token
    assert together - rows == alone[0] - 2 * 4096 * RAGGED[0][1]
    assert together < sum(alone)


def test_experts_are_hit_by_the_tokens_of_all_queries():
    tokens = sum(t for _, t in RAGGED)
    together = table("llama-4-scout", RAGGED).totals["weight_bytes"]
    pooled = table("llama-4-scout", [(0, tokens)]).totals["weight_bytes"]
    assert together == pooled
    assert together > table("llama-4-scout", RAGGED[:1]).totals["weight_bytes"]


def test_the_order_and_the_repetition_of_queries_do_not_matter():
    plain = table("gemma-3-1b", RAGGED).totals
    assert table("gemma-3-1b", RAGGED[::-1]).totals == plain
    queries = Queries.of([0, 1024], [7, 1], 6)
    repeated = operator_table(load("gemma-3-1b"), queries, Formats.of("bf16"), convention())
    assert repeated.totals == table("gemma-3-1b", [(0, 7), (1024, 1)] * 3).totals


@pytest.mark.parametrize("card", ["llama-3.2-1b", "gemma-3-1b", "llama-4-maverick"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_kernel_of_every_kind_of_block_is_in_a_row(card, scheme):
    found = table(card, RAGGED, kernels=scheme)
    model = load(card)
    runs = sum(
        evaluate(block.repeat, model.values) * len(partition(block, scheme))
        for block in model.blocks()
    )
    assert sum(row.repeat for row in found.rows) == runs


def test_the_json_holds_exact_integers():
    found = table("llama-3.2-1b", [(128, 1)], "pytorch").as_json()
    # transformers 5.23.0 and torch 2.13.0 on the meta device
    assert found["totals"]["flops"] == 2_488_401_920
    assert found["totals"]["parameters"] == 1_235_814_400
    assert found["workload"]["queries"] == [{"cached_tokens": 128, "input_tokens": 1, "count": 1}]
    assert found["convention"]["name"] == "pytorch"
    assert all(type(row[column]) is int for row in found["rows"] for column in COLUMNS)


def test_a_table_is_read_at_most_once_where_numbers_are_put_in():
    """A prefill of 100 x 2048 tokens read 1.56 GiB of rows from a table of 250 MiB."""
    model = load("llama-3.2-1b")
    queries = Queries.of([0], [2048], 100)
    found = operator_table(model, queries, Formats.of("bf16"), convention())
    whole = 2 * 128256 * 2048
    lookup = next(row for row in found.rows if row.part == "embedding.lookup")
    assert lookup.weight_bytes == whole
    few = table("llama-3.2-1b", [(0, 7)])
    assert next(r for r in few.rows if r.part == "embedding.lookup").weight_bytes == 2 * 7 * 2048
    total = sum(row.repeat * row.weight_bytes for row in found.rows)
    assert found.totals["weight_bytes"] == total
