"""What pictures show: each number is the one that the quantity has there."""

from __future__ import annotations

import pytest

from edgesym.analysis.estimate import estimate
from edgesym.analysis.pictures.axis import in_common, read_axis, series_labels
from edgesym.analysis.pictures.breakdown import BREAKDOWNS, breakdown
from edgesym.analysis.pictures.lines import (
    heat_map,
    line_chart,
    pareto_chart,
    throughput_chart,
)
from edgesym.analysis.pictures.roofline import roofline
from edgesym.architectures.locate import load
from edgesym.claims.edgeprofiler import reproduce
from edgesym.claims.edgeprofiler_figure import latencies
from edgesym.devices import find_device
from edgesym.errors import ConfigError, DeviceError, OutputError, UnitError, UnknownNameError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

MODEL = load("llama-3.2-1b")
PI, GPU = find_device("raspberry-pi-5"), find_device("rtx-4090")
SETUP = Setup(MODEL, PI, Run(weights="int4"))


def at(setup, **fields):
    run = setup.run
    given = {name: getattr(run, name) for name in ("weights", "kernels")} | fields
    return Setup(setup.model, setup.device, Run(**given))


AXES = [
    ("context=1k..8k:log:4", (1024, 2048, 4096, 8192), "tokens"),
    ("S=1..5", (1, 2, 3, 4, 5), "tokens"),
    ("batch=1,2,8", (1, 2, 8), "sequences"),
    ("batch=64..256:step:64", (64, 128, 192, 256), "sequences"),
    ("bandwidth=10GB/s..30GB/s:lin:3", (10e9, 20e9, 30e9), "B/s"),
    ("bits=4..8:lin:3", (4, 6, 8), "bits"),
    ("memory_utilisation=0.5..1:lin:2", (0.5, 1.0), "1"),
]


@pytest.mark.parametrize(("text", "values", "unit"), AXES)
def test_an_axis_is_read_with_its_unit(text, values, unit):
    axis = read_axis(text)
    assert (axis.values, axis.unit) == (pytest.approx(values), unit)


def test_wide_axes_are_logarithmic_unless_said_otherwise():
    assert read_axis("context=1k..128k").log
    assert not read_axis("context=1k..128k:lin").log
    assert not read_axis("context=1k..2k").log


AXIS_ERRORS = [
    ("contxt=1..5", UnknownNameError, "axis 'contxt'; nearest: context"),
    ("context", ConfigError, "write AXIS=VALUES, such as batch=1,2,4"),
    ("context=5..5", ConfigError, "1 points; give 2 to 2000"),
    ("context=9..5", ConfigError, "'9..5' is empty: give the lower number first"),
    ("context=1..9:cubic", ConfigError, "'1..9:cubic' is no range"),
    ("context=1..9:lin:1", ConfigError, "1 points; give 2 to 2000"),
    ("context=1..9:lin:many", ConfigError, "'1..9:lin:many' is no range"),
    ("context=8,2", ConfigError, "give the numbers in order, the lowest first"),
    ("context=1..9 & batch=1..9", ConfigError, "one symbol along an axis"),
    ("peak=1..9", UnitError, "1 has no unit"),
    ("peak=1B..9B", UnitError, "measures B"),
    ("layers=0..9", ConfigError, "whole number of 1 or more"),
    ("batch=-3..9", ConfigError, "batch"),
]


@pytest.mark.parametrize(("text", "kind", "message"), AXIS_ERRORS)
def test_what_is_no_axis_is_refused(text, kind, message):
    with pytest.raises(kind, match=message):
        read_axis(text)


def test_a_line_is_the_quantity_and_its_interval_at_each_point():
    axis = read_axis("context=512..4k:log:4")
    (line,) = line_chart([SETUP], axis, "time_per_output_token").lines
    for place, context in enumerate(axis.values):
        there = at(SETUP, context=context)
        found = estimate(there)
        assert line.y[place] == pytest.approx(float(there.number("time_per_output_token")))
        interval = found.uncertain["time_per_output_token"].interval
        assert (line.low[place], line.high[place]) == pytest.approx(interval)


