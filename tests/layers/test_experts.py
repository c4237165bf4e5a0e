"""A mixture of experts: what is stored, what a token uses, what a step is expected to read."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.graph.builder import Builder
from edgesym.graph.convention import convention
from edgesym.graph.tensor import Role, Tensor
from edgesym.layers import LAYERS
from edgesym.ledger import Kind, ledger
from edgesym.workload import Workload, phase
from tests.support import amounts, assert_equal_expression, letters

b, T, C, H, E, k, Ie, Is = letters("b T C H E k I_e I_s")
HIT = 1 - (1 - k / E) ** (b * T)


def block(**options):
    """A block of experts alone, under the default convention."""
    build = Builder("block", phase("step"), convention())
    entry = Tensor("input", (b, T, H))
    leaving = LAYERS["experts"](build, "experts", entry, **options)
    return build.finish(sympy.Integer(1), (entry,), (leaving,))


def flops(found):
    return {n: d["flops"] for n, d in found.graph.nodes(data=True) if d["flops"] != 0}


ROUTED = {
    "experts.router": 2 * b * T * H * E,
    "experts.gate": 2 * b * T * k * H * Ie,
    "experts.up": 2 * b * T * k * H * Ie,
    "experts.activation": 4 * b * T * k * Ie,
    "experts.product": b * T * k * Ie,
    "experts.down": 2 * b * T * k * Ie * H,
}
SHARED = {
    "experts_shared.gate": 2 * b * T * H * Is,
    "experts_shared.up": 2 * b * T * H * Is,
    "experts_shared.activation": 4 * b * T * Is,
    "experts_shared.product": b * T * Is,
    "experts_shared.down": 2 * b * T * Is * H,
    "experts_shared.add": b * T * H,
}
SOFTMAX = {"experts.scoring": 5 * b * T * E, "experts.combine": 2 * b * T * k * H}
SIGMOID = {"experts.scoring": 4 * b * T * E, "experts.combine": 2 * b * T * k * H}
LLAMA_4 = {
    "experts.scoring": 4 * b * T * E,
    "experts.scale": b * T * k * H,
    "experts.combine": b * T * k * H,
}

CASES = [
    ({}, ROUTED | SOFTMAX),
    ({"scoring": "sigmoid"}, ROUTED | SIGMOID),
    ({"shared": "shared_intermediate"}, ROUTED | SOFTMAX | SHARED),
    (
        {"scoring": "sigmoid", "scale_input": True, "shared": "shared_intermediate"},
        ROUTED | LLAMA_4 | SHARED,
    ),
    ({"activation": "relu"}, ROUTED | SOFTMAX | {"experts.activation": b * T * k * Ie}),
]


@pytest.mark.parametrize(("options", "expected"), CASES)
def test_each_part_computes_for_the_experts_chosen(options, expected):
    found = flops(block(**options))
    assert found.keys() == expected.keys()
    for part, formula in expected.items():
        assert_equal_expression(found[part], formula)


#: kind -> what the three matrices of the routed experts come to.
THREE_SUMS = {
    Kind.STORED: 3 * E * H * Ie,
    Kind.ACTIVE: 3 * k * H * Ie,
    Kind.READ: 3 * E * H * Ie * HIT,
}


@pytest.mark.parametrize("kind", THREE_SUMS)
def test_stored_used_and_read_are_three_sums(kind):
    book = ledger(load("llama-4-scout")).filter(kind, role=Role.WEIGHT)
    rows = [
        row
        for row in book
        if row.block == "full" and row.part.split(".")[0] == "experts" and "router" not in row.part
    ]
    assert len(rows) == 3
    assert_equal_expression(sum(row.amount for row in rows), THREE_SUMS[kind])


def test_the_router_and_the_shared_expert_are_used_by_every_token():
    book = ledger(load("llama-4-scout"))
    for part, elements in (
        ("experts.router", H * E),
        ("experts_shared.gate", H * Is),
        ("experts_shared.down", H * Is),
    ):
        for kind in (Kind.STORED, Kind.ACTIVE, Kind.READ):
            rows = book.filter(kind, role=Role.WEIGHT, part=part)
            assert {row.amount for row in rows} == {elements}


def expected_distinct(experts, chosen, tokens):
    """Distinct experts that tokens hit, averaged over all their choices, one by one."""
    choices = list(combinations(range(experts), chosen))
    hits = [len(set().union(*drawn)) for drawn in product(choices, repeat=tokens)]
    return Fraction(sum(hits), len(hits))


@pytest.mark.parametrize(
    ("experts", "chosen", "tokens"),
    [(4, 1, 1), (4, 1, 2), (4, 1, 5), (6, 1, 4), (2, 1, 8), (1, 1, 3), (4, 2, 3), (5, 3, 2)],
)
def test_the_expected_number_of_experts_is_that_of_all_choices(experts, chosen, tokens):
    step = Workload("x", sympy.Integer(1), sympy.Integer(tokens), sympy.Integer(0))
    share = sympy.Rational(chosen, experts)
    weight = Builder("block", step, convention()).weight("w", sympy.Integer(experts), share=share)
    assert weight.moved == expected_distinct(experts, chosen, tokens)
    assert weight.elements == experts
    assert weight.used_by_token == chosen


def test_one_token_reads_the_experts_it_uses_and_many_read_all():
    (row,) = (
        row
        for row in ledger(load("llama-4-scout")).filter(Kind.READ, part="experts.gate")
        if row.block == "full" and row.role is Role.WEIGHT
    )
    assert_equal_expression(row.amount.subs({b: 1, T: 1}), k * H * Ie)
    many = row.amount.subs({b: 64, T: 64, E: 16, k: 1, H: 1, Ie: 1})
    assert 16 - sympy.Rational(1, 10**100) < many < 16


def test_the_kinds_of_layers_of_maverick_are_experts_and_dense_by_turns():
    found = amounts(ledger(load("llama-4-maverick")).filter(Kind.FLOPS))
    assert {"experts.router", "feed_forward.gate", "experts_shared.add"} <= found.keys()
    assert all(not part.startswith("feed_forward.router") for part in found)
