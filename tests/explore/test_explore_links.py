"""A link restores a state; what it asks for that is not there is refused by name, as text."""

from __future__ import annotations

import csv
import io

import pytest

from tests.hostile import BEGINS, HOSTILE, inert

SETUP = "#a.model=llama-3.2-1b&a.device=raspberry-pi-5&a.runtime=llama.cpp-cpu&a.recipe=q4_k_m"


def test_a_link_holds_a_state_and_gives_it_back(ask):
    given = "a.context=4096&a.memory_bandwidth=25000000000"
    link = f"{SETUP}&{given}&quantity=flops&over=batch&unknown=layers"
    (found,) = ask(links=[link])["read"]
    assert found["refused"] == []
    assert found["link"] == link
    assert found["state"]["a"]["given"] == {"S": 4096, "W_m": 25e9}


def test_two_setups_are_in_one_link(ask):
    other = "&".join(part.replace("a.", "b.", 1) for part in SETUP[1:].split("&"))
    (found,) = ask(links=[f"{SETUP}&{other}&b.batch=8"])["read"]
    assert found["state"]["compare"]
    assert found["state"]["b"]["given"] == {"b": 8}
    assert found["state"]["a"]["given"] == {}


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        ("a.model=%3Cscript%3Ealert(1)%3C/script%3E", "“<script>alert(1)</script>”, which is not"),
        ("a.device=../../etc", "which is not here"),
        ("a.context=1e99", "is too large"),
        ("a.context=-5", "must be above 0"),
        ("a.context=2.5", "must be a whole number"),
        ("a.context=", "must be a number"),
        ("a.context=NaN", "must be a number"),
        ("a.context=Infinity", "must be a number"),
        ("a.memory_utilisation=1.5", "at most 1"),
        ("a.__proto__=1", "no symbol here"),
        ("a.constructor=1", "no symbol here"),
        ("__proto__.x=1", "means nothing here"),
        ("quantity=toString", "which is not here"),
        ("%E0%A4%A=1", "is no text"),
        ("x" * 7000, "longer than 6000 characters"),
        ("a.runtime=vllm", ""),
    ],
)
def test_hostile_links_are_refused_and_the_first_setup_is_shown(ask, hostile, said):
    (found,) = ask(links=[f"{SETUP}&{hostile}"])["read"]
    assert len(found["refused"]) == bool(said)
    assert said in "".join(found["refused"])
    assert len("".join(found["refused"])) < 300
    assert found["state"]["a"]["model"] == "llama-3.2-1b"
    assert found["state"]["a"]["given"] == {}


def test_a_cell_of_numbers_that_are_saved_is_inert(ask):
    given = [*HOSTILE, *BEGINS, "\uff1d1", "a; =1", " =1", "-A1", -2.5, 12, "plain, text"]
    found = ask(cells=given)["cells"]
    for text in found:
        (row,) = csv.reader(io.StringIO(text, newline=""))
        inert(row[0])
    assert found[-3:] == ["-2.5", "12", '"plain, text"']
