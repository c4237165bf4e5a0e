"""`edgesym devices --new`: a device file to fill in, and the list of devices."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from edgesym.cli.devices import command
from edgesym.devices import device_names, find_device
from edgesym.devices.classes import class_names
from edgesym.devices.figure import FIGURES
from edgesym.devices.template import template
from edgesym.errors import EdgesymError

FILLED = {"peak.fp32": 5000, "memory_size": 32, "memory_bandwidth": 150, "power_limit": 40}


def filled(name, family="apple-gpu"):
    """The template with the figures that no class gives."""
    text = template(name).replace('class = "?"', f'class = "{family}"')
    for value in FILLED.values():
        text = text.replace('\nvalue = "?"', f"\nvalue = {value}", 1)
    return text.replace('\nsource = "?"', '\nsource = "me"')


@pytest.mark.parametrize("name", ["My board", 'An "odd" one', "Ünïcode"])
def test_a_template_that_is_filled_in_is_a_device(tmp_path, name):
    path = tmp_path / "board.toml"
    path.write_text(filled(name), encoding="utf-8")
    device = find_device(str(path))
    assert device.name == name
    assert device.peaks["fp32"].value == 5e12
    assert device.figures["memory_size"].value == 32 * 2**30
    assert device.figures["power_limit"].value == 40


def test_every_figure_is_told_of_with_a_unit_that_can_be_read(tmp_path):
    lines = template("x").splitlines()
    for word in FIGURES:
        assert any(line.removeprefix("# ").startswith(f"[{word}]  # ") for line in lines), word
    for family in class_names():
        assert any(line.startswith(f"#   {family} ") for line in lines), family
    # what is commented out is a file too: its lines are those of a table, without the mark
    table = re.compile(r"^# (?=\[\w+\]  #|(?:value|unit|kind|condition|source) = )", re.MULTILINE)
    whole = table.sub("", filled("x")).replace('value = "?"', "value = 0.5")
    path = tmp_path / "board.toml"
    path.write_text(whole.replace('source = "?"', 'source = "me"'))
    assert {*FIGURES} <= find_device(str(path)).figures.keys()


def test_a_template_as_it_is_is_refused(tmp_path):
    path = tmp_path / "board.toml"
    path.write_text(template("My board"))
    with pytest.raises(EdgesymError, match=r"unknown class of .*board\.toml.* '\?'"):
        find_device(str(path))
    path.write_text(template("My board").replace('class = "?"', 'class = "geforce"'))
    with pytest.raises(EdgesymError, match=r"board\.toml: .* '\?' is not arithmetic"):
        find_device(str(path))


def test_the_verb_writes_the_template_and_nothing_else():
    run = CliRunner().invoke(command, ["--new", "My board"])
    assert run.exit_code == 0
    assert run.output == template("My board") + "\n"


@pytest.mark.parametrize("more", [["pi5"], ["--set", "memory_size=1GiB"]])
def test_a_new_device_is_not_an_old_one(more):
    run = CliRunner().invoke(command, ["--new", "My board", *more])
    assert run.exit_code == 2
    assert "--new NAME takes no device and no --set" in run.output


def test_the_list_has_every_device_within_the_width_of_a_terminal():
    run = CliRunner().invoke(command, ["--format", "json"])
    assert [row["device"] for row in json.loads(run.output)["devices"]] == device_names()
    text = CliRunner(env={"COLUMNS": "80"}).invoke(command, []).output
    # one line for each: no row is stacked
    assert len(text.splitlines()) < len(device_names()) + 10


def test_a_device_says_how_else_it_is_called():
    run = CliRunner().invoke(command, ["h100", "--format", "json"])
    assert json.loads(run.output)["also"][0] == "h100"
    assert "Also called pi5, " in CliRunner().invoke(command, ["raspberry-pi-5@16GB"]).output
