"""Equations that look right: each is called wrong, with numbers that refute it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from edgesym.claims.check import check
from edgesym.claims.claim import Claim
from edgesym.engine.evaluate import evaluate

LETTERS = {
    "L": "layers",
    "H": "hidden",
    "I": "intermediate",
    "V": "vocab",
    "S": "context",
    "A": "heads",
    "K": "kv_heads",
    "D": "head_dim",
    "b": "batch",
    "w": "bytes_per_element",
    "N": "parameters",
    "F": "flops",
    "Q": "memory_traffic",
    "P": "peak_flops",
    "W": "memory_bandwidth",
    "e_f": "energy_per_flop",
    "e_b": "energy_per_byte",
    "p": "pipeline_parallel",
    "m": "microbatches",
    "t": "tensor_parallel",
}
_PATH = Path(__file__).parents[1] / "data" / "traps.toml"
TRAPS = tomllib.loads(_PATH.read_text(encoding="utf-8"))["trap"]


def claim_of(trap):
    """The claim of a row."""
    more = {k: v for k, v in trap.items() if k not in ("text", "quantity", "verdict")}
    more["assumptions"] = tuple(more.get("assumptions", ()))
    return Claim(trap["text"], trap["quantity"], LETTERS, "plain", **more)


def test_there_are_sixty_of_them_and_more():
    assert sum(trap["verdict"] == "wrong" for trap in TRAPS) >= 60


@pytest.mark.parametrize("trap", TRAPS, ids=lambda t: f"{t['quantity']}: {t['text']}")
def test_a_trap_gets_its_verdict(trap):
    found = check(claim_of(trap))
    assert found.verdict == trap["verdict"]
    if found.verdict == "approximation":
        assert any("vanishes as" in reason for reason in found.reasons)
        return
    point = found.counterexample
    assert point.theirs != point.ours
    assert found.reasons
    sides = [float(evaluate(side, point.at)) for side in (found.theirs, found.ours)]
    if found.difference != 0:
        assert sides == pytest.approx([float(point.theirs), float(point.ours)])
    assert "counted -" not in " ".join(found.reasons)
