"""Verdicts on claims: exact, under assumptions, approximate, wrong, not comparable."""

from __future__ import annotations

import time

import pytest
import sympy

from edgesym.claims.check import check
from edgesym.claims.claim import Claim
from edgesym.claims.library import claims_of
from edgesym.symbols import symbol

LETTERS = {
    "L": "layers",
    "H": "hidden",
    "I": "intermediate",
    "V": "vocab",
    "S": "context",
    "A": "heads",
    "D": "head_dim",
    "K": "kv_heads",
    "b": "batch",
    "B": "bytes_per_element",
}
H, L, I, V, S = (symbol(w) for w in ("hidden", "layers", "intermediate", "vocab", "context"))
PLAIN = ("kv_heads = heads", "head_dim = hidden/heads", "plain feed-forward")


def claim(text, quantity, **more):
    return Claim(text, quantity, LETTERS, "plain", **more)


LIBRARY = [pytest.param(item, id=item.id) for item in claims_of("edgeprofiler")]


@pytest.mark.parametrize("item", LIBRARY)
def test_edgeprofiler_holds_its_verdicts(item):
    assert check(item).verdict == item.expected


def test_exact_without_an_assumption():
    found = check(claim("2*b*S*L*K*D*B", "kv_cache_bytes"))
    assert found.verdict == "exact"
    assert found.difference == 0
    assert len(found.relative) >= 3


def test_kaplan_parameters_need_what_the_paper_states():
    stated = ("kv_heads = heads", "plain feed-forward", "no norms", "no biases", "no embeddings")
    found = check(claim("2*H*L*(2*A*D + I)", "parameters", assumptions=stated))
    assert found.verdict == "exact under assumptions"
    assert "no biases" in found.unused
    assert set(found.assumptions) == {*stated} - {"no biases"}
    assert not found.found


def test_a_stated_assumption_can_make_a_claim_wrong():
    norms = {"part": "attention.norm + feed_forward.norm", "per": "layer"}
    assert check(claim("2*H", "parameters", **norms)).verdict == "exact"
    found = check(claim("2*H", "parameters", assumptions=("norm biases",), **norms))
    assert found.verdict == "wrong"
    assert found.repair.right == 4


def test_kaplan_flops_are_an_approximation_by_the_causal_half():
    found = check(claim("24*L*H**2 + 2*L*S*H", "flops", per="token"))
    assert found.verdict == "approximation"
    assert "causal half" in found.found
    assert sympy.expand(found.difference + 2 * H * L * S) == 0
    assert found.relative["gpt2"] == pytest.approx(-1 / 11)


def test_what_is_dropped_is_of_lower_order():
    found = check(claim("72*L*H**2", "flops", per="token", phase="training"))
    assert found.verdict == "approximation"
    assert {"no attention products", "no logits"} <= set(found.found)


def test_a_wrong_claim_says_which_terms_and_what_repairs_them():
    text = "L*(6*H**2 + 4*H*S + 4*H*I)"
    found = check(claim(text, "flops", per="token", assumptions=(*PLAIN, "no logits")))
    assert found.verdict == "wrong"
    (term,) = found.terms
    assert term.expression == -2 * H**2 * L
    (departure,) = term.departures
    assert departure.count == 0
    assert "attention.output" in departure.parts
    assert "output projection missing" in term.words
    assert found.repair.printed == 6
    assert found.repair.right == 8
    assert all(size < 0 for size in found.relative.values())
    assert {(t.symbol, float(t.bound)) for t in found.thresholds} >= {("context", 0.01)}


def test_parts_counted_twice():
    text = "L*(8*H**2 + 4*H*S + 8*H*I)"
    found = check(claim(text, "flops", per="token", assumptions=(*PLAIN, "no logits")))
    (term,) = found.terms
    assert term.words == "up matrix and down matrix counted twice"


def test_a_term_that_the_graph_has_not():
    found = check(claim("2*b*S*L*K*D*B + 7*L*H**3", "kv_cache_bytes"))
    assert found.verdict == "wrong"
    assert "the graph has no such term" in [term.words for term in found.terms]


def test_degree_is_said_first():
    found = check(claim("12*H**3", "parameters", assumptions=PLAIN))
    assert found.verdict == "wrong"
    assert found.reasons[0].startswith("degree:")


def test_units_are_said_first():
    found = check(claim("2*b*S*L*K*D", "kv_cache_bytes"))
    assert found.verdict == "wrong"
    assert found.reasons[0].startswith("units: the claim counts elements")
    assert "elements, not bytes" in found.found
    assert check(claim("2*b*S*L*K*D", "kv_cache_bytes", unit="elements")).verdict == "exact"


def test_grouped_queries_keep_the_search_from_assuming_otherwise():
    found = check(claim("2*b*S*L*A*D*B", "kv_cache_bytes", assumptions=("grouped queries",)))
    assert found.verdict == "wrong"
    assert any("A/K times" in reason for reason in found.reasons)
    assert found.relative["llama-3.1-8b"] == 3


def test_a_definition_and_an_unknown_quantity_are_not_comparable():
    assert check(claim("L", "parameters", definition=True)).verdict == "not comparable"
    found = check(claim("L*H", "happiness"))
    assert found.verdict == "not comparable"
    assert "happiness" in found.reasons[0]


def test_a_formula_of_quantities():
    assert check(claim("A/K", "heads/kv_heads")).verdict == "exact"
    per = claim("2*K*D*B", "kv_cache_bytes/layers", per="token")
    assert check(per).verdict == "exact"


def test_a_bare_number_is_held_to_a_model():
    number = {"model": "llama-2-7b", "printed": "2.1 GB", "context": 4096, "batch": 1}
    assert check(claim("2147483648", "kv_cache_bytes")).verdict == "not comparable"
    assert check(claim("2147483648", "kv_cache_bytes", numbers=(number,))).verdict == "exact"
    wrong = {**number, "printed": "3.1 GB"}
    assert check(claim("3100000000", "kv_cache_bytes", numbers=(wrong,))).verdict == "wrong"


def test_a_polynomial_claim_takes_50_ms_and_a_search_2_s():
    stated = (*PLAIN, "no norms")
    text = "L*(4*H**2 + 2*H*I) + 2*V*H"
    check(claim(text, "parameters", assumptions=stated))
    start = time.process_time()  # what it costs, not what else the machine does
    check(claim(f"{text} + 0*S", "parameters", assumptions=stated))
    assert time.process_time() - start < 0.05
    start = time.process_time()
    check(claim("L*(7*H**2 + 5*H*S + 9*H*I)", "flops", per="token"))
    assert time.process_time() - start < 2
