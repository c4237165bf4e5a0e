"""Every verb in every format, on every page: complete, readable by machines, within the width."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from edgesym.devices import find_device
from edgesym.errors import ConfigError

ON_PI = ("llama-3.2-1b", "--device", "raspberry-pi-5", "--weights", "q4_0")
CONDITION = ("--for", "context", "--such-that", "time_per_output_token <= 90ms")
EQUATION = ("--equation", "2*L*H", "--notation", "plain", "--quantity", "parameters")
VERBS = {
    "models": (),
    "devices": (),
    "quantities": (),
    "conventions": (),
    "formats": (),
    "derive": ("llama-4-scout",),
    "table": ("llama-4-scout",),
    "estimate": ON_PI,
    "sensitivity": (*ON_PI, "--second-order"),
    "solve": (*ON_PI, *CONDITION),
    "crossover": ON_PI,
    "compare": ("gemma-3-1b", "qwen3-0.6b", "--device", "raspberry-pi-5"),
    "explain": ("time_per_output_token", *ON_PI),
    "check": (*EQUATION, "--symbols", "L=layers,H=hidden", "--no-search"),
    "claims": (),
    "reproduce": ("edgeprofiler",),
}
#: Keys of the answers, which programs rely on.
KEYS = {
    "models": ["models", "traced", "model_types"],
    "devices": ["devices"],
    "quantities": ["quantities"],
    "conventions": ["conventions", "choices"],
    "formats": ["formats"],
    "derive": ["model", "phase", "part", "kernels", "convention", "quantities", "symbols"],
    "table": ["model", "workload", "convention", "rows", "totals", "storage"],
    "estimate": ["model", "device", "composition", "fits", "shares", "uncertainty"],
    "sensitivity": ["model", "quantities"],
    "solve": ["model", "for", "unit", "such_that", "answer", "feasible", "at_the_answer", "notes"],
    "crossover": ["model", "crossovers", "need_a_device", "shares"],
    "compare": ["items", "common", "differing", "quantities", "fits", "symbols", "differences"],
    "explain": ["quantity", "value", "run", "chain", "symbols", "convention", "sources"],
    "check": ["verdicts", "not_spoken_for"],
    "claims": ["papers"],
    "reproduce": ["source", "rows"],
}


def ran(edgesym, verb, *more, **page):
    found = edgesym(verb, *VERBS[verb], *more, **page)
    assert found.code == (1 if verb == "check" else 0), found.err
    return found.out


@pytest.mark.parametrize("verb", VERBS)
def test_json_has_its_keys_and_a_short_form(edgesym, verb):
    answer = json.loads(ran(edgesym, verb, "--json"))
    assert set(KEYS[verb]) <= answer.keys()
    assert json.loads(ran(edgesym, verb, "--format", "json")) == answer


@pytest.mark.parametrize("verb", VERBS)
def test_csv_has_rows_of_one_length(edgesym, verb):
    header, *rows = csv.reader(io.StringIO(ran(edgesym, verb, "--format", "csv")))
    assert rows
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("verb", VERBS)
def test_html_is_well_formed(edgesym, verb):
    text = ran(edgesym, verb, "--format", "html").replace("&InvisibleTimes;", "")
    assert ET.fromstring(text).tag == "article"  # noqa: S314 - our own text


@pytest.mark.parametrize("verb", VERBS)
def test_markdown_and_latex_are_closed(edgesym, verb):
    latex = ran(edgesym, verb, "--format", "latex")
    assert latex.count(r"\begin{") == latex.count(r"\end{")
    markdown = ran(edgesym, verb, "--format", "markdown")
    assert markdown.count("$$") % 2 == markdown.count("```") % 2 == 0


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize("verb", VERBS)
def test_text_keeps_to_the_page(edgesym, verb, width):
    lines = ran(edgesym, verb, columns=width).splitlines()
    assert len(lines) > 1
    for line in lines:
        assert len(line) <= width or len(line.split()) <= 2, line


@pytest.mark.parametrize("verb", ["estimate", "sensitivity", "solve", "crossover", "explain"])
def test_brief_is_shorter(edgesym, verb):
    whole, brief = ran(edgesym, verb), ran(edgesym, verb, "--brief")
    assert len(brief.splitlines()) < len(whole.splitlines())
    assert brief.splitlines()[0] == whole.splitlines()[0]


def test_an_estimate_fits_one_screen(edgesym):
    assert len(ran(edgesym, "estimate", "--brief").splitlines()) <= 24


def test_two_formats_at_once_are_refused(edgesym):
    found = edgesym("models", "--json", "--format", "csv")
    assert (found.code, found.out) == (2, "")
    assert found.err == "Error: --json is short for --format json; leave out --format csv\n"
    assert edgesym("models", "--json", "--format", "json").code == 0


def printed(*arguments, **environment):
    """What a process prints, as bytes."""
    clean = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    command = [sys.executable, "-c", "from edgesym.cli.main import main; main()", *arguments]
    return subprocess.run(command, env=clean | environment, capture_output=True, check=True).stdout


def test_an_encoding_without_the_signs_gets_others():
    found = printed("estimate", *ON_PI, PYTHONIOENCODING="ascii")
    assert b" +- " in found
    assert found.isascii()
    assert " ± ".encode() in printed("estimate", *ON_PI, PYTHONIOENCODING="utf-8")


def test_names_that_an_encoding_lacks_are_no_traceback(tmp_path):
    figures = {
        "memory_size": "8 GiB",
        "memory_bandwidth": "10 GB/s",
        "compute_utilisation": "0.5 1",
        "memory_utilisation": "0.5 1",
        "launch_overhead": "0 s",
    }
    text = 'name = "Gerät ☃ red"\n[peak.fp32]\nvalue = 1\nunit = "TFLOP/s"\nsource = "s"\n'
    for name, figure in figures.items():
        value, unit = figure.split()
        text += f'[{name}]\nvalue = {value}\nunit = "{unit}"\nsource = "s"\n'
    path = tmp_path / "odd.toml"
    path.write_text(text, encoding="utf-8")
    asked = ("estimate", "llama-3.2-1b", "--device", str(path))
    assert b"llama-3.2-1b on Gerat ? red\n" in printed(*asked, PYTHONIOENCODING="ascii")
    path.write_text(text.replace("red", "\\u001b[31mred"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"holds a control character, U\+001B"):
        find_device(str(path))


def test_colours_are_asked_for_or_not_there():
    assert b"\x1b[" not in printed("formats")
    assert b"\x1b[" in printed("formats", FORCE_COLOR="1")
    assert b"\x1b[" not in printed("formats", FORCE_COLOR="1", NO_COLOR="1")


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["devices", "--json"], {"rich", "jinja2", "networkx", "numpy"}),
        (["formats", "--format", "csv"], {"rich", "jinja2", "networkx", "numpy"}),
        (["devices"], {"jinja2", "networkx", "numpy"}),
    ],
)
def test_a_writer_is_imported_where_it_writes(arguments, absent):
    code = (
        "import sys; from edgesym.cli.main import edgesym\n"
        f"edgesym({arguments!r}, standalone_mode=False)\n"
        f"assert not {absent!r} & set(sys.modules), set(sys.modules) & {absent!r}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
