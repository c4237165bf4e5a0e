"""``edgesym plot``: pictures and their numbers; a mistake is one line and no file."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

import edgesym as package
from edgesym.cli.plot import KINDS

DOCS = Path(package.__file__).parent.parent / "docs"
COMMANDS = re.findall(
    r"^    \$ edgesym (.*)$", (DOCS / "plots.md").read_text("utf-8"), re.MULTILINE
)
_PI = ("--device", "raspberry-pi-5")
_OVER = ("--over", "context=1k..4k:log:3")
ASKED = {
    "line": ("llama-3.2-1b", *_PI, *_OVER),
    "heat": ("llama-3.2-1b", *_PI, *_OVER, "--over", "batch=1..3"),
    "roofline": ("llama-3.2-1b", *_PI),
    "breakdown": ("llama-3.2-1b", "llama-3.2-1b@q4_0", *_PI),
    "throughput": ("llama-3.2-1b", *_PI, "--batches", "1..4"),
    "pareto": ("llama-3.2-1b", "llama-3.2-1b@q4_0", *_PI),
}


def records(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_every_kind_is_asked_for():
    assert list(ASKED) == list(KINDS)


@pytest.mark.parametrize("kind", ASKED)
def test_a_kind_is_drawn_and_gives_its_numbers(edgesym, tmp_path, kind):
    pytest.importorskip("matplotlib")
    for ending, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        ran = edgesym("plot", kind, *ASKED[kind], "--output", f"made.{ending}")
        assert (ran.code, ran.out, ran.err) == (0, "", f"Wrote made.{ending}\n")
        assert (tmp_path / f"made.{ending}").read_bytes().startswith(start)
    before = (tmp_path / "made.svg").read_bytes()
    edgesym("plot", kind, *ASKED[kind], "--output", "made.svg", "--force")
    assert (tmp_path / "made.svg").read_bytes() == before
    text = edgesym("plot", kind, *ASKED[kind]).out
    assert "llama-3.2-1b" in text
    data = json.loads(edgesym("plot", kind, *ASKED[kind], "--json").out)
    rows = list(
        csv.DictReader(io.StringIO(edgesym("plot", kind, *ASKED[kind], "--format", "csv").out))
    )
    count = {
        "line": lambda: len(data["series"][0]["x"]),
        "heat": lambda: sum(map(len, data["z"]["rows"])),
        "roofline": lambda: len(data["kernels"]),
        "breakdown": lambda: len(data["bars"]),
        "throughput": lambda: len(data["series"][0]["x"]),
        "pareto": lambda: sum(len(series["x"]) for series in data["series"]),
    }[kind]()
    assert len(rows) == count > 0


def test_csv_and_json_give_the_same_numbers(edgesym):
    data = json.loads(edgesym("plot", "line", *ASKED["line"], "--json").out)["series"][0]
    rows = list(
        csv.DictReader(io.StringIO(edgesym("plot", "line", *ASKED["line"], "--format", "csv").out))
    )
    assert [float(row["time_per_output_token [s]"]) for row in rows] == data["y"]
    assert [float(row["low [s]"]) for row in rows] == data["low"]
    assert [int(row["context [tokens]"]) for row in rows] == data["x"] == [1024, 2048, 4096]


def test_numbers_are_printed_beside_a_picture_where_a_format_is_named(edgesym, tmp_path):
    pytest.importorskip("matplotlib")
    ran = edgesym("plot", "line", *ASKED["line"], "--output", "made.png", "--json")
    assert json.loads(ran.out)["series"]
    assert (tmp_path / "made.png").exists()


ERRORS = [
    (("lien", "llama-3.2-1b"), "unknown kind of picture 'lien'; nearest: line"),
    (("line", "llama-3.2-1b", "--over", "contxt=1..9"), "unknown axis 'contxt'; nearest: context"),
    (
        ("line", *ASKED["line"], "--output", "made.gif"),
        "made.gif: the name must end in one",
    ),
    (("line", *ASKED["line"], "--output", "there.png"), "is there already; --force replaces it"),
    (("line", *ASKED["line"], "--output", "there.png/made.png"), "cannot be written"),
    (("line", "llama-3.2-1b@q4_9", *_OVER), "unknown format of llama-3.2-1b@q4_9: 'q4_9'; nearest"),
    (("line", "llama-3.2-1b@q4_0", "--weights", "q8_0", *_OVER), "leave out --weights q8_0"),
    (("heat", "llama-3.2-1b", *_OVER), "a map has two axes, not 1; give --over twice"),
    (("pareto", "llama-3.2-1b", *_PI, "-q", "flops"), "give -q twice"),
    (("throughput", "llama-3.2-1b"), "give it one, with --device"),
    (
        ("throughput", "llama-3.2-1b", *_PI, "--batches", "9..2"),
        "'9..2' is empty: give the lower number first",
    ),
    (("breakdown", "llama-3.2-1b", *_PI, "--set", "link_bandwidth=2GB/s"), "changes nothing"),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_a_mistake_is_one_line_and_no_file(edgesym, tmp_path, arguments, message):
    (tmp_path / "there.png").write_bytes(b"mine")
    ran = edgesym("plot", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.startswith("Error: ")
    assert len(ran.err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["there.png"]
    assert (tmp_path / "there.png").read_bytes() == b"mine"


def test_without_matplotlib_the_extra_is_named(edgesym, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    ran = edgesym("plot", "line", *ASKED["line"], "--output", "made.png")
    assert (ran.code, list(tmp_path.iterdir())) == (2, [])
    assert "pip install 'edgesym[plot]'" in ran.err
    assert edgesym("plot", "line", *ASKED["line"]).code == 0


def test_a_figure_of_a_paper_is_reproduced(edgesym, tmp_path):
    pytest.importorskip("matplotlib")
    asked = ("reproduce", "edgeprofiler", "--figure", "3")
    ran = edgesym(*asked, "--plot", "made.png", "--json")
    assert len(json.loads(ran.out)["bars"]) == 72
    assert (tmp_path / "made.png").exists()
    assert "of the figures of edgeprofiler, reproduced are: 3" in edgesym(*asked[:3], "4").err
    assert "say which figure" in edgesym(*asked[:2], "--plot", "made.png").err
    assert "leave out --table 2" in edgesym(*asked, "--table", "2").err


@pytest.mark.parametrize("command", COMMANDS)
def test_the_gallery_is_what_its_commands_draw(edgesym, tmp_path, command):
    pytest.importorskip("matplotlib")
    (tmp_path / "docs" / "plots").mkdir(parents=True)
    ran = edgesym(*command.split())
    assert ran.code == 0, ran.err
    (made,) = (tmp_path / "docs" / "plots").iterdir()
    assert (DOCS / "plots" / made.name).exists()
