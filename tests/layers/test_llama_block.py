"""The formulas of a Llama decoder, part by part: parameters, FLOPs, traffic, cache."""

from __future__ import annotations

import pytest

from edgesym.architectures.locate import load
from edgesym.graph.convention import convention
from edgesym.ledger import Kind, ledger
from tests.support import amounts, assert_equal_expression, letters

b, T, C, L, H, I, V, A, K, D = letters("b T C L H I V A K D")
Ba, Bc, Bw, Bt = letters("B_a B_c B_w B_t")
S = C + T
PAIRS = T * C + T * (T + 1) / 2

MODEL = load("llama-3.1-8b")

PARAMETERS = {
    "embedding.lookup": V * H,
    "attention.norm": H,
    "attention.query": H * A * D,
    "attention.key": H * K * D,
    "attention.value": H * K * D,
    "attention.output": A * D * H,
    "feed_forward.norm": H,
    "feed_forward.gate": H * I,
    "feed_forward.up": H * I,
    "feed_forward.down": I * H,
    "final.norm": H,
    "head.logits": V * H,
}
FLOPS = {
    "attention.norm": 4 * b * T * H,
    "attention.query": 2 * b * T * H * A * D,
    "attention.key": 2 * b * T * H * K * D,
    "attention.value": 2 * b * T * H * K * D,
    "attention.query_rotary": 3 * b * T * A * D,
    "attention.key_rotary": 3 * b * T * K * D,
    "attention.scores": 2 * b * A * D * PAIRS,
    "attention.softmax": 6 * b * A * PAIRS,
    "attention.values": 2 * b * A * D * PAIRS,
    "attention.output": 2 * b * T * A * D * H,
    "attention.residual": b * T * H,
    "feed_forward.norm": 4 * b * T * H,
    "feed_forward.gate": 2 * b * T * H * I,
    "feed_forward.up": 2 * b * T * H * I,
    "feed_forward.activation": 4 * b * T * I,
    "feed_forward.product": b * T * I,
    "feed_forward.down": 2 * b * T * I * H,
    "feed_forward.residual": b * T * H,
    "final.norm": 4 * b * T * H,
    "head.logits": 2 * b * V * H,
}
#: part -> bytes read, bytes written, run on its own.
TRAFFIC = {
    "embedding.lookup": (Bt * b * T + Bw * b * T * H, Ba * b * T * H),
    "attention.norm": (Ba * b * T * H + Bw * H, Ba * b * T * H),
    "attention.query": (Ba * b * T * H + Bw * H * A * D, Ba * b * T * A * D),
    "attention.key": (Ba * b * T * H + Bw * H * K * D, Ba * b * T * K * D),
    "attention.value": (Ba * b * T * H + Bw * H * K * D, Ba * b * T * K * D),
    "attention.query_rotary": (Ba * b * T * A * D, Ba * b * T * A * D),
    "attention.key_rotary": (Ba * b * T * K * D, Ba * b * T * K * D),
    "attention.key_append": (Ba * b * T * K * D, Bc * b * T * K * D),
    "attention.value_append": (Ba * b * T * K * D, Bc * b * T * K * D),
    "attention.scores": (Ba * b * T * A * D + Bc * b * S * K * D, Ba * b * A * PAIRS),
    "attention.softmax": (Ba * b * A * PAIRS, Ba * b * A * PAIRS),
    "attention.values": (Ba * b * A * PAIRS + Bc * b * S * K * D, Ba * b * T * A * D),
    "attention.output": (Ba * b * T * A * D + Bw * A * D * H, Ba * b * T * H),
    "attention.residual": (2 * Ba * b * T * H, Ba * b * T * H),
    "feed_forward.norm": (Ba * b * T * H + Bw * H, Ba * b * T * H),
    "feed_forward.gate": (Ba * b * T * H + Bw * H * I, Ba * b * T * I),
    "feed_forward.up": (Ba * b * T * H + Bw * H * I, Ba * b * T * I),
    "feed_forward.activation": (Ba * b * T * I, Ba * b * T * I),
    "feed_forward.product": (2 * Ba * b * T * I, Ba * b * T * I),
    "feed_forward.down": (Ba * b * T * I + Bw * H * I, Ba * b * T * H),
    "feed_forward.residual": (2 * Ba * b * T * H, Ba * b * T * H),
    "final.norm": (Ba * b * T * H + Bw * H, Ba * b * T * H),
    "head.logits": (Ba * b * H + Bw * V * H, Ba * b * V),
}
KEPT = {"attention.key_append": Bc * b * S * K * D, "attention.value_append": Bc * b * S * K * D}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(Kind.STORED, PARAMETERS), (Kind.ACTIVE, PARAMETERS), (Kind.FLOPS, FLOPS), (Kind.KEPT, KEPT)],
)
def test_each_part_has_its_formula_and_no_other_part_has_any(kind, expected):
    found = amounts(ledger(MODEL).filter(kind))
    assert found.keys() == expected.keys()
    for part, formula in expected.items():
        assert_equal_expression(found[part], formula)


@pytest.mark.parametrize("part", TRAFFIC)
def test_each_operation_reads_and_writes_its_tensors_once(part):
    read, written = TRAFFIC[part]
    nodes = {n: d for block in MODEL.blocks() for n, d in block.graph.nodes(data=True)}
    assert_equal_expression(nodes[part]["read"], read)
    assert_equal_expression(nodes[part]["write"], written)
    assert_equal_expression(ledger(MODEL).filter(Kind.READ, part=part).total(), _times(read, part))
    assert_equal_expression(
        ledger(MODEL).filter(Kind.WRITE, part=part).total(), _times(written, part)
    )


def _times(cost, part):
    return cost * (1 if part.split(".")[0] in ("embedding", "final", "head") else L)


def test_traffic_has_been_stated_of_every_operation_that_moves_data():
    moving = {row.part for row in ledger(MODEL).filter(Kind.READ, Kind.WRITE)}
    assert moving == TRAFFIC.keys()


def test_the_totals_are_those_of_the_theory():
    blocks = 2 * H + 2 * A * D * H + 2 * K * D * H + 3 * H * I
    assert_equal_expression(ledger(MODEL).filter(Kind.STORED).total(), 2 * V * H + H + L * blocks)
    book = ledger(MODEL, counting=convention("pytorch,logits=none")).filter(Kind.FLOPS)
    inner = 2 * A * D * H + 2 * D * H * K + 2 * A * D * C + 2 * A * D * T + 3 * H * I
    assert_equal_expression(book.total(), 2 * L * T * b * inner)
    assert_equal_expression(
        ledger(MODEL).filter(Kind.KEPT).total(), 2 * L * K * D * b * (C + T) * Bc
    )


def test_a_tied_head_stores_nothing_and_reads_the_table():
    book = ledger(load("llama-3.2-1b"))
    assert not book.filter(Kind.STORED, part="head").rows
    (read,) = book.filter(Kind.READ, part="head", where=lambda row: row.role == "weight")
    assert_equal_expression(read.amount, V * H)
    assert read.tensor == "embedding.lookup.weight"
