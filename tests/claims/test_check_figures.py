"""Claims on times are measured with figures of real devices, never with 1 for each."""

from __future__ import annotations

import pytest

from edgesym.claims.check import check
from edgesym.claims.claim import Claim
from edgesym.claims.reference import DEVICES, MODELS, figures_of, measured_at, rates, values_of
from edgesym.claims.sizes import relative_sizes
from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.symbols import symbol

LETTERS = {"F": "flops", "P": "peak_flops", "W": "memory_bandwidth", "U": "compute_utilisation"}
STEP = "flops/peak_flops + weight_bytes/memory_bandwidth"
P, W, U, M = map(
    symbol, ("peak_flops", "memory_bandwidth", "compute_utilisation", "link_bandwidth")
)


def claim(text, quantity, **more):
    return Claim(text, quantity, LETTERS, "plain", **more)


# With P = W = U = 1 the first reads 0.05 % of the time and passed for an approximation, and so
# did the others: the bytes of a decode step and the utilisation were nothing.
MISSED = [
    (STEP, "prefill"),
    ("max(flops/peak_flops, weight_bytes/memory_bandwidth)", "decode"),
    ("compute_time", "prefill"),
]


@pytest.mark.parametrize(("quantity", "phase"), MISSED)
def test_a_time_without_one_of_its_terms_is_wrong(quantity, phase):
    found = check(claim("F/P", quantity, phase=phase), search=False)
    assert found.verdict == "wrong"
    assert set(found.relative) == {f"{m} on {d}" for m in MODELS for d in DEVICES}


def test_figures_that_cancel_leave_the_name_of_the_model_alone():
    found = check(claim("2*F/P", "flops/peak_flops"), search=False)
    assert found.relative == pytest.approx(dict.fromkeys(MODELS, 1.0))


def test_rounding_of_figures_is_no_error():
    found = check(claim("F/P", "max(flops/peak_flops, weight_bytes/memory_bandwidth)"))
    assert found.relative == dict.fromkeys(MODELS, 0.0)


def test_a_figure_that_no_device_has_may_only_cancel():
    assert M not in {symbol(w) for w in find_device("apple-m2").figures}
    assert relative_sizes(1 / M, 1 / M) == pytest.approx(dict.fromkeys(MODELS, 1.0))
    assert not any("apple" in name for name in relative_sizes(1 / M, 1 / W))


def test_no_figure_stands_for_one():
    assert not rates() & values_of(MODELS[0]).keys()
    for device, values in measured_at(MODELS[0], {P, W}).items():
        own = figures_of(device)
        assert all(values[figure] == number for figure, number in own.items())
        assert all(values[figure] != 1 for figure in rates() - own.keys())


def test_a_printed_time_needs_the_figures_it_is_printed_for():
    row = {"model": "llama-3.1-8b", "printed": "36.6 s"}
    alone = claim("F/(P*U)", "compute_time", numbers=(row,))
    with pytest.raises(
        ConfigError, match=r"llama-3\.1-8b has no peak_flops, no compute_utilisation"
    ):
        check(alone, search=False)
    figures = {"peak_flops": 1e12, "compute_utilisation": 0.9}
    given = claim("F/(P*U)", "compute_time", numbers=({**row, **figures},))
    number = check(given, search=False).numbers[0]
    assert number.agrees
    assert number.theirs == pytest.approx(number.ours, rel=1e-12)