def test_a_figure_along_the_axis_is_certain():
    axis = read_axis("memory_bandwidth=5GB/s..50GB/s:lin:3")
    (line,) = line_chart([SETUP], axis, "memory_time").lines
    exact = line_chart([SETUP], read_axis("context=256..512:lin:2"), "memory_time").lines[0]
    spread = (line.high[0] - line.low[0]) / line.y[0]
    assert 0 < spread < (exact.high[0] - exact.low[0]) / exact.y[0] + 1e-12


def test_where_nothing_is_uncertain_there_is_no_band():
    chart = line_chart([Setup(MODEL)], read_axis("context=1..9"), "kv_cache_bytes")
    assert (chart.lines[0].low, chart.band) == ((), "")


def test_the_context_follows_the_prompt():
    axis = read_axis("prompt=100..300:lin:2")
    (line,) = line_chart([SETUP], axis, "time_per_output_token").lines
    there = at(SETUP, prompt=300)
    assert line.y[1] == pytest.approx(float(there.number("time_per_output_token")))


def test_a_map_is_the_quantity_at_each_point():
    across, up = read_axis("context=512..4k:log:4"), read_axis("batch=1..3:lin:3")
    found = heat_map(SETUP, across, up, "tokens_per_second")
    for row, batch in enumerate(found.ys):
        for column, context in enumerate(found.xs):
            there = at(SETUP, context=context, batch=batch)
            truth = float(there.number("tokens_per_second"))
            assert found.values[row][column] == pytest.approx(truth)


def test_throughput_is_batch_over_latency():
    axis = read_axis("batch=1..64:log:7")
    chart = throughput_chart([SETUP, Setup(MODEL, GPU)], axis)
    assert [line.label for line in chart.lines] == ["int4, raspberry-pi-5", "bf16, rtx-4090"]
    for line in chart.lines:
        rates = [batch / x for batch, x in zip(axis.values, line.x, strict=True)]
        assert line.y == pytest.approx(rates)
        assert line.marks == ("1", "2", "4", "8", "16", "32", "64")


def test_a_front_is_what_no_other_is_better_than_in_both():
    runs = [Run(weights=name) for name in ("q8_0", "q4_0", "bf16")]
    setups = [Setup(MODEL, device, run) for device in (PI, GPU) for run in runs]
    names = ("energy_per_token", "tokens_per_second")
    chart = pareto_chart(setups, names)
    front = next(line for line in chart.lines if line.joined)
    points = [tuple(float(setup.number(name)) for name in names) for setup in setups]
    best = {
        point
        for point in points
        if not any(o != point and o[0] <= point[0] and o[1] >= point[1] for o in points)
    }
    assert set(zip(front.x, front.y, strict=True)) == best
    assert sum(len(line.x) for line in chart.lines) == len(setups)


def test_kernels_of_a_roofline_add_up_to_the_step_and_stay_under_the_roof():
    found = roofline(SETUP)
    for phase, name in (("prefill", "time_to_first_token"), ("decode", "time_per_output_token")):
        marks = [mark for mark in found.marks if mark.phase == phase]
        total = sum(mark.seconds for mark in marks)
        assert total == pytest.approx(float(SETUP.number(name)))
        assert sum(mark.share for mark in marks) == pytest.approx(1)
    for mark in found.marks:
        assert mark.rate <= min(found.peak, mark.intensity * found.bandwidth) * (1 + 1e-9)
    assert found.ridge == pytest.approx(float(SETUP.number("ridge_point")))
    assert found.silent > 0


WHOLES = [
    ("step", ("step_time",)),
    ("memory", ("memory_footprint",)),
    ("generation", ("generation_time", "load_time")),
]


