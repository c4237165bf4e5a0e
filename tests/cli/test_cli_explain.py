"""``edgesym explain``: what it prints, recomputed by hand, and what it refuses."""

from __future__ import annotations

import json
import math
import re

import pytest

PI = ("--device", "raspberry-pi-5")

#: FLOPs per element of element-wise work of the models below, counted from their formulas.
EACH = {
    "rms_norm": 4,
    "rotary": 3,
    "scaled_softmax": 6,
    "add": 1,
    "silu": 4,
    "multiply": 1,
    "softmax": 5,
    "multiply_add": 2,
}


def explained(edgesym, *arguments):
    ran = edgesym("explain", *arguments, "--format", "json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def link(document, quantity):
    return next(each for each in document["chain"] if each["quantity"] == quantity)


def flops_by_hand(operation):
    """FLOPs from the einsum and the extents alone; of element-wise work from a table."""
    shapes = [tensor["extents"] for tensor in (*operation["inputs"], *operation["outputs"])]
    if operation["family"] != "contraction":
        side = shapes[-1] if operation["family"] == "pointwise" else shapes[0]
        return EACH[operation["function"]] * math.prod(side)
    extents = {}
    for operand, shape in zip(re.split("->|,", operation["function"]), shapes, strict=True):
        axes = re.findall(r"\(.*?\)|\S+", operand)
        extents |= dict(zip(axes, shape, strict=True))
    pairs = {letter for axis in extents if axis[0] == "(" for letter in axis[1:-1].split()}
    return 2 * math.prod(n for axis, n in extents.items() if axis not in pairs and "/" not in axis)


@pytest.mark.parametrize("card", ["llama-3.2-1b", "mistral-7b-v0.1", "mixtral-8x7b"])
def test_flops_recomputed_by_hand_from_shapes(edgesym, card):
    document = explained(edgesym, "flops", card, "--context", 1000, "--batch", 2)
    total = 0
    for term in link(document, "flops")["terms"]:
        (operation,) = term["operations"]
        assert term["count"] * flops_by_hand(operation) == term["value"], term["name"]
        total += term["count"] * flops_by_hand(operation)
    assert total == document["value"]


def test_a_cache_recomputed_by_hand(edgesym):
    document = explained(edgesym, "kv_cache_bytes", "gemma-3-1b", "--context", 4096)
    # 4 of 26 layers keep all tokens, 22 the 511 before the next one; one head of 256, bf16
    assert document["value"] == 2 * 2 * 1 * 256 * (4 * 4096 + 22 * 511)
    assert sum(term["value"] for term in document["chain"][0]["terms"]) == document["value"]
    assert "4*4096 + 22*(min(512, 4096 + 1) - 1)" in document["chain"][0]["substituted"]


def test_a_footprint_recomputed_by_hand(edgesym):
    document = explained(edgesym, "memory_footprint", "mixtral-8x7b", "--weights", "nvfp4")
    parts = {each["quantity"]: each for each in document["chain"][1:]}
    # 46,702,792,704 parameters (Jiang et al. 2024: 46.7B), 9 bytes per 16 of them
    assert parts["weight_storage_bytes"]["value"] == 46_702_792_704 * 9 // 16
    assert parts["kv_cache_bytes"]["value"] == 2 * 32 * 8 * 128 * 256 * 2
    assert document["value"] == sum(part["value"] for part in parts.values())
    for part in parts.values():
        assert sum(term["value"] for term in part["terms"]) == part["value"]


def test_a_time_recomputed_by_hand(edgesym):
    arguments = ("llama-3.2-1b", *PI, "--weights", "int4", "--kernels", "fused")
    document = explained(edgesym, "time_per_output_token", *arguments)
    at = {letter: row["value"] for letter, row in document["symbols"].items()}
    total = 0.0
    for term in link(document, "step_time")["terms"]:
        compute = term["flops"]["value"] / (at["U_c"] * at["P"])
        memory = term["bytes"]["value"] / (at["U_m"] * at["W_m"])
        total += term["count"] * (max(compute, memory) + at["t_0"])
    assert document["value"] == pytest.approx(total, rel=1e-12)
    estimate = edgesym("estimate", *arguments, "--json")
    found = json.loads(estimate.out)["time_per_output_token_s"]
    assert document["value"] == pytest.approx(found, rel=1e-12)


def test_an_energy_recomputed_by_hand(edgesym):
    document = explained(edgesym, "energy_per_token", "llama-3.2-1b", *PI, "--batch", 4)
    at = {letter: row["value"] for letter, row in document["symbols"].items()}
    parts = {each["quantity"]: each["value"] for each in document["chain"]}
    step = at["e_f"] * parts["flops"] + at["e_b"] * parts["memory_traffic"]
    step += at["p_0"] * parts["step_time"]
    assert document["value"] == pytest.approx(step / 4, rel=1e-12)


SHOWN = [
    (
        ("memory_footprint", "mixtral-8x7b"),
        (
            "activation_bytes + kv_cache_bytes + weight_storage_bytes",
            "experts.up",
            "weight (E, H, I_e)",
            "L = 32",
            "At the peak, while experts.down of block decoder runs",
            "config.json of mistralai/Mixtral-8x7B-v0.1",
        ),
    ),
    (
        ("flops", "llama-3.2-1b", "--convention", "pytorch"),
        ("einsum b t h, h i -> b t i: (b, 1, H), weight (H, I) -> (b, 1, I)", "contractions only"),
    ),
    (
        ("time_per_output_token", "llama-3.2-1b", *PI),
        ("F/(U_c*P)", "runs attention.scores, attention.softmax, attention.values", "memory"),
    ),
    (
        ("energy_per_token", "llama-3.2-1b", *PI),
        ("e_b*memory_traffic + e_f*flops + p_0*step_time", "P_0*step_time", "13.8*"),
    ),
    (("flops", "llama-3.2-1b", "--set", "layers=3"), ("L = 3", "--set")),
]


@pytest.mark.parametrize(("arguments", "texts"), SHOWN)
def test_text_says_where_it_comes_from(edgesym, arguments, texts):
    ran = edgesym("explain", *arguments)
    assert ran.code == 0, ran.err
    for text in texts:
        assert text in ran.out
    assert ran.out.startswith(f"{arguments[0]} of {arguments[1]}")


@pytest.mark.parametrize("quantity", ["memory_footprint", "time_per_output_token"])
def test_markdown_has_a_table_whose_lines_have_as_many_cells(edgesym, quantity):
    ran = edgesym("explain", quantity, "gemma-3-1b", *PI, "--format", "markdown")
    assert ran.code == 0, ran.err
    tables = re.findall(r"(?:^\|.*\n?)+", ran.out, re.MULTILINE)
    assert len(tables) >= 2
    for table in tables:
        assert len({line.count(" | ") for line in table.splitlines() if "|-" not in line}) == 1


def test_a_long_formula_is_shown_term_by_term(edgesym):
    ran = edgesym("explain", "time_to_first_token", "llama-4-scout", *PI)
    assert ran.code == 0, ran.err
    assert "the sum over the kernels of repeat" in ran.out
    ran = edgesym("explain", "memory_traffic", "deepseek-v3", "--kernels", "unfused")
    for line in ran.out.splitlines():
        if line.startswith("  = "):
            assert len(line) <= 100


REFUSED = [
    (("flop", "llama-3.2-1b"), "unknown quantity 'flop'; nearest: flops"),
    (("flops", "llama"), "unknown model 'llama'"),
    (("energy_per_token", "llama-3.2-1b"), "name one with --device"),
    (("transfer_time", "llama-3.2-1b", *PI), "--set link_bandwidth=... --set link_utilisation="),
    (("training_time", "llama-3.2-1b", *PI), "--set devices=... --set training_tokens=..."),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_bad_input_ends_in_one_line(edgesym, arguments, message):
    ran = edgesym("explain", *arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert message in ran.err
