"""Conventions: every choice, what it does to each part, and what it must leave alone."""

from __future__ import annotations

import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.graph.convention import CHOICES, Convention, convention, conventions
from edgesym.ledger import Kind, ledger
from tests.support import assert_equal_expression, letters

b, T, C, H, I, V, A, K, D = letters("b T C H I V A K D")
PAIRS = T * C + T * (T + 1) / 2

#: convention, part of a Llama block, its FLOPs in one block; None where it has none.
COSTS = [
    ("default", "attention.query", 2 * b * T * H * A * D),
    ("default,multiply_add=1", "attention.query", b * T * H * A * D),
    ("default,multiply_add=2k-1", "attention.query", (2 * H - 1) * b * T * A * D),
    ("default,multiply_add=2k-1", "feed_forward.down", (2 * I - 1) * b * T * H),
    ("default,multiply_add=2k-1", "attention.scores", (2 * D - 1) * b * A * PAIRS),
    ("default,multiply_add=2k-1", "attention.values", 2 * b * A * D * PAIRS - b * T * A * D),
    ("default,multiply_add=1", "feed_forward.activation", 4 * b * T * I),
    ("default", "attention.scores", 2 * b * A * D * PAIRS),
    ("default,attention=full", "attention.scores", 2 * b * A * D * T * (C + T)),
    ("default,attention=full", "attention.values", 2 * b * A * D * T * (C + T)),
    ("default,attention=full", "attention.softmax", 6 * b * A * T * (C + T)),
    ("default,elementwise=ignored", "attention.norm", None),
    ("default,elementwise=ignored", "attention.softmax", None),
    ("default,elementwise=ignored", "feed_forward.residual", None),
    ("default,elementwise=ignored", "feed_forward.gate", 2 * b * T * H * I),
    ("default", "head.logits", 2 * b * V * H),
    ("default,logits=all", "head.logits", 2 * b * T * V * H),
    ("default,logits=none", "head.logits", None),
    ("default", "embedding.lookup", None),
    ("default,embedding=one-hot", "embedding.lookup", 2 * b * T * V * H),
    ("macs", "head.logits", b * T * V * H),
    ("pytorch", "attention.scores", 2 * b * A * D * T * (C + T)),
]


@pytest.mark.parametrize(("text", "part", "expected"), COSTS)
def test_a_choice_changes_the_flops_of_a_part(text, part, expected):
    rows = ledger(load("llama-3.1-8b"), counting=convention(text)).filter(Kind.FLOPS, part=part)
    if expected is None:
        assert not rows.rows
    else:
        (row,) = rows
        assert_equal_expression(row.amount, expected)


@pytest.mark.parametrize("name", ["pytorch", "macs", "dot-product"])
@pytest.mark.parametrize("card", ["llama-3.1-8b", "gemma-3-1b", "llama-4-scout"])
def test_a_way_of_counting_flops_changes_no_parameter_and_no_cache(name, card):
    model = load(card)
    for kind in (Kind.STORED, Kind.ACTIVE, Kind.KEPT):
        found = ledger(model, counting=convention(name)).filter(kind).total()
        assert_equal_expression(found, ledger(model).filter(kind).total())


def test_half_the_square_is_what_a_causal_mask_saves_in_the_long_run():
    def scores(text, tokens):
        book = ledger(load("llama-3.1-8b"), counting=convention(text))
        (row,) = book.filter(Kind.FLOPS, part="attention.scores")
        return row.amount.subs({C: 0, T: tokens, b: 1, A: 1, D: 1})

    assert scores("default", 1000) / scores("pytorch", 1000) == sympy.Rational(1001, 2000)


@pytest.mark.parametrize("name", conventions())
def test_a_named_convention_says_each_of_its_choices(name):
    found = convention(name)
    assert found.note
    assert found.describe() == [CHOICES[field][getattr(found, field)] for field in CHOICES]


def test_single_choices_are_changed_on_request():
    changed = convention("pytorch,logits=last,attention=causal")
    assert (changed.logits, changed.attention) == ("last", "causal")
    assert (changed.elementwise, changed.multiply_add) == ("ignored", "2")
    assert changed.name == "pytorch,logits=last,attention=causal"


BAD = [
    ("pytroch", UnknownNameError, "unknown convention 'pytroch'; nearest: pytorch"),
    ("", UnknownNameError, "unknown convention ''"),
    ("default,logit=all", UnknownNameError, "field of convention 'logit'; nearest: logits"),
    ("default,name=x", UnknownNameError, "field of convention 'name'"),
    ("default,logits=first", UnknownNameError, "choice for logits 'first'; .*last"),
    ("default,logits", ConfigError, "'logits' should read field=choice"),
    ("default,", ConfigError, "should read field=choice"),
]


@pytest.mark.parametrize(("text", "error", "message"), BAD)
def test_a_convention_that_nobody_knows_is_refused(text, error, message):
    with pytest.raises(error, match=message):
        convention(text)


def test_a_convention_made_by_hand_is_checked():
    with pytest.raises(UnknownNameError, match="choice for multiply_add '3'"):
        Convention("mine", multiply_add="3")
