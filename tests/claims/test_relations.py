"""Bounds, orders of growth, proportions and rules of thumb, each derived by hand.

Of one sequence of n tokens, per layer: projections of queries and output 4 n H A D, of keys and
values 4 n H K D, products of attention 4 n^2 A D, a gated feed-forward 6 n H I; the cache holds
2 K D elements for a token, and K <= A.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

from edgesym.algebra.exactly import exactly
from edgesym.claims.assumptions import assume
from edgesym.claims.check import check
from edgesym.claims.claim import Claim
from edgesym.claims.outcome import failure
from edgesym.claims.relations.bound import beyond
from edgesym.claims.relations.facts import facts_of
from edgesym.claims.relations.points import points, sides_at
from edgesym.errors import ConfigError
from edgesym.symbols import declared

WORDS = {
    "L": "layers",
    "H": "hidden",
    "d": "hidden",
    "I": "intermediate",
    "n": "context",
    "S": "context",
    "A": "heads",
    "K": "kv_heads",
    "D": "head_dim",
    "V": "vocab",
    "b": "batch",
    "B": "bytes_per_element",
    "E": "experts",
    "k": "experts_per_token",
    "J": "expert_intermediate",
    "W": "window",
    "N": "parameters",
    "T": "training_tokens",
    "P": "peak_flops",
    "U": "compute_utilisation",
    "w": "memory_bandwidth",
    "M": "on_chip_elements",
    "f": "parallel_fraction",
    "G": "devices",
}
KV = {"quantity": "kv_cache_bytes"}
PRODUCTS = {"quantity": "flops", "part": "attention.scores + attention.values"}
PROJECTIONS = {
    "quantity": "flops",
    "part": "attention.query + attention.key + attention.value + attention.output",
}
FORWARD = {"quantity": "flops", "part": "feed_forward"}
BLOCK = {"quantity": "flops", "part": "attention + feed_forward"}
PARAMETERS = {"quantity": "parameters"}
EXPERTS = {
    "quantity": "flops",
    "part": "experts.up + experts.gate + experts.down",
    "assumptions": ("experts",),
}
TRAINING = {"quantity": "flops*training_tokens", "phase": "training", "per": "token"}
SECONDS = {**PRODUCTS, "quantity": "flops/peak_flops"}
AMDAHL = {"quantity": "1/(1 - parallel_fraction + parallel_fraction/devices)"}
MASKED = ("sliding window", "causal")
WINDOW = {**KV, "assumptions": ("sliding window", "context >= window")}


def judged(text, *, quantity, **about):
    return check(Claim(text, quantity, WORDS, about.pop("notation", "latex"), **about))


TRAPS = [
    # bounds: K <= A is a fact, D = H/A and I = 4 H where there is no letter for them
    (r"M \le 2 b L S A D B", KV, "bound proved"),
    (r"M \leq 2 b L S K D B", KV, "bound proved"),
    (r"M \ge 2 b L S D B", KV, "bound proved"),  # one head of keys at least
    (r"M \ge 2 b L S A D B", KV, "wrong"),  # grouped queries
    (r"M < 2 b L S A D B", KV, "wrong"),  # equal for K = A
    (r"M < 3 b L S A D B", KV, "bound proved"),
    (r"M > b L S K D B", KV, "bound proved"),
    (r"2 b L S D B \le M \le 2 b L S A D B", KV, "bound proved"),
    (r"2 b L S D B \le M \le b L S A D B", KV, "wrong"),
    (r"b L S K D B \le Q", KV, "bound proved"),
    (r"M \le 2 b L S H B", KV, "bound proved"),  # D = H/A, as its letters ask for
    (r"M \le 2 b L S H", KV, "wrong"),  # elements
    (r"M \le 2 b L S K D B - B", KV, "wrong"),
    (r"M \le 2 b L W K D B", WINDOW, "bound proved"),
    (r"M \le 2 b L S K D B", WINDOW, "bound proved"),
    (r"M \ge 2 b L S K D B", WINDOW, "wrong"),
    (r"N \ge 12 L H^2", PARAMETERS, "bound proved"),  # 3 H I = 12 H^2 of the feed-forward alone
    (r"N \le 12 L H^2", PARAMETERS, "wrong"),
    (r"F \ge 4 b n^2 L A D", BLOCK, "bound proved"),
    (r"F \le 4 b n^2 L A D", BLOCK, "wrong"),
    (r"F \le 8 b n L H A D", PROJECTIONS, "bound proved"),
    (r"F \le \max(8 b n L H A D, b n)", PROJECTIONS, "bound proved"),
    (r"F \le \max(8 n, 4 b n L H A D)", PROJECTIONS, "wrong"),
    (r"F \ge \min(8 b n L H A D, 4 b n L H A D)", PROJECTIONS, "bound proved"),
    (r"F \le 6 b n L E H J", EXPERTS, "bound proved"),  # k <= E
    (r"F \ge 6 b n L E H J", EXPERTS, "wrong"),
    (r"t \ge \frac{4 b n^2 L A D}{P}", SECONDS, "bound proved"),
    (r"t \le \frac{4 b n^2 L A D}{2 P}", SECONDS, "wrong"),
    (r"s \le \frac{1}{1 - f}", AMDAHL, "bound proved"),
    (r"s \le G", AMDAHL, "bound proved"),
    (r"s \ge \frac{1}{1 - f}", AMDAHL, "wrong"),
    (r"a \le N", {"quantity": "active_parameters", "assumptions": ("experts",)}, "bound proved"),
    (r"F \le 4 b n W L A D", {**PRODUCTS, "assumptions": MASKED}, "bound proved"),
    (r"F \le 2 b n W L A D", {**PRODUCTS, "assumptions": MASKED}, "wrong"),
    # orders: D = H/A and I = 4 H grow with d
    (r"O(n^2 d)", PRODUCTS, "order right"),
    (r"\Theta(n^2 d)", PRODUCTS, "order right"),
    (r"\mathcal{O}(n^3 d)", PRODUCTS, "order right"),
    (r"\Theta(n^3 d)", PRODUCTS, "wrong"),
    (r"F = O(n d)", PRODUCTS, "wrong"),
    (r"F \in \Theta(n d^2)", PROJECTIONS, "order right"),
    (r"O(n d)", PROJECTIONS, "wrong"),
    (r"O(n d)", FORWARD, "wrong"),
    (r"\Theta(n d^2 + n^2 d)", BLOCK, "order right"),
    (r"O(n d^2)", BLOCK, "wrong"),
    (r"O(n^2 d)", BLOCK, "wrong"),  # n d^2 for n < d
    (r"O(n^2 d + d^3)", BLOCK, "order right"),  # n d^2 <= (n^2 d + d^3)/2
    (r"\Omega(n d \sqrt{n d})", BLOCK, "order right"),  # the mean of n d^2 and n^2 d
    (r"\Omega(n^2 d^2)", BLOCK, "wrong"),
    (r"o(n^3 d)", PRODUCTS, "order right"),
    (r"o(n^2 d)", PRODUCTS, "wrong"),
    (r"O(n)", KV, "order right"),
    (r"O(1)", KV, "wrong"),
    (r"O(1)", {**KV, "per": "token"}, "order right"),
    (r"\Omega(n \log n)", KV, "unproven"),
    (r"O(n)\text{ memory}", KV, "order right"),
    (r"\Theta(E)", EXPERTS, "wrong"),  # a token uses k of them
    (r"\Theta(k)", EXPERTS, "order right"),
    (r"O(n W)", {**PRODUCTS, "assumptions": MASKED}, "order right"),
    (r"\Theta(n W)", {**PRODUCTS, "assumptions": MASKED}, "wrong"),  # for W > n it is n^2
    (r"\Theta(n W)", {**PRODUCTS, "assumptions": (*MASKED, "context >= window")}, "order right"),
    (r"O(W)", {**PRODUCTS, "assumptions": MASKED}, "wrong"),
    # proportions: the factor is free of what is named
    (r"M \propto L S", KV, "proportional"),
    (r"M \propto L^2 S", KV, "wrong"),
    (r"M \propto L S H", KV, "proportional"),
    (r"F \propto n d", PROJECTIONS, "wrong"),
    (r"F \propto n d^2", PROJECTIONS, "proportional"),
    (r"F \propto n", BLOCK, "wrong"),
    (r"F \propto n^2 d + n d^2", BLOCK, "wrong"),  # 4 : 20, not 1 : 1
    (r"N \propto L H^2", {**PARAMETERS, "assumptions": ("no embeddings",)}, "proportional"),
    (r"C \propto N T", {**TRAINING, "assumptions": ("no embeddings", "no attention products")},
     "proportional"),
    (r"C \propto N^2", {**TRAINING, "assumptions": ("no embeddings", "no attention products")},
     "wrong"),
    # ~ lets a factor be where no number stands in front
    (r"F \sim n^2 d", PRODUCTS, "proportional"),
    (r"F \sim 4 b L n^2 d", PRODUCTS, "exact under assumptions"),
    (r"F \sim 6 b L n^2 d", PRODUCTS, "wrong"),
    (r"F \sim n d", PRODUCTS, "wrong"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "about", "verdict"), TRAPS)
def test_a_relation_gets_its_verdict(text, about, verdict):
    found = check(Claim(text, symbols=WORDS, **about))
    assert found.verdict == verdict, found.reasons
    assert found.reasons or verdict == "exact under assumptions"
    assert failure(found) == ("wrong" if verdict == "wrong" else "")


REFUTED = [(text, about) for text, about, verdict in TRAPS if verdict == "wrong"]


@pytest.mark.parametrize(("text", "about"), REFUTED)
def test_a_counterexample_of_a_bound_is_one(text, about):
    found = check(Claim(text, symbols=WORDS, **about))
    point = found.counterexample
    if found.relation not in ("<=", "<", ">=", ">"):
        return
    assert point is not None
    at = {s: Fraction(v) for s, v in point.at.items()}
    theirs, ours = exactly(found.theirs, at), exactly(found.ours, at)
    low, high = (ours, theirs) if found.relation[0] == "<" else (theirs, ours)
    assert low > high or (low == high and "=" not in found.relation)
    assert point.of or about is AMDAHL


BOUNDS = [(text, about) for text, about, v in TRAPS if v == "bound proved" and "le M" not in text]


@pytest.mark.parametrize(("text", "about"), BOUNDS)
def test_a_proved_bound_holds_at_random_sizes(text, about):
    found = check(Claim(text, symbols=WORDS, **about))
    facts = facts_of(assume(name) for name in found.assumptions)
    tried = 0
    for _, values in points((found.theirs, found.ours), facts):
        pair = sides_at(found.theirs, found.ours, values)
        if pair is not None:  # 1/(1 - f) has no value at f = 1
            assert not beyond(found.relation, pair[1], pair[0])
            tried += 1
    assert tried > 20


def test_a_factor_is_given_in_the_letters_of_the_author():
    found = judged(r"M \propto L S", **KV)
    b, K, D, B = (declared(name) for name in "bKDB")
    assert sympy.expand(found.factor - 2 * b * K * D * B) == 0
    found = judged(r"C \propto N T", **TRAINING, assumptions=("no embeddings",))
    assert found.verdict in ("proportional", "approximation")
    assert found.factor == 6


def test_facts_that_a_claim_states_are_used():
    order = {
        "quantity": "context*head_dim + context**2*head_dim**2/on_chip_elements",
        "assumptions": ("head_dim <= on_chip_elements", "on_chip_elements <= context*head_dim"),
    }
    found = judged(r"\Theta(n^2 D^2 / M)", **order)
    assert found.verdict == "order right"
    assert "stated" in " ".join(found.reasons)
    without = judged(r"\Theta(n^2 D^2 / M)", quantity=order["quantity"])
    assert without.verdict == "wrong"
    short = {"quantity": "2*layers*window", "assumptions": ("2*window <= context",)}
    assert judged(r"F \le L S", **short).verdict == "bound proved"
    assert judged(r"F \le L S", quantity="2*layers*window").verdict == "wrong"


def test_a_relation_can_be_named_beside_the_text():
    assert judged("2*b*L*S*A*D*B", **KV, notation="plain", relation="<=").verdict == "bound proved"
    assert judged("n**2*d", **PRODUCTS, notation="plain", relation="Theta").verdict == "order right"
    assert judged("O(n**2*d)", **PRODUCTS, notation="plain").verdict == "order right"
    with pytest.raises(ConfigError, match=r"relation = 'more'; it can be =, approx"):
        judged("n", **KV, relation="more")


def test_an_equation_with_a_bound_behind_it_is_judged_twice():
    good = judged(r"M = 2 b L S K D B \le 2 b L S A D B", **KV)
    assert good.verdict == "bound proved"
    bad = judged(r"M = b L S K D B \le 2 b L S A D B", **KV)
    assert bad.verdict == "wrong"


THUMBS = [
    # a token costs 2 N FLOPs, the table counted in place of attention; at 128 tokens
    (r"F \approx 2 N", {"tolerance": "10 %", "over": {"context": (128,)}}, "rule of thumb"),
    (r"F \approx 2 N", {"tolerance": "1 %", "over": {"context": (128,)}}, "wrong"),
    (r"F \approx 2 N", {"relation": "thumb"}, "wrong"),  # at 32,768 tokens attention is half of it
    (r"F = 4 N", {"relation": "thumb", "over": {"context": (128,)}}, "wrong"),
]


@pytest.mark.parametrize(("text", "about", "verdict"), THUMBS)
def test_a_rule_of_thumb_is_held_to_models_and_contexts(text, about, verdict):
    found = judged(text, quantity="flops", per="token", **about)
    assert found.verdict == verdict
    assert found.within is not None
    assert len(found.relative) > 2
    assert max(map(abs, found.relative.values())) == found.within


def test_a_rule_of_thumb_may_name_its_models():
    over = {"model": ("llama-2-7b",), "context": (512,)}
    found = judged(r"F \approx 2 N", quantity="flops", per="token", tolerance="1 %", over=over)
    assert found.verdict == "rule of thumb"
    # 6,738,415,616 parameters: less 131,072,000 of the table and 266,240 of norms, and with
    # 2 L n A D = 134,217,728 for the products of attention
    real = 6738415616 - 131072000 - 266240 + 134217728
    assert found.within == pytest.approx(abs(6738415616 / real - 1))


def test_a_factor_that_is_simply_wrong_is_no_rule_of_thumb():
    assert judged(r"M \approx 1.1 \cdot 2 b L S K D B", **KV).verdict == "wrong"
