"""``edgesym sensitivity``: its tables, formulas and files, and what it refuses."""

from __future__ import annotations

import csv
import io
import json

import pytest

from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from tests.support import letters

ON_PI = ("llama-3.2-1b", "--device", "raspberry-pi-5", "--kernels", "fused")


def test_symbols_are_ranked_with_meaning_unit_and_formula(edgesym):
    ran = edgesym("sensitivity", *ON_PI, columns=200)
    assert ran.code == 0
    head, _, _, quantity, _, _, _, columns, _, first, *rest = ran.out.splitlines()
    assert head.startswith("llama-3.2-1b on Raspberry Pi 5")
    assert quantity.startswith("Q = time_per_output_token = ")
    assert " ".join(columns.split()) == "symbol meaning given by value elasticity dQ/dx"
    assert first.startswith("memory_bandwidth W_m")
    assert "device" in first
    assert first.endswith("ms per GB/s")
    assert any(line.startswith("dQ/dB_w [s per B] = H*(L*(2*A*D + ") for line in rest)
    assert sum(line.startswith("dQ/d") for line in rest) == 5
    assert "3 symbols below 0.0005 left out (--all)" in rest


def test_all_leaves_nothing_out(edgesym):
    out = edgesym("sensitivity", *ON_PI, "--all").out
    assert "left out" not in out
    assert "peak_flops P" in out
    assert out.count("dQ/d") == 1 + 18


def test_the_usual_quantity_without_a_device_is_the_footprint(edgesym):
    assert "Q = memory_footprint = 2.31 GiB" in edgesym("sensitivity", "llama-3.2-1b").out


def test_several_quantities_come_one_after_the_other(edgesym):
    out = edgesym("sensitivity", "llama-3.2-1b", "-q", "flops", "-q", "kv_cache_bytes").out
    assert out.index("Q = flops") < out.index("Q = kv_cache_bytes")


def test_a_kink_and_steps_are_noted(edgesym):
    asked = ("gemma-3-1b", "-q", "kv_cache_bytes", "--context", 511)
    kink = edgesym("sensitivity", *asked, columns=120).out
    assert "kink: +1.000 just below" in kink
    steps = edgesym("sensitivity", "llama-4-maverick", "-q", "flops", "--context", 9000).out
    assert "steps: " in steps


def test_json_holds_numbers_in_full(edgesym):
    ran = edgesym("sensitivity", *ON_PI, "--format", "json", "--second-order")
    document = json.loads(ran.out)
    found = document["quantities"]["time_per_output_token"]
    setup = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), Run(kernels="fused"))
    assert (document["model"], found["unit"]) == ("llama-3.2-1b", "s")
    assert found["value"] == setup.number("time_per_output_token")
    by_word = {row["word"]: row for row in found["partials"]}
    overhead = by_word["launch_overhead"]
    assert (overhead["expression"], overhead["derivative"]) == ("13*L + 3", 13 * 16 + 3)
    assert overhead["elasticity"] == pytest.approx(211 * overhead["value"] / found["value"])
    assert overhead["derivative_unit"] == "s per s"
    assert overhead["latex"] == "13 L + 3"
    assert len(found["interactions"]) == 55


def test_csv_has_a_row_per_quantity_and_symbol(edgesym):
    options = ("-q", "flops", "-q", "kv_cache_bytes", "--with-respect-to", "S")
    ran = edgesym("sensitivity", "llama-3.2-1b", *options, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["quantity"], row["word"]) for row in rows] == [
        ("flops", "context"),
        ("kv_cache_bytes", "context"),
    ]
    assert float(rows[1]["derivative"]) == 2 * 2 * 64 * 8 * 16


def test_markdown_has_formulas_in_latex(edgesym):
    out = edgesym("sensitivity", "llama-3.2-1b", "--format", "markdown", "--second-order").out
    assert "| hidden $H$ | hidden dimension | model | 2048 |" in out
    assert "$$\n\\frac{\\partial Q}{\\partial I} = 3 B_w H L\n$$" in out
    assert "| x, y |" in out


def test_second_order_ranks_pairs(edgesym):
    out = edgesym("sensitivity", "llama-3.2-1b", "--second-order").out
    rows = out[out.index("x, y") :].splitlines()[2:]
    strengths = [abs(float(row.split()[-1])) for row in rows]
    assert strengths == sorted(strengths, reverse=True)
    assert len(rows) == 10


def test_numbers_given_count(edgesym):
    (H,) = letters("H")
    ran = edgesym("sensitivity", "llama-3.2-1b", "--set", "hidden=4096", "--format", "json")
    found = json.loads(ran.out)["quantities"]["memory_footprint"]
    setup = Setup(load("llama-3.2-1b"), run=Run(given=((H, 4096),)))
    assert found["value"] == setup.number("memory_footprint")


REFUSED = [
    (("-q", "speed"), "unknown quantity 'speed'"),
    (("--with-respect-to", "hiden"), "nearest: hidden"),
    (("--with-respect-to", "window"), "does not depend on window; it depends on "),
    (("-q", "time_per_output_token"), "of a device; name one with --device"),
    (("-q", "tensor_parallel_traffic"), "--set tensor_parallel=..."),
    (("-q", "flops", "-q", "parameters", "--plot", "a.png"), "--plot shows one quantity"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_bad_input_is_one_line_and_code_2(edgesym, options, message):
    ran = edgesym("sensitivity", "llama-3.2-1b", *options)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert not ran.out


@pytest.mark.parametrize("ending", ["png", "pdf", "SVG"])
def test_a_plot_is_written_beside_the_table(edgesym, tmp_path, ending):
    pytest.importorskip("matplotlib")
    ran = edgesym("sensitivity", *ON_PI, "--plot", f"plots/tornado.{ending}")
    assert ran.code == 0
    assert "Q = time_per_output_token" in ran.out
    assert ran.err == f"Wrote plots/tornado.{ending}\n"
    assert [file.name for file in (tmp_path / "plots").iterdir()] == [f"tornado.{ending}"]


def test_a_plot_of_another_kind_is_refused(edgesym, tmp_path):
    pytest.importorskip("matplotlib")
    ran = edgesym("sensitivity", *ON_PI, "--plot", "tornado.gif")
    words = "--plot tornado.gif: the name must end in one of .png, .pdf, .svg"
    assert (ran.code, ran.err) == (2, f"Error: {words}\n")
    assert not list(tmp_path.iterdir())
