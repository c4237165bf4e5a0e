"""The ledger: rows are filtered, grouped and merged, and no way of summing them loses any."""

from __future__ import annotations

import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.engine.evaluate import evaluate
from edgesym.errors import UnknownNameError
from edgesym.graph.tensor import BYTES, Role
from edgesym.ledger import Kind, ledger
from tests.support import STEPS, amounts, keeps_tokens, step_values, varied_cards

SEVERAL_KINDS = ("gemma-3-1b", "llama-4-scout", "llama-4-maverick")
KINDS = (Kind.FLOPS, Kind.READ, Kind.WRITE, Kind.STORED, Kind.ACTIVE, Kind.KEPT)
every_kind = pytest.mark.parametrize("kind", KINDS)


def by_hand(book, model, step):
    """The sum of repeat x measure over plain rows, layers counted from the plans."""
    values = step_values(model, step)
    repeats = {plan.name: evaluate(plan.repeat, values) for plan in model.plans}
    return sum(repeats[row.block] * evaluate(row.measure, values) for row in book)


@every_kind
@pytest.mark.parametrize("card", varied_cards())
def test_the_total_is_the_sum_of_the_plain_rows(card, kind):
    model = load(card)
    book = ledger(model).filter(kind)
    assert bool(book.rows) == (kind is not Kind.KEPT or keeps_tokens(model))
    for step in STEPS:
        total = evaluate(book.total(), step_values(model, step))
        assert float(total) == pytest.approx(float(by_hand(book, model, step)), rel=1e-12)


@every_kind
@pytest.mark.parametrize("card", SEVERAL_KINDS)
def test_merging_leaves_a_row_per_different_cost_and_loses_none(card, kind):
    model = load(card)
    book = ledger(model).filter(kind)
    merged = book.merged()
    assert len(merged.rows) == len({(row.part, row.tensor, row.amount) for row in book})
    values = step_values(model, (3, 17, 5))
    kept = sum(evaluate(row.repeat * row.measure, values) for row in merged)
    assert float(kept) == pytest.approx(float(by_hand(book, model, (3, 17, 5))), rel=1e-12)
    assert {row.part for row in merged} == {row.part for row in book}


def test_what_all_kinds_share_is_counted_once_for_all_layers():
    merged = ledger(load("llama-4-maverick")).filter(Kind.FLOPS).merged()
    repeats = {row.part: str(row.repeat) for row in merged}
    assert repeats["attention.query"] == "L"
    assert repeats["experts.gate"] == "L_experts"
    assert repeats["feed_forward.gate"] == "L_dense"
    assert repeats["attention.temperature"] == "L_full"
    assert repeats["head.logits"] == "1"
    scores = [str(row.repeat) for row in merged if row.part == "attention.scores"]
    assert sorted(scores) == ["L_chunked", "L_full"]


def test_counts_of_layers_of_the_models():
    def counted(card):
        model = load(card)
        return {str(s): n for s, n in model.values.items() if str(s).startswith("L")}

    # transformers 5.23.0: 1 full layer of 6 (Gemma 3), of 4 (Llama 4); experts every second layer.
    assert counted("gemma-3-1b") == {"L": 26, "L_sliding": 22, "L_full": 4}
    maverick = counted("llama-4-maverick")
    assert maverick["L"] == 48
    assert (maverick["L_chunked"], maverick["L_full"]) == (36, 12)
    assert (maverick["L_dense"], maverick["L_experts"]) == (24, 24)


@every_kind
def test_groups_are_a_partition_of_the_rows(kind):
    book = ledger(load("gemma-3-1b")).filter(kind)
    for key in (lambda row: row.block, lambda row: row.part, lambda row: row.family):
        groups = book.group(key)
        assert sorted(map(hash, book)) == sorted(hash(row) for g in groups.values() for row in g)
        assert all({key(row) for row in rows} == {name} for name, rows in groups.items())


FILTERS = [
    ("attention", {"attention"}),
    ("attention.*", {"attention"}),
    ("*.gate", {"feed_forward"}),
    ("*", {"embedding", "attention", "feed_forward", "final", "head"}),
    ("feed_forward.up", {"feed_forward"}),
    ("atten", set()),
    ("attention.sc", set()),
]


@pytest.mark.parametrize(("pattern", "first"), FILTERS)
def test_a_part_matches_itself_and_what_is_under_it(pattern, first):
    book = ledger(load("llama-3.2-1b")).filter(Kind.READ, part=pattern)
    assert {part.split(".")[0] for part in book.parts()} == first


def test_filters_by_role_and_by_condition_are_all_met():
    book = ledger(load("llama-3.2-1b"))
    weights = book.filter(Kind.READ, role=Role.WEIGHT, part="attention")
    assert {row.role for row in weights} == {Role.WEIGHT}
    assert amounts(weights).keys() == {
        f"attention.{name}" for name in ("norm", "query", "key", "value", "output")
    }
    none = book.filter(Kind.FLOPS, Kind.READ, where=lambda row: row.repeat == 1, role=Role.CACHE)
    assert none.rows == ()
    assert none.total() == 0


def test_parts_of_a_split_add_up_to_the_whole():
    book = ledger(load("llama-4-scout")).filter(Kind.FLOPS)
    parts = [book.filter(part=p).total() for p in {part.split(".")[0] for part in book.parts()}]
    assert sympy.expand(sympy.Add(*parts) - book.total()) == 0


@pytest.mark.parametrize("role", [Role.WEIGHT, Role.ACTIVATION, Role.CACHE, Role.TOKEN])
def test_bytes_are_elements_times_those_of_the_role(role):
    rows = ledger(load("llama-3.2-1b")).filter(Kind.READ, Kind.WRITE, Kind.KEPT, role=role).rows
    assert rows
    for row in rows:
        assert row.bytes == row.measure == row.amount * BYTES[role]


def test_flops_have_no_bytes():
    (row,) = ledger(load("llama-3.2-1b")).filter(Kind.FLOPS, part="head.logits")
    assert row.measure == row.amount
    with pytest.raises(UnknownNameError, match="role of a row of kind"):
        _ = row.bytes


@pytest.mark.parametrize("card", ["llama-3.1-8b", "gemma-3-1b"])
def test_a_weight_is_stored_in_one_place(card):
    seen = [(row.block, row.tensor) for row in ledger(load(card)).filter(Kind.STORED)]
    assert len(seen) == len(set(seen))
    assert ("head", "embedding.lookup.weight") not in seen
