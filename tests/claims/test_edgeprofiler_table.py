"""EdgeProfiler reproduced: the rows that its script prints, from its equations and inputs.

Source of the numbers: EdgeProfiler.py of github.com/ShakyaJayakody/EdgeProfiler at b7762d9,
run as it stands.
"""

from __future__ import annotations

import pytest

from edgesym.analysis.estimate import estimate
from edgesym.architectures.locate import load
from edgesym.claims.edgeprofiler import COLUMNS, reproduce
from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

ROWS = {(row.device, row.model, row.precision): row for row in reproduce()}

#: (device, model, precision) -> printed columns of the script.
PRINTED = [
    (
        ("Raspberry Pi 4", "TinyLlama-1B", "FP32"),
        {
            "Params(M)": 1413.8,
            "FLOPs/tok(G)": 2.6,
            "Mem(MiB)": 5785.3,
            "Comp(ms)": 74.79,
            "Mem(ms)": 532.13,
            "IO(ms)": 14138.12,
            "H2D(ms)": 673.24,
            "Net(ms)": 104.86,
            "E2E(ms)": 15448.35,
            "AI": 0.43,
            "Energy(J)": 6.069,
        },
    ),
    (("Raspberry Pi 4", "TinyLlama-1B", "INT8"), {"E2E(ms)": 3862.09}),
    (("Jetson Nano Super", "DeepSeek-r1-1.5B", "INT8"), {"E2E(ms)": 1406.72}),
]
CELLS = [
    pytest.param(key, column, value, id=f"{' '.join(key)} {column}")
    for key, columns in PRINTED
    for column, value in columns.items()
]


@pytest.mark.parametrize(("key", "column", "value"), CELLS)
def test_a_cell_is_what_the_script_prints(key, column, value):
    quantity, factor, digits = COLUMNS[column]
    assert round(ROWS[key].script[quantity] * factor, digits) == value


def test_there_are_36_rows_and_three_models_are_one():
    assert len(ROWS) == 36
    shapes = {
        model: ROWS["Raspberry Pi 4", model, "FP32"].script["parameters"] for _, model, _ in ROWS
    }
    # 24 layers of 2048 and 8192 with 50257 tokens, whatever the name says
    assert list(shapes.values()).count(1_413_812_224) == 3
    assert len(set(shapes.values())) == 2


def test_its_parameters_are_not_those_of_the_models():
    for row in ROWS.values():
        assert row.script["parameters"] != row.derived["parameters"]
    # transformers 5.23.0, num_parameters of TinyLlama
    assert ROWS["Raspberry Pi 4", "TinyLlama-1B", "FP32"].derived["parameters"] == 1_100_048_384


def test_loading_the_weights_is_most_of_its_latency_and_none_of_ours():
    row = ROWS["Raspberry Pi 4", "TinyLlama-1B", "FP32"]
    share = row.script["load_time"] / row.script["end_to_end_time"]
    assert share == pytest.approx(0.92, abs=0.01)
    assert row.derived["end_to_end_time"] == row.derived["time_per_output_token"]


@pytest.mark.parametrize("key", ROWS, ids=" ".join)
def test_end_to_end_is_the_roofline_and_all_that_is_paid_once(key):
    found = ROWS[key].script
    once = found["load_time"] + found["transfer_time"] + found["network_time"]
    slower = max(found["compute_time"], found["memory_time"])
    assert found["end_to_end_time"] == pytest.approx(slower + once, rel=1e-12)


def setup(device, **options):
    model = load("llama-3.2-1b")
    run = Run(weights="int8", prompt=512, context=1024, composition="edgeprofiler", **options)
    return Setup(model, find_device(device), run)


def test_the_composition_follows_the_equations_as_printed():
    # L 16, H 2048, I 8192, V 128256, S 1024, B 1: eqs 7, 8 and 9 by hand
    found = estimate(setup("rtx-4090")).quantities
    parameters = 16 * 4 * 2048**2 + 16 * 2 * 2048 * 8192 + 2 * 128256 * 2048
    assert found["parameters"] == parameters
    assert found["flops"] == 16 * (
        6 * 2048**2 + 4 * 2048 * 1024 + 4 * 2048 * 8192 + 4 * 8192 * 2048 + 9 * 2048
    )
    assert found["memory_footprint"] == parameters + 1024 * 2048 + 2 * 16 * 1024 * 2048
    assert found["load_time"] == pytest.approx(parameters / (7450e6 * 0.8))


@pytest.mark.parametrize("device", ["rtx-4090", "raspberry-pi-5"])
def test_loading_and_copying_are_charged_to_every_token(device):
    found = estimate(setup(device))
    numbers = found.quantities
    once = numbers["load_time"] + numbers["transfer_time"] + numbers["network_time"]
    slower = max(numbers["compute_time"], numbers["memory_time"])
    assert numbers["time_per_output_token"] == pytest.approx(slower + once)
    assert found.shares["loading"] == pytest.approx(once / (slower + once))
    assert (numbers["transfer_time"] == 0) == ("link_bandwidth" not in found.setup.device.figures)


def test_the_equations_are_for_one_sequence():
    with pytest.raises(ConfigError, match="for one sequence, not a batch of 2"):
        setup("rtx-4090", batch=2)
