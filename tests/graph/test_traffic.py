"""Traffic follows from the partition: what fusion saves, and what it can never save."""

from __future__ import annotations

import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.engine.evaluate import evaluate
from edgesym.graph.tensor import Role
from edgesym.ledger import Kind, ledger
from edgesym.runtimes import find_runtime
from tests.support import (
    PLAIN_CARDS,
    SCHEMES,
    STEPS,
    assert_equal_expression,
    letters,
    step_values,
    varied_cards,
)

b, T, C, L, H, A, K, D, I = letters("b T C L H A K D I")
Ba, Bc = letters("B_a B_c")
every_card = pytest.mark.parametrize("card", varied_cards())
plain_card = pytest.mark.parametrize("card", PLAIN_CARDS)


def book(card, scheme):
    return ledger(load(card), fusion=find_runtime(scheme).fusion)


def moved(card, scheme, step):
    rows = book(card, scheme).filter(Kind.READ, Kind.WRITE)
    return evaluate(rows.total(), step_values(load(card), step, weight=sympy.Rational(9, 16)))


@every_card
@pytest.mark.parametrize("step", STEPS)
def test_more_fusion_never_moves_more(card, step):
    ideal, fused, unfused = (moved(card, scheme, step) for scheme in ("ideal", "fused", "unfused"))
    assert 0 < ideal <= fused <= unfused


@every_card
def test_every_scheme_reads_each_weight_as_much(card):
    def weights(scheme):
        rows = book(card, scheme).filter(Kind.READ, role=Role.WEIGHT)
        return {(row.block, row.tensor): row.amount for row in rows}

    unfused = weights("unfused")
    assert weights("fused") == unfused
    assert weights("ideal") == unfused
    stored = {(r.block, r.tensor) for r in book(card, "unfused").filter(Kind.STORED)}
    assert stored <= unfused.keys()


@plain_card
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_cache_is_read_and_written_however_much_is_fused(card, scheme):
    rows = book(card, scheme).filter(role=Role.CACHE)
    model = load(card)

    def total(kind, step):
        return evaluate(rows.filter(kind).total(), step_values(model, step, cache=1))

    values = model.values
    row = 2 * values[K] * values[D] * values[L]
    for step in STEPS:
        assert total(Kind.WRITE, step) == row * step[0] * step[1]
    # Contexts within every window and chunk: all that is cached is read, and at most the new.
    for batch, new, cached in STEPS[2:]:
        read = total(Kind.READ, (batch, new, cached))
        assert row * batch * cached <= read <= row * batch * (cached + new)


def test_the_ideal_kernel_reads_c_and_writes_t():
    rows = book("llama-3.1-8b", "ideal").filter(role=Role.CACHE)
    assert_equal_expression(rows.filter(Kind.READ).total(), 2 * Bc * L * b * K * D * C)
    assert_equal_expression(rows.filter(Kind.WRITE).total(), 2 * Bc * L * b * K * D * T)


def test_the_ideal_block_moves_only_its_weights_its_cache_and_what_passes_through():
    rows = book("llama-3.1-8b", "ideal").filter(Kind.READ, Kind.WRITE, role=Role.ACTIVATION)
    decoder = [row for row in rows if row.block == "decoder"]
    assert sorted((row.kind, row.amount) for row in decoder) == [
        ("read", b * T * H),
        ("write", b * T * H),
    ]


CORE = ("scores", "softcap", "softmax", "values")


@plain_card
def test_flash_attention_saves_exactly_the_score_matrices(card):
    """Dao et al. 2022 (arXiv:2205.14135): scores and weights are written and read once less."""
    pairs = {
        row.block: row.amount / (2 * D)
        for row in book(card, "unfused").filter(Kind.FLOPS, part="attention.scores")
    }
    assert pairs
    for block, squares in pairs.items():

        def core(scheme, block=block):
            rows = book(card, scheme).filter(Kind.READ, Kind.WRITE, part="attention")
            inside = (r for r in rows if r.block == block and r.part.split(".")[-1] in CORE)
            return sympy.Add(*(row.bytes for row in inside))

        assert_equal_expression(core("unfused") - core("fused"), 4 * Ba * squares)


def test_merged_projections_read_their_input_once():
    saved = {}
    for scheme in ("unfused", "fused"):
        for parts in (("query", "key", "value"), ("gate", "up", "activation", "product")):
            rows = [
                row.amount
                for row in book("llama-3.1-8b", scheme).filter(Kind.READ, Kind.WRITE)
                if row.part.split(".")[-1] in parts and row.role is Role.ACTIVATION
            ]
            saved[parts] = sympy.Add(*rows) - saved.get(parts, 0)
    qkv, gated = saved.values()
    assert_equal_expression(-qkv, 2 * b * T * H)
    # one input less; gate, activation and up are neither written nor read again
    assert_equal_expression(-gated, b * T * H + 6 * b * T * I)
