"""``edgesym doctor``: what it says is there is there, and what it tries can fail."""

from __future__ import annotations

import configparser
import json
from pathlib import Path

import pytest

from edgesym.cli import checkup
from edgesym.data import shipped
from edgesym.extras import Package, core, extras

SETUP = Path(__file__).parents[2] / "setup.cfg"


def test_every_extra_of_the_package_is_told_of():
    setup = configparser.ConfigParser()
    setup.read(SETUP)
    assert sorted(setup["options.extras_require"]) == sorted(shipped("", "extras"))


def test_what_is_installed_is_found():
    there = {package.name: package for package in core()}
    assert there["sympy"].is_there
    assert there["sympy"].size() > 1e6
    assert {extra.name for extra in extras()} == set(shipped("", "extras"))


@pytest.mark.parametrize(
    ("least", "version", "there"),
    [("2.6", "2.13.0+cpu", True), ("2.6", "2.5.9", False), ("", "0.1", True), ("1", "", False)],
)
def test_a_version_is_compared_by_its_numbers(least, version, there):
    assert Package("torch", least, version).is_there is there


def test_a_person_reads_what_works(edgesym):
    ran = edgesym("doctor")
    assert ran.code == 0
    assert "2,506,948,608 FLOP both ways" in ran.out
    assert "3*c*n*L*K*D*S is wrong" in ran.out


def test_a_check_that_fails_is_said_and_ends_in_one(edgesym, monkeypatch):
    def broken():
        raise ArithmeticError("1 by one way, 2 by the other")

    monkeypatch.setitem(checkup._TRIED, "a closed form is the sum of its operators", broken)
    ran = edgesym("doctor", "--json")
    assert ran.code == 1
    first = json.loads(ran.out)["checks"][0]
    assert first["problem"] == "1 by one way, 2 by the other"
