"""Drafts and cached prefixes as a user meets them."""

from __future__ import annotations

import json
from typing import Any

import pytest

ON = ("qwen3-8b", "--device", "raspberry-pi-5", "--weights", "q4_0")
DRAFT = ("--draft", "qwen3-0.6b", "--draft-tokens", "4", "--acceptance", "0.8")


def test_an_estimate_says_what_drafts_are_worth(edgesym: Any) -> None:
    ran = edgesym("estimate", *ON, *DRAFT)
    assert ran.code == 0
    said = " ".join(ran.out.split())
    assert "4 tokens drafted by qwen3-0.6b, 0.8 of them accepted" in said
    assert "draft 3.36 tokens a step of" in said
    assert "times as fast as without; its weights" in said
    found = json.loads(edgesym("estimate", *ON, *DRAFT, "--format", "json").out)
    assert (found["draft"], found["draft_tokens"], found["acceptance"]) == ("qwen3-0.6b", 4, 0.8)
    assert sum(found["shares"].values()) == pytest.approx(1)


def test_a_prefix_that_is_cached_is_said(edgesym: Any) -> None:
    ran = edgesym("estimate", *ON, "--prompt", "1k", "--cached", "1000")
    assert "prompt 1024 (1000 of it cached)" in " ".join(ran.out.split())
    found = json.loads(edgesym("estimate", *ON, "--cached", "100", "--format", "json").out)
    assert found["cached"] == 100
    assert "cached" not in json.loads(edgesym("estimate", *ON, "--format", "json").out)


def test_the_acceptance_at_which_drafts_pay_is_solved_for(edgesym: Any) -> None:
    ran = edgesym(
        *("solve", *ON, "--draft", "qwen3-0.6b", "--draft-tokens", "4"),
        *("--for", "acceptance", "--such-that", "speculative_speedup >= 1"),
    )
    assert "acceptance at least 0." in " ".join(ran.out.split())


def test_the_best_number_of_drafts_is_solved_for(edgesym: Any) -> None:
    asked = ("--draft", "qwen3-0.6b", "--acceptance", "0.8", "--for", "draft_tokens")
    ran = edgesym("solve", *ON, *asked, "--minimise", "time_per_output_token")
    said = " ".join(ran.out.split())
    assert "draft_tokens 4 tokens" in said
    assert "at 3" in said
    assert "at 5" in said
    gpu = ("solve", "qwen3-14b", "--device", "h100-sxm", *asked)
    ran = edgesym(*gpu, "--maximise", "speculative_speedup")
    assert "gamma = -r + (LambertW(" in ran.out
    found = json.loads(edgesym(*gpu, "--maximise", "speculative_speedup", "--format", "json").out)
    assert found["answer"] == 4
    assert found["values"]["4"] > max(found["values"]["3"], found["values"]["5"])


def test_drafts_are_swept_by_name_and_by_number(edgesym: Any) -> None:
    ran = edgesym(
        *("sweep", *ON, "--draft", "lookup", "--acceptance", "0.7", "-q", "tokens_per_second"),
        *("--over", "draft=lookup,qwen3-0.6b", "--over", "draft_tokens=1..3"),
    )
    assert ran.code == 0
    assert ran.out.count("qwen3-0.6b") == 3


def test_a_draft_that_is_no_smaller_is_warned_of(edgesym: Any) -> None:
    ran = edgesym(
        *("estimate", "qwen3-0.6b", "--device", "raspberry-pi-5"),
        *("--draft", "qwen3-1.7b", "--draft-tokens", "2", "--acceptance", "0.9"),
    )
    assert ran.code == 0
    assert "qwen3-1.7b takes" in ran.err
    assert "it saves nothing" in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--draft", "llama-3.2-1b", *DRAFT[2:]), "128,256 tokens and qwen3-8b one of 151,936"),
        (("--draft", "mtp", *DRAFT[2:]), "says of no block that predicts further tokens"),
        (("--draft", "qwen3-0.6b"), "give it with --acceptance ... --draft-tokens ..."),
        (("--draft-tokens", "4"), "says nothing without a draft"),
        ((*DRAFT[:4], "--acceptance", "1.5"), "acceptance = 1.5"),
        ((*DRAFT[:4], "--acceptance", "nan"), "acceptance"),
        ((*DRAFT[:2], "--draft-tokens", "0", "--acceptance", "0.5"), "draft_tokens = 0"),
        (("--draft", "nothing", *DRAFT[2:]), "nothing"),
        (("--draft", "qwen3-0.6b:q9", *DRAFT[2:]), "q9"),
        (("--set", "acceptance=0.5"), "give it as --acceptance"),
        (("--cached", "128"), "give 127 at most"),
        (("--composition", "edgeprofiler", *DRAFT), "one token"),
    ],
)
def test_bad_input_is_one_error(edgesym: Any, options: tuple[str, ...], said: str) -> None:
    ran = edgesym("estimate", *ON, *options)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "nothing is asked"),
        (("--maximise", "tokens_per_second", "--minimise", "power"), "one of the two"),
        (("--maximise", "parameters"), "does not depend on batch"),
    ],
)
def test_a_best_that_is_not_asked_for_is_refused(
    edgesym: Any, options: tuple[str, ...], said: str
) -> None:
    ran = edgesym("solve", *ON, "--for", "batch", *options)
    assert ran.code == 2
    assert said in ran.err
