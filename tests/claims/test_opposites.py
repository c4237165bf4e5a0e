"""Opposites of assumptions, their plausibility, and what a search is told not to undo."""

from __future__ import annotations

import pytest

from edgesym.claims.assumptions import assume
from edgesym.claims.check import check
from edgesym.claims.claim import Claim
from edgesym.claims.plausible import absurd, rank
from edgesym.errors import ConfigError
from tests.claims.test_traps import LETTERS

HALF = "L*(8*H**2 + 2*H*S + 4*H*I)"
SHAPE = ("kv_heads = heads", "head_dim = hidden/heads", "plain feed-forward")
#: What makes a claim right, and the opposite of it.
PAIRS = [
    ("L*(8*H**2 + 4*H*S + 4*H*I)", "flops", "plain feed-forward", "gated"),
    ("L*(8*H**2 + 4*H*S + 6*H*I)", "flops", "head_dim = hidden/heads", "head_dim of its own"),
    ("12*L*H**2 + 2*L*H*S", "flops", "multiply-add as one", "multiply-add is two"),
    ("L*(8*H**2 + 4*H*S + 6*H*I)", "flops", "no logits", "logits counted"),
    ("L*(8*H**2 + 2*H*(S + 1) + 6*H*I) + 2*H*V", "flops", "causal", "all pairs"),
    ("L*(8*H**2 + 2*H*S + 6*H*I) + 2*H*V", "flops", "causal half", "all pairs"),
    ("L*(8*H**2 + 4*H*S + 6*H*I) + 4*H*V", "flops", "one-hot embedding", "embedding is a lookup"),
    ("L*(4*H**2 + 3*H*I) + V*H", "parameters", "tied", "untied"),
]


@pytest.mark.parametrize(("text", "quantity", "name", "opposite"), PAIRS)
def test_what_a_paper_says_it_is_not_is_not_found(text, quantity, name, opposite):
    more = {"per": "token"} if quantity == "flops" else {}
    found = check(Claim(text, quantity, LETTERS, "plain", **more))
    assert name in found.found
    said = check(Claim(text, quantity, LETTERS, "plain", assumptions=(opposite,), **more))
    assert name not in said.found
    both = Claim(text, quantity, LETTERS, "plain", assumptions=(name, opposite), **more)
    with pytest.raises(ConfigError, match="cannot both be assumed") as caught:
        check(both)
    assert name in str(caught.value)


def test_the_causal_half_is_not_found_in_decode():
    said = {"per": "token", "assumptions": (*SHAPE, "no logits")}
    assert check(Claim(HALF, "flops", LETTERS, "plain", **said)).verdict == "approximation"
    found = check(Claim(HALF, "flops", LETTERS, "plain", phase="decode", **said))
    assert found.verdict == "wrong"
    assert "causal half" not in found.found


def test_absurd_sets_come_last_and_are_said_to_be_so():
    odd = [assume(n) for n in ("one-hot embedding", "no logits")]
    assert absurd(odd)
    assert not absurd([], odd)  # the paper says so itself
    usual = [assume(n) for n in ("kv_heads = heads", "head_dim = hidden/heads", "no norms")]
    assert rank(usual) < rank(odd)
    found = check(Claim("V*H", "flops", LETTERS, "plain", part="embedding + head", per="token"))
    assert found.verdict == "exact under assumptions"
    assert found.found == ("multiply-add as one",)


def test_four_hidden_goes_with_a_plain_feed_forward():
    found = check(Claim("6*L*H**2", "parameters", LETTERS, "plain"))
    assert found.repair.right == 12
    assert "the claim is 1/2 times what the graph gives" in found.reasons
    found = check(Claim("24*L*H**2", "parameters", LETTERS, "plain"))
    assert "the claim is 2 times what the graph gives" in found.reasons


def test_a_factor_that_is_missing_is_named_in_the_authors_letters():
    letters = {"n": "layers", "d": "hidden", "s": "context"}
    found = check(Claim("24*n*d**2 + 4*d*s", "flops", letters, "plain", per="token"))
    assert found.verdict == "wrong"
    assert found.repair.words == "a factor n more in 4*d*s"
    assert "+4*d*s: the graph has no such term" in found.reasons
    assert any(reason.startswith("at d = 2, n = 3, s = 4:") for reason in found.reasons)


def test_sizes_are_those_of_models_that_have_the_layer():
    from edgesym.claims.sizes import models_with
    from edgesym.symbols import symbol

    assert "deepseek-v2-lite" in models_with({symbol("latent")})
    assert "mistral-7b-v0.1" in models_with({symbol("window")})
    assert models_with({symbol("state_dim")})
    assert "gpt2" in models_with({symbol("hidden")})
