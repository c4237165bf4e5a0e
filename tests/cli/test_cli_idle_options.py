"""Options that change nothing of what is asked: refused, or told in a line; never passed over."""

from __future__ import annotations

import json

import pytest

from edgesym.cli.main import VERBS
from tests.support import SMALL_LLAMA

EXPLAIN = ("explain", "parameters", "llama-3.2-1b")
SWEEP = ("sweep", "llama-3.2-1b", "-q", "flops", "--over")
SOLVE = ("solve", "llama-3.2-1b", "--for", "context", "--such-that", "memory_footprint <= 6GiB")

TOLD = [
    ((*EXPLAIN, "--batch", "3"), "--batch 3 changes nothing: parameters does not depend on it"),
    ((*EXPLAIN, "--context", "9k"), "--context 9216 changes nothing: parameters does not"),
    ((*EXPLAIN, "--weights", "q8_0"), "--weights q8_0 changes nothing: parameters does not"),
    ((*EXPLAIN, "--compute", "fp16"), "--compute fp16 changes nothing: there is no device"),
    ((*EXPLAIN, "-ngl", "3"), "--gpu-layers, --offload: gpu=3 changes nothing"),
    ((*EXPLAIN, "--text-only"), "--text-only changes nothing: llama-3.2-1b is text alone"),
    ((*EXPLAIN, "--allow-unknown", "x"), "--allow-unknown x changes nothing: card llama-3.2-1b"),
    ((*SWEEP, "batch=1,2", "--cache", "q8_0"), "--cache q8_0 changes nothing: flops does not"),
    ((*SOLVE, "--composition", "sum"), "--composition sum changes nothing: memory_footprint does"),
    (
        ("compare", "gpt2", "llama-3.2-1b", "-q", "flops", "-q", "parameters", "--cached", "9"),
        "--cached 9 changes nothing: flops, parameters do not depend on it",
    ),
    (
        ("derive", "gpt2", "-q", "flops", "--composition", "sum"),
        "--composition sum changes nothing: flops does not depend on it",
    ),
    (
        ("derive", "gpt2", "-q", "training_flops", "--training", "recompute=full,zero=3"),
        "--training zero=3 changes nothing: training_flops does not depend on it",
    ),
]


@pytest.mark.parametrize(("words", "said"), TOLD, ids=lambda part: " ".join(part[:3]))
def test_an_option_that_changes_nothing_is_told(edgesym, words, said):
    ran = edgesym(*words)
    assert ran.code == 0
    (line,) = [line for line in ran.err.splitlines() if "changes nothing" in line]
    assert line.startswith(f"Warning: {said}")


USED = [
    (*EXPLAIN, "--prune", "layers=2"),
    (*EXPLAIN, "--weights", "bf16"),  # what its config says
    (*EXPLAIN, "--batch", "1"),
    ("explain", "step_time", "gpt2", "--device", "pi5", "--composition", "sum"),
    ("explain", "flops", "gpt2", "--prompt", "100"),  # it makes the context
    ("derive", "gpt2", "-q", "training_flops", "--training", "recompute=full"),
    ("estimate", "gpt2", "--device", "pi5", "--weights", "q8_0", "--batch", "2"),
]


@pytest.mark.parametrize("words", USED, ids=lambda words: " ".join(words[1:3] + words[-1:]))
def test_nothing_is_said_of_options_that_are_used_or_say_what_is_so(edgesym, words):
    ran = edgesym(*words)
    assert ran.code == 0
    assert "changes nothing" not in ran.err


def test_a_key_that_one_of_several_models_has_is_passed_over(edgesym, tmp_path):
    config = tmp_path / "mine.json"
    config.write_text(json.dumps({**SMALL_LLAMA, "mystery": 3}))
    ran = edgesym("derive", config, "--allow-unknown", "mystery")
    assert (ran.code, ran.err) == (0, "")


REFUSED = [
    ((*SWEEP, "batch=1,2", "--batch", "3"), "--batch 3: an axis gives it; leave one of the two"),
    ((*SWEEP, "weights=q4_0,q8_0", "--weights", "fp16"), "--weights fp16: an axis gives it"),
    ((*SWEEP, "batch=1,2,1"), "axis batch: 1 is there 2 times; each is run once"),
    (("plot", "line", "gpt2", "--over", "context=1k,2k", "--context", "9"), "--context 9: an axis"),
    (("plot", "line", "gpt2", "--over", "context=1k,2k", "--force"), "--force replaces a file"),
    (("export", "gpt2", "--force"), "--force replaces a file; name it, with --output FILE"),
    (("calibrate", "--force"), "--force replaces a file; name it, with --to FILE.toml"),
    (("explore", "gpt2", "--to", "page", "--no-open"), "--no-open is of --serve"),
    (("explore", "gpt2", "--to", "page", "--port", "80"), "--port is of --serve"),
    (("check", "paper.toml", "--part", "x"), "--part is of --equation; in a claim file it is a"),
    (("check", "paper.tex", "--propose", "--strict"), "--strict is of verdicts, and --propose"),
    (("trace", "gpt2", "--size", "a=1"), "--size is of a module of your own"),
    (("trace", "a.py:F", "--trust-remote-code"), "--trust-remote-code is of code that comes with"),
    (("verify", "gpt2", "--training"), "--training is of proofs; write --symbolic --training"),
    (("verify", "gpt2", "--symbolic", "--batch", "2"), "--batch is of a step that is counted"),
    (("derive", "gpt2", "--training", "zero=1,zero=3"), "zero is chosen twice; leave one out"),
    (
        ("derive", "gpt2", "--convention", "default,logits=all,logits=last"),
        "logits is chosen twice; leave one out",
    ),
    (
        ("diagnose", "gpt2", "--device", "pi5", "--measured", "3 tok/s", "--threads", "2"),
        "--threads is of what is run, and with --measured nothing is",
    ),
    (("optimize", "gpt2", "--device", "pi5", "--draft", "lookup"), "a draft needs acceptance"),
    (("report", "gpt2", "--draft", "lookup", "--device", "pi5"), "a draft needs acceptance"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=lambda part: " ".join(part[:3]))
def test_an_option_that_says_nothing_in_a_call_is_refused(edgesym, words, said):
    assert words[0] in VERBS
    ran = edgesym(*words)
    assert ran.code == 2
    assert said in ran.err


KINDS = {
    "claim = []": "a claim file, which edgesym check takes",
    "[repeats]\nblock = 'layers'": "an architecture file: give a config as MODEL, and this with",
    "[memory_bandwidth]\nvalue = 1": "a device, which --device takes",
    "base = 'fused'": "a runtime, which --runtime takes",
    "main = 'q4_0'": "a format or a recipe of the weights, which --weights takes",
    "rules = []": "a file of places, which --offload takes",
    "quantities = []": "a plan of a sweep, which edgesym sweep --plan takes",
    "x = 1": "TOML",
}


@pytest.mark.parametrize("text", KINDS)
def test_another_file_as_model_says_what_takes_it(edgesym, tmp_path, text):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    ran = edgesym("derive", file)
    assert ran.code == 2
    assert f"a MODEL is a config.json, and this is {KINDS[text]}" in ran.err


def test_what_no_kernel_moves_has_no_intensity(edgesym):
    ran = edgesym("plot", "roofline", "gpt2", "--device", "rtx-4090", "--runtime", "vllm", "--json")
    assert ran.code == 0
    idle = [row for row in json.loads(ran.out)["kernels"] if not row["bytes"]]
    assert idle
    assert {row["intensity"] for row in idle} == {0.0}
