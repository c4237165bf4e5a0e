"""Rows of a device file: arithmetic over figures, dtypes, and prices without one another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgesym.devices import find_device
from edgesym.errors import EdgesymError
from edgesym.symbols import symbol
from tests.devices.test_device_errors import SOURCE, row, text


def test_a_number_may_be_arithmetic_over_other_figures_in_base_units(read):
    device = read(
        text(
            peak_fp32=row("'4 * 2.5'", '"GFLOP/s"'),
            memory_bandwidth=row("'2 * peak.fp32'", '"B/s"', SOURCE + "range = ['1.5e10', 2.5e10]"),
            launch_overhead=row("'10 / 2'", '"us"', SOURCE + "std = 'std(1, 2, 3)'"),
        )
    )
    bandwidth = device.figures["memory_bandwidth"]
    assert bandwidth.value == 20e9
    assert bandwidth.spread.bounds == (15e9, 25e9)
    assert bandwidth.explained == "2 * peak.fp32"
    assert device.peaks["fp32"].arithmetic == "4 * 2.5"
    assert device.figures["launch_overhead"].std == pytest.approx(1e-6)


INT8 = "[peak.int8]\n" + row(40, '"GFLOP/s"') + "\n"


def test_a_figure_of_a_dtype_comes_before_that_for_all(read):
    own = "[compute_utilisation.int8]\n" + row(0.2, '"1"') + "\n"
    device = read(text() + INT8 + own)
    used = {d: device.in_dtype(d)["compute_utilisation"].value for d in device.peaks}
    assert used == {"fp32": 0.5, "int8": 0.2}
    assert device.values("int8")[symbol("compute_utilisation")] == 0.2
    # each dtype its own is enough
    alone = text(compute_utilisation=None) + own + "[compute_utilisation.fp32]\n" + row(0.6, '"1"')
    assert read(f"{alone}\n{INT8}").in_dtype("fp32")["compute_utilisation"].value == 0.6


def test_a_setting_is_of_a_dtype_or_of_all(read):
    device = read(text() + INT8 + "[compute_utilisation.int8]\n" + row(0.2, '"1"'))

    def used(setting):
        changed = device.with_settings([setting])
        return {d: changed.in_dtype(d)["compute_utilisation"].value for d in device.peaks}

    assert used("compute_utilisation.int8=0.3") == {"fp32": 0.5, "int8": 0.3}
    assert used("compute_utilisation=0.4") == {"fp32": 0.4, "int8": 0.4}
    with pytest.raises(EdgesymError, match=r"'compute_utilisation.fp8'; nearest: compute_util"):
        used("compute_utilisation.fp8=0.3")


def priced(flop, byte=64, contains="['energy_per_byte', 'idle_power']", rest=""):
    """A board of 10 W, 2 W of them idle: 5 GFLOP/s and 12 GB/s at the roofline."""
    prices = {
        "power_limit": row(10, '"W"'),
        "idle_power": row(2, '"W"'),
        "energy_per_byte": row(byte, '"pJ/B"'),
        "energy_per_flop": row(flop, '"J/FLOP"', f"{SOURCE}contains = {contains}\n{rest}"),
    }
    return text(**prices)


FULL = "'power_limit / (compute_utilisation * peak)'"


def test_a_price_is_less_what_its_measurement_contains(read):
    spread = f"range = [{FULL.replace('power_limit', '6')}, {FULL}]"
    figure = read(priced(FULL, rest=spread)).figures["energy_per_flop"]
    # (10 W - 2 W - 64 pJ/B x 12 GB/s) / 5 GFLOP/s
    assert figure.value == pytest.approx((10 - 2 - 0.768) / 5e9)
    assert figure.spread.bounds == pytest.approx(((6 - 2 - 0.768) / 5e9, (10 - 2 - 0.768) / 5e9))
    assert figure.explained.endswith("* peak), less energy_per_byte and idle_power")
    only = read(priced(FULL, contains="['idle_power']")).figures["energy_per_flop"]
    assert only.value == pytest.approx(8 / 5e9)
    assert read(priced(FULL, contains="[]")).figures["energy_per_flop"].value == pytest.approx(2e-9)


def test_a_price_for_all_is_that_of_each_dtype_where_it_depends_on_the_rate(read):
    device = read(priced(FULL) + INT8)
    assert device.figures.keys() >= {"energy_per_flop.fp32", "energy_per_flop.int8"}
    for dtype in device.peaks:
        figures = {word: figure.value for word, figure in device.in_dtype(dtype).items()}
        rate = figures["compute_utilisation"] * figures["peak_flops"]
        power = 2 + figures["energy_per_flop"] * rate + 64e-12 * 12e9
        assert power == pytest.approx(10)


GUESS = "memory_bandwidth is {}, and what is not known is not exact: add range = .low, high. or std"

#: what the file says -> what the error says.
WRONG = [
    (text(memory_bandwidth=row(9, rest=SOURCE + "kind='assumed'")), GUESS.format("assumed")),
    (text(memory_bandwidth=row(9, rest=SOURCE + "kind='inherited'")), GUESS.format("inherited")),
    (text(memory_bandwidth=row(9, rest=SOURCE + "kind='assumed'\nstd=0")), GUESS.format("assumed")),
    (text(memory_bandwidth=row("'4 x 5'")), "memory_bandwidth: value '4 x 5' is not arithmetic"),
    (text(memory_bandwidth=row("'1e400'")), "memory_bandwidth: value '1e400' cannot be computed"),
    (
        text(memory_bandwidth=row("'3 * memory_sise'")),
        "arithmetic of .*'memory_sise'; nearest: mem",
    ),
    (text(memory_bandwidth=row("'memory_bandwidth'")), "memory_bandwidth is computed from itself"),
    (text(memory_bandwidth=row("'peak'")), "figure in the arithmetic of .*'peak'"),
    (text(memory_bandwidth=row("'-3'")), "memory_bandwidth = -3e.09 B/s: must be positive"),
    (text() + "[memory_bandwidth.int8]\n" + row(3), "memory_bandwidth: 'int8'; known"),
    (text() + "[compute_utilisation.int8]\n" + row(0.3, '"1"'), "compute_utilisation. 'int8'"),
    (
        text(compute_utilisation=None) + INT8 + "[compute_utilisation.int8]\n" + row(0.3, '"1"'),
        r"compute_utilisation.fp32 is missing; add a table \[compute_utilisation\]",
    ),
    (priced("1e-12"), "1 pJ/FLOP as measured would contain 553.6 pJ/FLOP of energy_per_byte and"),
    (priced(FULL, rest="range = [1e-12, 1]"), "which is more than itself; lower"),
    (priced(FULL, contains="['peak']"), "figure that .*energy_per_flop contains: 'peak'"),
    (priced(FULL, contains="'idle_power'"), "contains 'idle_power' must be a list of figures"),
]


@pytest.mark.parametrize(("content", "message"), WRONG, ids=lambda v: v[-30:])
def test_a_row_that_makes_no_sense_is_refused_by_name(read, content, message):
    with pytest.raises(EdgesymError, match=message):
        read(content)


def test_a_contained_price_must_be_given(read):
    without = priced(FULL).partition("[idle_power]")
    rest = without[2].partition("[energy_per_byte]")
    with pytest.raises(EdgesymError, match=r"arithmetic of .*energy_per_flop: 'idle_power'"):
        read(without[0] + rest[1] + rest[2])


def test_a_guess_on_the_command_line_is_as_exact_as_it_is_said():
    assert (
        find_device("raspberry-pi-5")
        .with_settings(["launch_overhead=4us"])
        .figures["launch_overhead"]
        .std
        == 0
    )


def test_the_page_on_device_files_shows_one_that_is_read(read):
    page = Path(__file__).parents[2] / "docs" / "devices.md"
    (shown,) = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    others = text(peak_fp32=None, compute_utilisation=None)
    device = read(f"{shown}\n{others}\n{INT8}")
    assert device.name == "My board"
    assert device.peaks["fp16"].value == 307.2e9
    assert device.in_dtype("int8")["compute_utilisation"].value == pytest.approx(0.92 / 3)
    assert device.in_dtype("fp16")["compute_utilisation"].value == 0.4
