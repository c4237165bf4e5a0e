"""Figures of a fit: what is seen and unseen, how they vary together, and every row that ships."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from edgesym.architectures.naming import cards
from edgesym.devices import device_names, find_device
from edgesym.devices.classes import class_names
from edgesym.errors import ConfigError
from edgesym.fits import find_fit, fitted, fitted_classes, read_fit
from edgesym.fits.levels import LEVELS, WORDS, Place, held
from edgesym.runtimes import runtime_names

CARD = Place("rtx-4090", "llama.cpp-cuda", "q4_k", "llama")


@pytest.mark.parametrize("total", [-8.0, -0.4, 0.0, 3.0])
def test_a_utilisation_stays_below_one_and_its_derivative_is_right(total):
    value, slope = held("memory_utilisation", total)
    assert value < 0
    step = 1e-6
    above, below = (held("memory_utilisation", total + side * step)[0] for side in (1, -1))
    assert slope == pytest.approx((above - below) / (2 * step), abs=1e-8)
    if total < -3:
        assert value == pytest.approx(total, abs=1e-4)


@pytest.mark.parametrize("name", fitted_classes())
def test_every_fit_is_of_what_ships(name):
    fit = find_fit(name)
    assert fit is not None
    assert name in {*class_names(), *device_names()}
    assert {each.runtime for each in fit.rows} <= set(runtime_names())
    assert {each.device for each in fit.rows} <= set(device_names())
    assert fit.count == sum(each.rows for each in fit.rows) > 0
    assert set(fit.deviations) == set(LEVELS)
    for row in fit.rows:
        for model in row.models:
            assert model.removesuffix(" untied") in cards()
    for each in fit.coefficients:
        assert each.word in WORDS
        assert each.std > 0
        assert 0 < each.rows <= fit.count
    size = len(fit.coefficients)
    covariance = np.array([[fit.covariance_of(i, j) for j in range(size)] for i in range(size)])
    stds = [each.std for each in fit.coefficients]
    assert np.sqrt(np.diag(covariance)) == pytest.approx(stds, rel=2e-3)
    # four digits are kept
    assert np.linalg.eigvalsh(covariance).min() > -1e-3 * covariance.max()


@pytest.mark.parametrize("name", fitted_classes())
def test_every_figure_is_one_that_a_device_may_have(name):
    fit = find_fit(name)
    assert fit.rows
    for row in fit.rows:
        found = fitted(name, Place(row.device, row.runtime, "q4_k", "llama"))
        assert found.own == row.rows
        for word, figure in found.figures.items():
            assert 0 < figure.value <= (1 if "utilisation" in word else 0.1), (row, word)
            assert figure.std > 0
        assert all(0.01 < scatter < 3 for scatter in found.scatter.values())


def test_what_is_unseen_adds_to_the_variance_and_not_to_the_value():
    seen = fitted("geforce", CARD)
    new = fitted("geforce", Place("rtx-9090", "llama.cpp-cuda", "q4_k", "llama"))
    other = fitted("geforce", Place("rtx-9090", "rkllm", "q4_k", "llama"))
    for word in ("memory_utilisation", "launch_overhead"):
        spreads = [each.covariance[word, word] for each in (seen, new, other)]
        assert spreads == sorted(spreads), word
    assert new.own == other.own == other.rows == 0 < seen.own < seen.rows
    assert (seen.split("llama-3.1-8b"), seen.split("none"), new.split("llama-3.1-8b")) == (
        *("seen", "model", "device"),
    )
    assert "none of this device" in new.stands
    assert "no row of rkllm" in other.stands


def test_figures_trade_off():
    found = fitted("rtx-workstation", Place("rtx-a6000", "llama.cpp-cuda", "q4_k", "llama"))
    rho = found.correlation("memory_utilisation", "launch_overhead")
    # bytes that move slower leave less time for launches
    assert 0 < rho < 1
    assert found.correlation("launch_overhead", "launch_overhead") == pytest.approx(1)


def test_a_class_without_rows_has_no_fit():
    assert fitted("no-such-class", CARD) is None


def test_a_fit_in_a_folder_is_before_the_one_that_ships(tmp_path):
    from edgesym.fitting.write import as_text

    shipped = find_fit("geforce")
    (tmp_path / "geforce.json").write_text(as_text(shipped), encoding="utf-8")
    own = find_fit("geforce", str(tmp_path))
    assert own is not shipped
    assert own.coefficients == shipped.coefficients


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.pop("scatter"),
        lambda table: table["covariance"].pop(),
        lambda table: table["coefficients"][0].__setitem__(0, "speed"),
    ],
)
def test_a_file_that_is_no_fit_is_refused(tmp_path, change):
    from edgesym.fitting.write import as_text

    table = json.loads(as_text(find_fit("geforce")))
    change(table)
    path = tmp_path / "geforce.json"
    path.write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"is no fit|missing scatter"):
        read_fit(path)


def test_the_estimate_of_a_shipped_device_stands_on_the_fit():
    from edgesym import load
    from edgesym.analysis.uncertainty import uncertainties
    from edgesym.scenario.run import Run
    from edgesym.scenario.setup import Setup
    from edgesym.symbols import symbol

    run = Run(weights="q4_k_m", kernels="llama.cpp")
    made = Setup(load("llama-3.1-8b"), find_device("rtx-4090"), run)
    (part,) = made.fits
    figure = made.figures()[symbol("memory_utilisation")]
    assert (figure.kind, figure.condition) == ("fitted", part.fit.stands)
    (found,) = uncertainties(made, ["time_per_output_token"]).values()
    low, high = found.interval
    assert low < found.value < high
    assert 0 < found.scatter < 1
    assert sum(found.contributions.values()) + found.scatter == pytest.approx(1)
    # figures set by hand stand, each by itself
    device = find_device("rtx-4090").with_settings(["memory_utilisation=0.5", "launch_overhead=0s"])
    given = Setup(made.model, device, made.run).figures()
    assert given[symbol("memory_utilisation")].value == 0.5
    assert given[symbol("compute_utilisation")].kind == "fitted"


def test_no_interval_passes_the_peaks():
    from edgesym import load
    from edgesym.analysis.uncertainty import uncertainties
    from edgesym.scenario.run import Run
    from edgesym.scenario.setup import Setup

    # a device that the fit does not know, in a runtime that it does not know: a wide interval
    run = Run(weights="q4_k_m", kernels="unfused")
    made = Setup(load("llama-3.1-8b"), find_device("rtx-4090"), run)
    found = uncertainties(made, ["time_per_output_token", "tokens_per_second"])
    bandwidth = made.machine.figures["memory_bandwidth"].value
    least = float(made.number("memory_traffic")) / bandwidth
    assert found["time_per_output_token"].interval[0] >= least * (1 - 1e-9)
    assert found["tokens_per_second"].interval[1] <= (1 + 1e-9) / least
    assert math.isfinite(found["tokens_per_second"].interval[0])