@pytest.mark.parametrize(("of", "names"), WHOLES)
def test_the_parts_of_a_bar_add_up_to_the_whole(of, names):
    drafted = Run(weights="q8_0", draft="lookup", draft_tokens=3, acceptance=0.6)
    setups = [SETUP, Setup(MODEL, PI, Run(kernels="llama.cpp", weights="q4_k_m", context=4096))]
    setups.append(Setup(MODEL, PI, drafted))
    found = breakdown(setups, of)
    assert BREAKDOWNS[of].quantities == names
    for bar, setup in zip(found.bars, setups, strict=True):
        whole = sum(float(setup.number(name)) for name in names)
        assert bar.total == pytest.approx(whole)
    assert bool(found.limits) == (of == "memory")


def test_the_figure_of_edgeprofiler_is_its_script_beside_ours():
    found = latencies()
    rows = list(reproduce())
    assert len(found.bars) == 2 * len(rows)
    assert found.panels == ["(a) Raspberry Pi 4", "(b) Raspberry Pi 5", "(c) Jetson Nano Super"]
    pairs = zip(found.bars[::2], found.bars[1::2], strict=True)
    for (theirs, ours), row in zip(pairs, rows, strict=True):
        assert theirs.label == ours.label == f"{row.model} {row.precision}"
        assert (theirs.faint, ours.faint) == (True, False)
        assert theirs.total == pytest.approx(row.script["end_to_end_time"])
        assert dict(theirs.parts)["loading, every token"] == row.script["load_time"]
        assert ours.total == pytest.approx(row.derived["end_to_end_time"])
        assert (ours.mark == "") == row.fits


def test_what_is_called_differently_and_what_is_shared():
    setups = [Setup(MODEL, PI, Run(weights=name)) for name in ("q4_0", "q8_0")]
    assert series_labels(setups) == ["q4_0", "q8_0"]
    assert in_common(setups).startswith("llama-3.2-1b, raspberry-pi-5; batch 1, prompt 128")
    given = Setup(MODEL, PI, Run(given=((symbol("layers"), 8),)))
    assert "layers" in in_common([given])


ERRORS = [
    (lambda: line_chart([], read_axis("S=1..9"), "flops"), OutputError, "no lines"),
    (lambda: line_chart([SETUP] * 9, read_axis("S=1..9"), "flops"), OutputError, "9 lines"),
    (lambda: line_chart([SETUP], read_axis("window=1..9"), "flops"), UnknownNameError, "window"),
    (lambda: line_chart([SETUP], read_axis("S=1..9"), "flopz"), UnknownNameError, "flops"),
    (
        lambda: line_chart([SETUP], read_axis("S=1..9"), "parameters"),
        ConfigError,
        "parameters of .* does not depend on it; it depends on H,|does not depend",
    ),
    (lambda: line_chart([Setup(MODEL)], read_axis("S=1..9"), "step_time"), DeviceError, "--device"),
    (
        lambda: heat_map(SETUP, read_axis("S=1..9"), read_axis("context=1..9"), "flops"),
        ConfigError,
        "given twice",
    ),
    (lambda: throughput_chart([Setup(MODEL)], read_axis("b=1..9")), DeviceError, "no device"),
    (lambda: pareto_chart([SETUP], ["flops"]), ConfigError, "-q twice"),
    (lambda: breakdown([SETUP], "tokens"), UnknownNameError, "breakdown 'tokens'"),
    (lambda: breakdown([], "step"), OutputError, "no bars"),
    (lambda: roofline(Setup(MODEL)), DeviceError, "no device"),
    (
        lambda: roofline(Setup(MODEL, PI, Run(composition="edgeprofiler"))),
        ConfigError,
        "has no kernels",
    ),
]


@pytest.mark.parametrize(("made", "kind", "message"), ERRORS)
def test_what_cannot_be_drawn_is_refused(made, kind, message):
    with pytest.raises(kind, match=message):
        made()
