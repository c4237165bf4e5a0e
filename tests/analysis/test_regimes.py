"""The regime map against a plain loop over points and kernels."""

from __future__ import annotations

import numpy as np
import pytest

from edgesym.analysis.crossovers.regimes import COLUMNS, powers_of_two, regime_map
from edgesym.analysis.crossovers.waits import REGIMES, shares, waits
from edgesym.analysis.estimate import estimate
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, DeviceError
from edgesym.graph.tensor import Role
from edgesym.quantities.time import kernel_costs
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from tests.support import letters

t_0 = letters("t_0")[0]
BATCHES, CONTEXTS = (1, 5, 1024), (128, 8193, 131072)
SETUPS = [
    ("llama-3.2-1b", "raspberry-pi-5", "q4_0", "fused"),
    ("gemma-3-1b", "rtx-4090", "bf16", "unfused"),
    ("llama-4-scout", "apple-m2", "int8", "fused"),
    ("deepseek-v3", "rtx-4090", "q4_0", "ideal"),
]


def setup(card, device, weights, kernels, **run):
    return Setup(load(card), find_device(device), Run(weights=weights, kernels=kernels, **run))


def looped(made):
    """Seconds by what they wait for, kernel by kernel."""
    values = made.values()
    found = dict.fromkeys(REGIMES, 0.0)
    for kernel in kernel_costs(made.case("decode")):
        runs = int(evaluate(kernel.repeat, values))
        computing = float(evaluate(kernel.compute_time, values))
        moving = float(evaluate(kernel.memory_time, values))
        found["launch"] += runs * values[t_0]
        if computing > moving:
            found["compute"] += runs * computing
            continue
        bytes_ = {role: float(evaluate(form, values)) for role, form in kernel.traffic.items()}
        for role, amount in bytes_.items():
            name = {Role.WEIGHT: "weights", Role.CACHE: "cache", Role.STATE: "cache"}.get(role)
            found[name or "activations"] += runs * moving * amount / sum(bytes_.values())
    return found


@pytest.mark.parametrize("made", SETUPS, ids=lambda made: made[0])
def test_a_map_is_a_loop_over_its_points(made):
    whole = regime_map(setup(*made), BATCHES, CONTEXTS)
    for row, batch in enumerate(BATCHES):
        for column, context in enumerate(CONTEXTS):
            point = setup(*made, batch=batch, context=context)
            at = row, column
            seconds = looped(point)
            for name in REGIMES:
                assert whole.waits[name][at] == pytest.approx(seconds[name], rel=1e-12)
            there = estimate(point)
            assert dict(there.shares) == pytest.approx(
                {name: whole.waits[name][at] / whole.time[at] for name in REGIMES}, rel=1e-12
            )
            assert there.bound == REGIMES[whole.bound[at]]
            assert there.fits == whole.fits[at]
            for name, column_ in (
                ("time_per_output_token", whole.time),
                ("tokens_per_second", whole.tokens_per_second),
                ("memory_footprint", whole.footprint),
            ):
                assert column_[at] == pytest.approx(there.quantities[name], rel=1e-12)


def test_waits_add_up_to_the_step_and_shares_to_one():
    made = setup(*SETUPS[0], batch=3)
    assert sum(waits(made).values()) == pytest.approx(made.number("step_time"), rel=1e-12)
    assert sum(shares(made).values()) == pytest.approx(1, rel=1e-12)


def test_rows_are_the_points_of_the_map():
    whole = regime_map(setup(*SETUPS[0]), BATCHES, CONTEXTS)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in whole.rows()]
    assert [(row["batch"], row["context"]) for row in rows] == [
        (batch, context) for batch in BATCHES for context in CONTEXTS
    ]
    for row, place in zip(rows, np.ndindex(whole.time.shape), strict=True):
        named = {name: row[f"{name}_share"] for name in REGIMES}
        assert row["bound"] == max(named, key=named.get)
        assert sum(named.values()) == pytest.approx(1)
        assert row["time_per_output_token_s"] == whole.time[place]
        assert row["fits"] is bool(whole.fits[place])


def test_a_map_needs_a_device():
    bare = Setup(load("llama-3.2-1b"))
    with pytest.raises(DeviceError, match="--device"):
        regime_map(bare, BATCHES, CONTEXTS)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(1, 8, [1, 2, 4, 8]), (128, 1000, [128, 256, 512, 1000]), (3, 4, [3, 4]), (1, 2, [1, 2])],
)
def test_powers_of_two_end_where_asked(low, high, expected):
    assert powers_of_two(low, high) == expected


@pytest.mark.parametrize(("low", "high"), [(0, 8), (8, 8), (9, 8), (-4, 4), (1, 10**9 + 1)])
def test_a_range_of_nothing_is_refused(low, high):
    with pytest.raises(ConfigError, match=f"{low} to {high}"):
        powers_of_two(low, high)
