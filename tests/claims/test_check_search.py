"""The search for assumptions: the smallest set under which a claim is exact."""

from __future__ import annotations

import pytest

from edgesym.claims.assumptions import assume, formula, substitution, vocabulary
from edgesym.claims.derive import Subject, derive, total
from edgesym.claims.search import find_assumptions

NAMES = {"kv_heads = heads", "head_dim = hidden/heads"}
FOUR = "intermediate = 4*hidden"
CASES = [
    (
        Subject("flops", per="token"),
        "layers*(8*hidden**2 + 4*hidden*context + 4*hidden*intermediate)",
        {*NAMES, "plain feed-forward", "no logits"},
    ),
    (
        Subject("parameters"),
        "layers*(4*hidden**2 + 2*hidden*intermediate) + 2*vocab*hidden",
        {*NAMES, "plain feed-forward", "no norms"},
    ),
    (
        Subject("parameters"),
        "hidden*(12*hidden*layers + 2*layers + context + vocab + 1)",
        {*NAMES, FOUR, "plain feed-forward", "learned positions", "positions = context", "tied"},
    ),
    (
        Subject("flops", per="token"),
        (
            "layers*(4*heads*head_dim*hidden + 4*head_dim*hidden*kv_heads "
            "+ 2*heads*head_dim*(context + 1) + 6*hidden*intermediate) + 2*hidden*vocab"
        ),
        {"causal"},
    ),
    (
        Subject("flops", per="token"),
        (
            "layers*(2*heads*head_dim*hidden + 2*head_dim*hidden*kv_heads "
            "+ 2*heads*head_dim*context + 3*hidden*intermediate) + hidden*vocab"
        ),
        {"multiply-add as one"},
    ),
]


@pytest.mark.parametrize(("subject", "text", "names"), CASES)
def test_the_smallest_set_is_found(subject, text, names):
    aim = formula(text)
    found = find_assumptions(subject, (), lambda taken: aim.xreplace(substitution(taken)))
    assert {a.name for a in found.found[0].added} == names
    assert not found.cut


def test_nothing_is_found_for_a_wrong_coefficient():
    aim = formula("layers*(6*hidden**2 + 4*hidden*context + 8*hidden*intermediate)")
    subject = Subject("flops", per="token")
    assert not find_assumptions(subject, (), lambda taken: aim.xreplace(substitution(taken)))


def test_every_assumption_of_the_vocabulary_can_be_derived():
    for assumption in vocabulary().values():
        for quantity in ("parameters", "flops", "kv_cache_bytes", "training_flops"):
            derive(Subject(quantity), (assumption,))


def test_parts_add_up_to_the_quantity_of_the_graph():
    from edgesym.catalogue import REGISTRY, Case
    from edgesym.claims.derive import decoder
    from edgesym.graph.convention import convention
    from edgesym.workload import phase

    case = Case(decoder(), phase("prefill"), convention("pytorch"))
    for name in ("parameters", "flops", "kv_cache_bytes", "memory_traffic", "training_flops"):
        whole = REGISTRY[name].expression(case)
        parts = derive(Subject(name))
        assert len(parts) > 1
        assert (total(parts) - whole).expand() == 0


def test_leaving_out_a_part_is_what_the_option_of_the_graph_does():
    plain = derive(Subject("flops"), (assume("plain feed-forward"),))
    gated = derive(Subject("flops"))
    assert plain == tuple(part for part in gated if part.name != "feed_forward.gate")
