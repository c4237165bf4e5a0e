"""Equations that nobody prints: large, deep, of high powers; each is answered or refused."""

from __future__ import annotations

import time

import pytest

from edgesym.claims.check import check
from edgesym.claims.claim import Claim
from edgesym.errors import EdgesymError

NAMES = {"L": "layers", "H": "hidden", "I": "intermediate", "N": "parameters", "F": "flops"}


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        (r"\log " * 500 + "H", "latex"),
        (r"\log(" * 500 + "H" + ")" * 500, "latex"),
        ("+".join(["L*H"] * 10**6), "plain"),
        ("2**(2**(2**(2**5)))*L", "plain"),
    ],
    ids=["log", "log(", "terms", "tower"],
)
def test_what_is_too_large_is_refused(text, notation):
    with pytest.raises(EdgesymError) as caught:
        check(Claim(text, "parameters", NAMES, notation, id="big"))
    assert "claim big" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_high_powers_are_answered():
    start = time.process_time()
    assert check(Claim("(L+H+I)**32", "parameters", NAMES, "plain")).verdict == "wrong"
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("text", "quantity"), [("N**32*F**32", "flops**32"), ("F**32", "flops**32 + 1")]
)
def test_high_powers_of_quantities_are_not_compared(text, quantity):
    start = time.process_time()
    assert check(Claim(text, quantity, NAMES, "plain")).verdict == "not comparable"
    assert time.process_time() - start < 2
