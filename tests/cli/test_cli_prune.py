"""``--prune``: what a user sees of it."""

from __future__ import annotations

import json

import pytest

PI = ("--device", "raspberry-pi-5")


def test_an_estimate_says_what_is_pruned_and_that_all_is_computed(edgesym):
    ran = edgesym("estimate", "llama-3.2-1b", *PI, "--prune", "2:4, layers=4", columns=200)
    assert ran.code == 0
    told = "pruned 2:4:index,layers=4 (matrices of layers; all products computed)"
    assert told in ran.out
    data = json.loads(edgesym("estimate", "llama-3.2-1b", *PI, "--prune", "2:4", "--json").out)
    assert data["prune"] == "2:4:index"
    assert "prune" not in json.loads(edgesym("estimate", "llama-3.2-1b", *PI, "--json").out)


def test_zeros_that_are_stored_are_said_to_be(edgesym):
    ran = edgesym("estimate", "llama-3.2-1b", *PI, "--prune", "0.3", columns=200)
    assert "pruned 0.3:dense (matrices of layers; zeros stored; all products computed)" in ran.out


def test_derive_prints_the_density(edgesym):
    asked = ("derive", "llama-3.2-1b", "-q", "weight_storage_bytes", "--part", "feed_forward.gate")
    ran = edgesym(*asked, "--prune", "0.3:bitmask")
    assert "weight_storage_bytes [B] = H*I*L*(8*B_w*rho + 1)/8" in ran.out
    assert "pruned 0.3:bitmask" in ran.out
    data = json.loads(edgesym(*asked, "--prune", "0.3:bitmask", "--json").out)
    assert data["prune"] == "0.3:bitmask"
    assert data["symbols"]["rho"]["word"] == "density"


def test_prunings_are_compared_side_by_side(edgesym):
    asked = ("compare", "1:dense", "0.5:bitmask", "layers=4", "--model", "llama-3.2-1b")
    ran = edgesym(*asked, "-q", "weight_storage_bytes", "--terms")
    assert ran.code == 0
    assert "1:dense against 0.5:bitmask against layers=4" in ran.out
    assert "they differ in L" in ran.out
    twice = edgesym(*asked, "--prune", "2:4")
    assert "--prune 2:4:index: prunings are compared; leave --prune out" in twice.err
    assert "is a pruning" in edgesym("compare", "2:4", "bf16", "--model", "llama-3.2-1b").err


def test_a_density_is_solved_for(edgesym):
    asked = ("--for", "density", "--such-that", "weight_storage_bytes <= 1.5GiB", "--json")
    ran = edgesym("solve", "llama-3.2-1b", "--prune", "0.3:bitmask", *asked)
    assert ran.code == 0
    dense = edgesym("solve", "llama-3.2-1b", "--prune", "0.3", *asked)
    assert "such as --prune 0.5:bitmask" in dense.err
    assert 0.495 < json.loads(ran.out)["answer"] < 0.4951


def test_sensitivity_ranks_the_density(edgesym):
    ran = edgesym("sensitivity", "llama-3.2-1b", "--prune", "0.1:csr", "-q", "weight_storage_bytes")
    assert "density rho" in ran.out


def test_a_report_has_the_density_in_its_formulas(edgesym, tmp_path):
    ran = edgesym("report", "llama-3.2-1b", "--prune", "0.3:bitmask", "--brief")
    assert ran.code == 0
    (written,) = tmp_path.glob("*.md")
    text = written.read_text(encoding="utf-8")
    assert r"\rho" in text
    assert "pruned 0.3:bitmask" in text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (("--set", "density=0.5"), "--set density changes nothing"),
        (("--set", "density=1.5", "--prune", "0.3:bitmask"), "density = 1.5 must be a finite"),
        (("--set", "density=0.4", "--prune", "2:4"), "2:4:index keeps 0.5 of the values"),
        (("--prune", "2:3"), "prune 2:3:index: attention.query.weight has rows of 2048 values"),
        (("--prune", "0.3:bitmsk"), "nearest: bitmask"),
    ],
)
def test_mistakes_are_named(edgesym, settings, text):
    ran = edgesym("estimate", "llama-3.2-1b", *PI, *settings)
    assert ran.code == 2
    assert text in ran.err
    assert "Traceback" not in ran.err


def test_prunings_are_techniques_that_combine(edgesym):
    asked = ("optimize", "llama-3.2-1b", *PI, "--techniques", "gptq,2:4", "--combine", "--json")
    ran = edgesym(*asked)
    assert ran.code == 0
    assert "gptq + 2:4" in ran.out
    refused = edgesym("optimize", "llama-3.2-1b", *PI, "--techniques", "2:4:indx")
    assert "nearest: index" in refused.err
