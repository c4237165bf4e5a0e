"""The best whole number: against every other one, and the closed form of a slope of zero."""

from __future__ import annotations

import pytest

from edgesym import Run, Setup, load
from edgesym.analysis.documents.optimum import optimum_document
from edgesym.analysis.inverse.optimum import RATIO, optimum
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, ExpressionError, UnknownNameError
from edgesym.symbols import symbol

A, K = symbol("acceptance"), symbol("draft_tokens")


def drafted(model: str, draft: str, device: str, acceptance: float, **run: object) -> Setup:
    asked = Run(draft=draft, acceptance=acceptance, **run)  # type: ignore[arg-type]
    return Setup(load(model), find_device(device), asked)


@pytest.mark.parametrize(
    ("model", "draft", "device", "acceptance"),
    [
        ("qwen3-14b", "qwen3-0.6b", "h100-sxm", 0.8),
        ("qwen3-30b-a3b", "qwen3-0.6b", "h100-sxm", 0.9),
        ("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5", 0.8),
        ("qwen3-8b", "lookup", "jetson-orin-nano-8gb", 0.5),
        ("qwen3.5-4b", "mtp", "raspberry-pi-5", 0.7),
    ],
)
def test_it_is_better_than_every_other(
    model: str, draft: str, device: str, acceptance: float
) -> None:
    one = drafted(model, draft, device, acceptance)
    found = optimum(one, "draft_tokens", "time_per_output_token", largest=False)
    form = one.expression("time_per_output_token")
    others = {k: float(evaluate(form, {**one.values(), K: k})) for k in range(1, 400)}
    assert found.best == min(others, key=others.__getitem__)
    assert float(found.value) == pytest.approx(others[found.best], rel=1e-12)
    assert all(value >= found.value for _, value in found.values)
    fastest = optimum(one, "draft_tokens", "speculative_speedup", largest=True)
    assert fastest.best == found.best


def test_the_closed_form_is_where_the_slope_is_zero() -> None:
    one = drafted("qwen3-14b", "qwen3-0.6b", "h100-sxm", 0.8)
    found = optimum(one, "draft_tokens", "speculative_speedup", largest=True)
    still = found.stationary
    assert still is not None
    assert still.formula is not None
    number = still.formula.subs({A: 0.8, RATIO: still.ratio}).evalf()
    assert float(number) == pytest.approx(still.at, rel=1e-9)
    form, values = one.expression("speculative_speedup"), one.values()
    here, left, right = (
        float(evaluate(form, {**values, K: still.at + step})) for step in (0, -1e-3, 1e-3)
    )
    assert here > left
    assert here > right


def test_experts_leave_no_closed_form() -> None:
    one = drafted("qwen3-30b-a3b", "qwen3-0.6b", "h100-sxm", 0.8)
    still = optimum(one, "draft_tokens", "speculative_speedup", largest=True).stationary
    assert still is not None
    assert still.formula is None


def test_more_is_accepted_more_is_drafted() -> None:
    best = [
        optimum(
            drafted("llama-3.1-70b", "llama-3.2-1b", "h100-sxm", acceptance),
            "draft_tokens",
            "speculative_speedup",
            largest=True,
        ).best
        for acceptance in (0, 0.4, 0.7, 0.9, 1)
    ]
    assert best[0] == 1
    assert best == sorted(best)
    assert best[-1] > best[1]


def test_a_kink_has_no_slope_of_zero() -> None:
    one = drafted("qwen3-8b", "qwen3-0.6b", "raspberry-pi-5", 0.8, weights="q4_0")
    found = optimum(one, "draft_tokens", "time_per_output_token", largest=False)
    assert found.stationary is None
    facts = optimum_document(found).blocks[1]
    assert "it jumps" in str(facts)


def test_conditions_bound_it() -> None:
    one = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(weights="q4_0"))
    found = optimum(
        one, "batch", "tokens_per_second", largest=True, conditions=["memory_footprint <= 4GiB"]
    )
    fitting = [n for n, _ in found.values]
    assert max(fitting) <= found.feasible[-1].high
    assert found.best in fitting
    small = optimum(one, "batch", "tokens_per_second", largest=True, between=("2", "5"))
    assert small.best == 5
    assert small.each == 5
    assert found.notes == small.notes == ()
    large = optimum(one, "batch", "tokens_per_second", largest=True, between=("4000", "5000"))
    assert "it does not fit there" in large.notes[0]
    assert large.notes[0] in str(optimum_document(large))


def test_what_has_no_best_is_refused() -> None:
    one = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"))
    with pytest.raises(ConfigError, match="no whole number"):
        optimum(one, "bandwidth", "tokens_per_second", largest=True)
    with pytest.raises(ExpressionError, match="does not depend on batch"):
        optimum(one, "batch", "parameters", largest=True)
    with pytest.raises(ExpressionError, match="no batch meets"):
        optimum(
            one, "batch", "tokens_per_second", largest=True, conditions=["memory_footprint <= 1MiB"]
        )
    with pytest.raises(UnknownNameError):
        optimum(one, "batch", "tokens_per_secnd", largest=True)
    with pytest.raises(ConfigError, match="--draft MODEL, mtp or lookup, --acceptance"):
        optimum(one, "draft_tokens", "speculative_speedup", largest=True)
