"""Conditions: what they mean, and what is said of those that mean nothing."""

from contextlib import suppress
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from edgesym.analysis.inverse.conditions import read_condition, refuse_contradictions
from edgesym.architectures.locate import load
from edgesym.catalogue import REGISTRY
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.scenario.setup import Setup

SETUP = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"))
VALUES = SETUP.values()
WEIGHTS, TOKEN = (SETUP.number(n) for n in ("weight_bytes", "time_per_output_token"))

#: A condition, and the numbers of its left and right side, worked out by hand.
MEANINGS = [
    ("time_per_output_token <= 50ms", "<=", TOKEN, Fraction(1, 20)),
    ("50 ms >= time_per_output_token", "<=", TOKEN, Fraction(1, 20)),
    ("weight_bytes < 7.5GiB", "<", WEIGHTS, 7.5 * 2**30),
    ("weight_bytes == 7.5 GB", "=", WEIGHTS, 75 * 10**8),
    ("2*weight_bytes + 1 GiB < 0.9 * memory", "<", 2 * WEIGHTS + 2**30, 0.9 * 8 * 2**30),
    ("-(weight_bytes - 1GB) * 2 > -3e9 B", ">", -2 * (WEIGHTS - 10**9), -3 * 10**9),
    ("weight_bytes / bandwidth <= 1s", "<=", WEIGHTS / 17.068e9, 1),
    ("1 / time_per_output_token >= 20 tokens/s", ">=", 1 / TOKEN, 20),
    ("context > 4096", ">", 256, 4096),
    ("4_096 tokens < S", ">", 256, 4096),
    ("parameters <= 1e9", "<=", 1235814400, 10**9),
    ("weight_bytes <= 3 s * memory_bandwidth", "<=", WEIGHTS, 3 * 17.068e9),
    ("time_per_output_token <= 1s/b", "<=", TOKEN, 1),
    ("idle_power * time_per_output_token < 3 J", "<", None, 3),
]


@pytest.mark.parametrize("meaning", MEANINGS, ids=lambda m: m[0])
def test_a_condition_means_what_it_says(meaning):
    text, relation, left, right = meaning
    found = read_condition(text, SETUP)
    assert found.relation == relation
    sides = [evaluate(side.expression, VALUES) for side in (found.left, found.right)]
    assert left is None or float(sides[0]) == pytest.approx(float(left), rel=1e-12)
    assert float(sides[1]) == pytest.approx(float(right), rel=1e-12)


MISTAKES = [
    ("", ["''", "not a condition"]),
    ("weight_bytes", ["not a condition", "<="]),
    ("weight_bytes <=", ["not a condition"]),
    ("1 GB < weight_bytes < 2 GB", ["not a condition"]),
    ("weight_byte <= 1GB", ["'weight_byte'", "weight_bytes"]),
    ("time_per_token <= 1s", ["'time_per_token'", "time_per_output_token"]),
    ("time_per_output_token <= 50", ["50 has no unit", "in s", "behind it: ns, us, ms, s"]),
    ("weight_bytes <= 3 s", ["weight_bytes is in B", "3 s in s"]),
    ("weight_bytes + time_per_output_token <= 3 s", ["cannot be compared or added"]),
    ("weight_bytes + 3 <= 3 B", ["3 has no unit", "weight_bytes is in B"]),
    ("flops <= 3 GOPS", ["'GOPS'", "GOP/s"]),
    ("parameters <= 3 B", ["parameters is in 1", "3 B in B"]),
    ("1GB <= 2GB", ["1GB <= 2GB", "compares two numbers"]),
    ("2 weight_bytes <= 1GB", ["weight_bytes is no unit", "*"]),
    ("weight_bytes <= (1GB", ["'(1GB' is not a formula"]),
    ("weight_bytes <= 1GB 2", ["not a formula"]),
    ("weight_bytes ** 2 <= 1GB", ["not a formula", "sums, products and quotients"]),
    ("weight_bytes / 0 <= 1GB", ["division by zero"]),
    ("weight_bytes <= open('x')", ["open"]),
    ("weight_bytes <= __import__", ["'__import__'"]),
    ("weight_bytes.real <= 1GB", ["'weight_bytes.real'"]),
    ("weight_bytes <= [1GB]", ["[1GB]", "cannot be read"]),
    ("weight_bytes <= 1e999 B", ["'1e999'"]),
    ("weight_bytes <= " + "1 B + " * 50, ["condition of"]),
    ("weight_bytes <= " + "9" * 60 + " B", ["is not a number"]),
    ("weight_bytes <= " + "(" * 90, ["cannot be read"]),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m[0][:50])
def test_a_mistake_is_named(mistake):
    text, words = mistake
    with pytest.raises(EdgesymError) as caught:
        read_condition(text, SETUP)
    for word in words:
        assert word in str(caught.value)
    assert len(str(caught.value)) < 600


CONTRADICTIONS = [
    (["time_per_output_token <= 50ms", "time_per_output_token >= 60ms"], True),
    (["time_per_output_token <= 50ms", "60ms <= time_per_output_token"], True),
    (["time_per_output_token < 50ms", "time_per_output_token >= 0.05s"], True),
    (["time_per_output_token <= 50ms", "time_per_output_token >= 0.05s"], False),
    (["flops = 3 FLOP", "flops = 4 FLOP"], True),
    (["flops = 3 FLOP", "flops <= 4 FLOP"], False),
    (["flops >= 3 FLOP", "flops >= 4 FLOP"], False),
    (["weight_bytes <= 1GB", "kv_cache_bytes >= 2GB"], False),
    (["weight_bytes <= memory", "weight_bytes >= 2GB"], False),
]


@pytest.mark.parametrize(("texts", "refused"), CONTRADICTIONS, ids=str)
def test_contradictions_are_refused(texts, refused):
    conditions = [read_condition(text, SETUP) for text in texts]
    if not refused:
        refuse_contradictions(conditions)
        return
    with pytest.raises(EdgesymError, match="contradict each other"):
        refuse_contradictions(conditions)


#: Joined at random; a blank stands for the blank, the bar parts them.
PIECES = (
    "weight_bytes|time_per_output_token|S|memory|layers.full|x|2|0|1e3|7.5GiB|50ms|20 tokens/s|s"
    "|GB/s|+|-|*|/|(|)|<=|<|=|>=| |.|_|**|'|[|\x00|\n|é|lambda|1_0|e9|,"
)
pieces = st.sampled_from(PIECES.split("|"))


@given(st.one_of(st.text(max_size=40), st.lists(pieces, max_size=12).map("".join)))
def test_any_text_is_a_condition_or_an_error_of_ours(text):
    with suppress(EdgesymError):
        assert isinstance(read_condition(text, SETUP).difference, sympy.Expr)


@given(st.sampled_from(sorted(REGISTRY)), st.sampled_from(sorted(REGISTRY)))
def test_quantities_compare_where_their_units_agree(one, other):
    """Tokens are counts: what is left of a unit decides."""
    units = {REGISTRY[name].unit.replace("tokens", "1") for name in (one, other)}
    constant = all(SETUP.expression(name).is_number for name in (one, other))
    if len(units) == 1 and not constant:
        assert {one, other} >= {read_condition(f"{one} <= {other}", SETUP).left.text}
        return
    with pytest.raises(EdgesymError, match=r"cannot be compared|has no unit|two numbers"):
        read_condition(f"{one} <= {other}", SETUP)
