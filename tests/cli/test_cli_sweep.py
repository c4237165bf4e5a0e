"""``edgesym sweep`` as a user meets it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

ON_PI = ("llama-3.2-1b", "--device", "raspberry-pi-5", "--weights", "int4")
SPEED = ("-q", "tokens_per_second")
COMMAND = [sys.executable, "-c", "from edgesym.cli.main import main; main()", "sweep"]


@pytest.fixture
def sweep(edgesym):
    """Call the verb with arguments."""
    return lambda *arguments: edgesym("sweep", *arguments)


def test_a_few_rows_are_a_table(sweep):
    ran = sweep(*ON_PI, "--over", "context=1k..8k:log:4", "--over", "batch=1,8", *SPEED)
    assert ran.code == 0
    assert "8 points, 8 rows" in ran.out
    assert "4096 tokens" in ran.out
    assert "tokens/s" in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_programs_get_numbers_with_units(sweep):
    axes = ("--over", "bandwidth=10GB/s..20GB/s:lin:3", "--over", "bits=4,8")
    ran = sweep(*ON_PI, *axes, *SPEED, "--format", "json")
    answer = json.loads(ran.out)
    assert answer["units"] == {
        "bandwidth": "B/s",
        "bits": "bits",
        "tokens_per_second": "tokens/s",
    }
    assert [row["bandwidth"] for row in answer["rows"][::2]] == [1e10, 1.5e10, 2e10]
    ran = sweep(*ON_PI, *axes, *SPEED, "--format", "csv")
    assert ran.out.splitlines()[0] == "bandwidth [B/s],bits [bits],tokens_per_second [tokens/s]"


def test_the_best_and_the_front(sweep):
    over = ("--over", "hidden=256..4096:step:256", "--over", "layers=4..40")
    ran = sweep(*ON_PI, *over, "--top", "3", "--by", "hidden", "--where", "tokens_per_second >= 20")
    assert ran.code == 0
    assert "the best by most hidden" in ran.out
    ran = sweep(*ON_PI, *over, "--pareto", "tokens_per_second,+parameters", "--format", "json")
    answer = json.loads(ran.out)
    assert answer["best_by"] == ["most tokens_per_second", "most parameters"]
    rows = sorted(answer["rows"], key=lambda row: row["parameters"])
    speeds = [row["tokens_per_second"] for row in rows]
    assert speeds == sorted(speeds, reverse=True)


PLAN = """
quantities = ["tokens_per_second"]
where = ["memory_footprint <= 8GiB"]
top = 2
by = "tokens_per_second"
[over]
device = ["raspberry-pi-5", "rtx-4090"]
context = "1k..4k:log:3"
[[zip]]
layers = [8, 16]
hidden = [1024, 2048]
[tie]
intermediate = "4*hidden"
"""


def test_a_plan_says_the_same_as_options(sweep, tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN)
    ran = sweep("llama-3.2-1b", "--weights", "int4", "--plan", "plan.toml", "--json")
    over = ("--over", "device=raspberry-pi-5,rtx-4090", "--over", "context=1k..4k:log:3")
    over += ("--over", "layers=8,16 & hidden=1024,2048", "--tie", "intermediate=4*hidden")
    said = ("--where", "memory_footprint <= 8GiB", "--top", "2", "--by", "tokens_per_second")
    other = sweep("llama-3.2-1b", "--weights", "int4", *over, *said, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == json.loads(other.out)
    assert json.loads(ran.out)["points"] == 12


def test_what_is_killed_goes_on_with_the_same_command(tmp_path):
    axes = ("--over", "context=1k..9k:lin:8000", "--over", "batch=1..4000")
    command = [*COMMAND, *ON_PI, *axes, *SPEED, "--where", "batch >= 3900", "--out"]
    subprocess.run([*command, "whole.npz"], cwd=tmp_path, check=True, capture_output=True)
    process = subprocess.Popen([*command, "part.npz"], cwd=tmp_path, stdout=subprocess.DEVNULL)
    note = tmp_path / "part.npz.partial" / "note.json"
    while process.poll() is None:
        if note.exists() and json.loads(note.read_text())["batches"]:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        time.sleep(0.02)
    # a machine that is done before the first note has nothing to go on with
    if process.returncode == -signal.SIGKILL and note.exists():
        subprocess.run([*command, "part.npz"], cwd=tmp_path, check=True, capture_output=True)
    assert not note.parent.exists()
    with np.load(tmp_path / "whole.npz") as one, np.load(tmp_path / "part.npz") as other:
        assert len(one["batch"]) == 8000 * 101
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_an_interrupt_says_how_to_go_on(tmp_path):
    axes = ("--over", "context=1k..9k:lin:8000", "--over", "bandwidth=1GB/s..9GB/s:lin:100000")
    command = [*COMMAND, *ON_PI, *axes, *SPEED, "--top", "5", "--by", "batch*context", "--out"]
    process = subprocess.Popen(
        [*command, "rows.csv"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    folder = tmp_path / "rows.csv.partial"
    while not (folder / "note.json").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.startswith("Stopped: stopped; rows.csv is not done.")
    assert "the same command goes on from there" in errors
    assert not (tmp_path / "rows.csv").exists()


ERRORS = [
    ((), "no axis is given; name one, such as --over context=1k..128k:log:20"),
    (("--over", "batch"), "--over batch: write AXIS=VALUES"),
    (("--over", "batch=1&batch=2"), "batch is there twice"),
    (("--over", "bath=1,2"), "unknown axis 'bath'; nearest: batch"),
    (("--over", "batch=,"), "axis batch: no numbers"),
    (("--over", "batch=1,2", "--tie", "hidden"), "--tie hidden: write SYMBOL=FORMULA"),
    (("--over", "batch=1,2", "--tie", "hidden=__import__('os')"), "symbol '__import__'; known"),
    (("--over", "batch=1,2", "--where", "__import__('os').x > 1"), "symbol '__import__'; known"),
    (("--over", "batch=1,2", "--out", "x.txt"), "the name must end in one of .csv"),
    (("--over", "context=1..9000"), "9,000 rows are more than 2000 to print; write them"),
    (("--over", "bandwidth=1GB/s..2GB/s:lin:1000000000"), "more than memory is to hold"),
    (("--over", "batch=1,2", "--plan", "none.toml"), "none.toml"),
    (("--over", "batch=1,2", "--scheduler", "tcp://a:1"), "give --engine dask too"),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_bad_input_is_one_line(sweep, tmp_path, arguments, message):
    ran = sweep(*ON_PI, *SPEED, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


PLANS = [
    ("ovr = 1", "key of plan.toml:1: 'ovr'; nearest: over"),
    ("over = 1", "plan.toml:1: over = 1 must be a table"),
    ("[over]\nbatch = {a = 1}", "plan.toml:2: over.batch = {'a': 1} must be a range"),
    ("[over]\nbatch = [true]", "plan.toml:2: over.batch[1] = True must be a text"),
    ("zip = 3", "plan.toml:1: zip = 3 must be a list of tables"),
    ("top = -1", "plan.toml:1: top = -1 must be a whole number"),
    ("where = [1]", "plan.toml:1: where[1] = 1 must be a text"),
]


@pytest.mark.parametrize(("text", "message"), PLANS)
def test_a_plan_that_is_none_is_refused(sweep, tmp_path, text, message):
    (tmp_path / "plan.toml").write_text(text)
    ran = sweep(*ON_PI, *SPEED, "--plan", "plan.toml")
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_no_model_is_said(sweep):
    ran = sweep("--over", "batch=1,2", "-q", "parameters")
    assert (ran.code, ran.out) == (2, "")
    assert "no MODEL is given" in ran.err


def test_a_csv_has_numbers_in_full(sweep, tmp_path):
    ran = sweep(*ON_PI, "--over", "batch=1..3", *SPEED, "--out", "rows.csv")
    assert ran.code == 0
    assert "3 points, 3 rows, in rows.csv" in ran.out
    with (tmp_path / "rows.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    whole = json.loads(sweep(*ON_PI, "--over", "batch=1..3", *SPEED, "--json").out)["rows"]
    speeds = [float(row["tokens_per_second [tokens/s]"]) for row in rows]
    assert speeds == [row["tokens_per_second"] for row in whole]


def test_the_widest_model_on_a_board(sweep):
    pytest.importorskip("scipy")
    over = ("--over", "hidden=256..4096:step:16", "--over", "layers=16..48")
    wanted = ("--such-that", "tokens_per_second >= 20", "--such-that", "memory_footprint <= 2GB")
    asked = (*ON_PI, *over, *wanted, "--design", "--by", "hidden")
    ran = sweep(*asked)
    assert ran.code == 0
    text = " ".join(ran.out.split())
    assert "7,953 candidates; the best has most hidden" in text
    assert "The same answer, rounded to the grid." in text
    answer = json.loads(sweep(*asked, "--json").out)
    assert answer["relaxation"]["same"]
    assert [row["condition"] for row in answer["conditions"]] == [
        "tokens_per_second >= 20 tokens/s",
        "memory_footprint <= 2GB",
    ]
    ran = sweep(*ON_PI, *over, *wanted, "--design")
    assert (ran.code, ran.out) == (2, "")
    assert "--design needs what is best: give --by" in ran.err


def test_a_scheduler_that_does_not_answer_is_one_line(sweep, tmp_path):
    pytest.importorskip("distributed")
    asked = ("--over", "batch=1,2", "--engine", "dask", "--out", "rows.csv")
    ran = sweep(*ON_PI, *SPEED, *asked, "--scheduler", "nowhere")
    assert (ran.code, ran.out) == (2, "")
    assert "Error: --scheduler nowhere: no Dask scheduler answers" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_dask_that_is_not_installed_is_said(sweep, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setitem(sys.modules, "dask", None)
    ran = sweep(*ON_PI, *SPEED, "--over", "batch=1,2", "--engine", "dask")
    assert (ran.code, ran.out) == (2, "")
    assert "install edgesym[distributed]" in ran.err


def test_an_interrupt_of_a_terminal_ends_dask_s_own_cluster_too(tmp_path):
    pytest.importorskip("distributed")
    axes = ("--over", "context=1k..9k:lin:8000", "--over", "bandwidth=1GB/s..9GB/s:lin:100000")
    command = [*COMMAND, *ON_PI, *axes, *SPEED, "--top", "5", "--by", "batch*context"]
    process = subprocess.Popen(
        [*command, "--engine", "dask", "--out", "rows.csv"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (tmp_path / "rows.csv.partial" / "note.json").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.startswith("Stopped: stopped; rows.csv is not done.")
    assert len(errors.splitlines()) == 1
