"""Expressions of torch over sizes, as exact ones."""

import pytest

pytest.importorskip("torch")

import sympy
from torch.utils._sympy.functions import (
    CeilToInt,
    FloorToInt,
    Mod,
    OpaqueUnaryFn_log2,
    PowByNatural,
)

from edgesym.symbols import symbol
from edgesym.tracing.settle import Settled

A = symbol("heads")


@pytest.mark.parametrize(
    ("heads", "rounded", "power", "asked"),
    [
        (16, FloorToInt, A, ["A is a power of 2"]),
        (24, FloorToInt, 16, ["16 < A", "A < 32"]),
        (24, CeilToInt, 32, ["16 < A", "A < 32"]),
    ],
)
def test_a_power_of_a_rounded_logarithm(heads, rounded, power, asked):
    settled = Settled({A: heads})
    # bloom and mpt: 2 ** floor(log2(heads)) slopes, and the rest of twice as many
    assert settled(PowByNatural(2, rounded(OpaqueUnaryFn_log2(A)))) == power
    assert list(map(str, settled.domain(iter(()), {}).conditions)) == asked


@pytest.mark.parametrize("tokens", [37, 293])
def test_padding_to_whole_chunks_asks_nothing_of_tokens(tokens):
    new = symbol("new_tokens")
    settled = Settled({new: tokens})
    assert settled(Mod(64 - Mod(new, 64), 64)) == 64 * sympy.ceiling(new / 64) - new
    assert settled.presupposed == {}
