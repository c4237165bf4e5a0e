"""``edgesym solve`` as a user meets it."""

import json

import pytest

ON_PI = ("llama-3.2-1b", "--device", "raspberry-pi-5", "--kernels", "fused")


@pytest.fixture
def solve(edgesym):
    """Call the verb with arguments."""
    return lambda *arguments: edgesym("solve", *arguments)


def such_that(*conditions):
    return [word for condition in conditions for word in ("--such-that", condition)]


def test_an_answer_in_words(solve):
    ran = solve(*ON_PI, "--for", "context", *such_that("memory_footprint <= 7.5GiB"))
    assert ran.code == 0
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    text = " ".join(ran.out.split())
    assert "context at most 170323 tokens" in text
    assert " S = (" in text
    assert text.endswith("memory_footprint)/(2*B_c*D*K*L*b) = 170323.921875 tokens")


WORDS = [
    # an equality has one end, and a bound without a unit stands as the number that it is
    (("bandwidth", "compute_time / memory_time = 1"), "limited by", ["and below", "bound"]),
    # a branch is named, and so is a bound on what has no name
    (("context", "cache_traffic + weight_bytes <= 3GiB"), "where bound = 3GiB", []),
    (("context", "context <= 4096"), "S = 4096 tokens", ["4096 = "]),
    # bytes that were not written in binary units are shown in those of the other side too
    (("context", "kv_cache_bytes <= 1GB"), "<= 1GB = 953.674 MiB", []),
    (("context", "kv_cache_bytes <= 1GiB"), "<= 1GiB", ["1GiB ="]),
    (("batch", "flops > 0FLOP"), "batch 1,000,000,000 sequences or more", ["at most"]),
    (("memory", "memory_footprint <= 0.9 * memory"), "M_0 = 10/9*(B_", []),
    (("memory_utilisation", "time_per_output_token <= 1s"), "memory_utilisation at least 0.", []),
    (("cache_bits", "memory_footprint >= 1TB"), "is at most", ["floor"]),
    (("batch", "time_per_output_token <= 300ms"), "feasible 1 to ", []),
]


@pytest.mark.parametrize(("question", "said", "not_said"), WORDS, ids=str)
def test_what_is_said_of_an_answer_and_what_is_not(solve, question, said, not_said):
    unknown, condition = question
    text = " ".join(solve(*ON_PI, "--for", unknown, *such_that(condition)).out.split())
    assert said in text
    assert not [words for words in not_said if words in text]


def test_the_branch_of_a_window_and_a_jump_are_named(solve):
    asked = ("--for", "context", *such_that("attention_core_flops <= 2GFLOP"))
    assert "where min(S, W) = W" in " ".join(solve("gemma-3-1b", *asked).out.split())
    text = solve("llama-4-scout", "--for", "context", *such_that("attention_core_flops <= 10GFLOP"))
    assert "where ceil(S/N) = 5" in " ".join(text.out.split())
    assert "S jumps past the bound there" in " ".join(text.out.split())


def test_a_setting_may_use_a_letter_or_a_short_name(solve):
    asked = ("--for", "context", *such_that("time_per_output_token <= 300ms"))
    names = ("memory_bandwidth", "W_m", "bandwidth")
    made = {solve(*ON_PI, "--set", f"{name}=20GB/s", *asked).out for name in names}
    assert len(made) == 1
    assert made != {solve(*ON_PI, *asked).out}


def test_an_answer_as_json(solve):
    ran = solve(
        *ON_PI,
        *("--for", "bandwidth", "--format", "json"),
        *such_that("tokens_per_second >= 10 tokens/s", "memory_footprint <= memory"),
    )
    assert ran.code == 0
    found = json.loads(ran.out)
    assert found["limited_by"] == ["tokens_per_second >= 10 tokens/s"]
    assert found["answer"] == found["root"] == found["feasible"][0][0]
    assert found["unit"] == "B/s"
    first, second = found["at_the_answer"]
    assert first["left"] == pytest.approx(10, rel=1e-9)
    assert second["right"] == 8 * 2**30
    assert "memory_footprint <= memory does not depend on bandwidth" in found["notes"][0]


def test_impossible_is_an_answer(solve):
    question = (*ON_PI, "--for", "bandwidth", *such_that("time_per_output_token <= 1ms"))
    ran = solve(*question)
    assert ran.code == 0
    assert "impossible because time_per_output_token is at least" in ran.out
    found = json.loads(solve(*question, "--format", "json").out)
    assert found["answer"] is None
    assert found["feasible"] == []
    assert found["impossible"]["extreme"] > 1e-3
    assert "t_0" in found["impossible"]["floor"]


def test_a_range_with_units(solve):
    ran = solve(
        *(*ON_PI, "--for", "bandwidth", "--between", "10GB/s", "20GB/s"),
        *such_that("time_per_output_token <= 300ms"),
    )
    assert ran.code == 0
    assert "to 20 GB/s" in ran.out


def test_coefficients_of_a_quadratic_are_listed(solve):
    ran = solve(*ON_PI, "--for", "prompt", *such_that("time_to_first_token <= 10s"))
    equations = [line.split()[0] for line in ran.out.splitlines() if " = " in line[:9]]
    assert equations == ["S_p", "a_0", "a_1", "a_2"]


MISTAKES = [
    (
        (*ON_PI, "--for", "batch", *such_that("flops <= 1TFLOP"), "--set", "hidden=2048+-1"),
        ["hidden=2048+-1", "figures of a device", "spread"],
    ),
    (
        (*ON_PI, "--for", "bandwidth", *such_that("memory_time <= 1s"), "--between", "10", "20"),
        ["--between", "10 has no unit", "GB/s"],
    ),
    (
        (*ON_PI, "--for", "batch", *such_that("flops <= 1TFLOP"), "--set", "peak_flops=3e12"),
        ["--set peak_flops", "3e12 has no unit", "TFLOP/s"],
    ),
    (
        ("llama-3.2-1b", "--for", "source_tokens", *such_that("flops <= 1TFLOP")),
        ["source_tokens", "--source"],
    ),
    ((*ON_PI, *such_that("flops <= 1 TFLOP")), ["--for"]),
    ((*ON_PI, "--for", "context"), ["--such-that"]),
    ((*ON_PI, "--for", "contex", *such_that("flops <= 1 TFLOP")), ["'contex'", "context"]),
    ((*ON_PI, "--for", "zzzz", *such_that("flops <= 1 TFLOP")), ["'zzzz'", "batch"]),
    ((*ON_PI, "--for", "context", *such_that("flop <= 1 TFLOP")), ["'flop'", "flops"]),
    ((*ON_PI, "--for", "context", *such_that("flops <= 1")), ["behind it: FLOP, kFLOP"]),
    ((*ON_PI, "--for", "context", *such_that("flops <= 1s")), ["flops is in FLOP", "1s in s"]),
    ((*ON_PI, "--for", "context", *such_that("flops")), ["not a condition"]),
    ((*ON_PI, "--for", "context", *such_that("")), ["--such-that is empty"]),
    ((*ON_PI, "--for", "context", *such_that("flops <= ((1 TFLOP")), ["not a formula"]),
    ((*ON_PI, "--for", "context", *such_that("time_to_first_token <= 1s")), ["--for prompt"]),
    (
        ("llama-3.2-1b", "--for", "context", *such_that("time_per_output_token <= 1s")),
        ["--device", "memory_bandwidth"],
    ),
    (
        (*ON_PI, "--for", "batch", *such_that("step_time <= 1s", "step_time >= 2s")),
        ["contradict each other"],
    ),
    (
        (*ON_PI, "--for", "batch", "--between", "9", "1", *such_that("step_time <= 1s")),
        ["--between 9 1"],
    ),
    (
        (*ON_PI, "--for", "batch", "--between", "1", "x", *such_that("step_time <= 1s")),
        ["'x'", "number"],
    ),
    (("lama-3.2-1b", "--for", "batch", *such_that("flops <= 1 FLOP")), ["llama-3.2-1b"]),
]


@pytest.mark.parametrize(("arguments", "words"), MISTAKES, ids=lambda v: " ".join(v)[-60:])
def test_a_mistake_is_named_in_one_line(solve, arguments, words):
    ran = solve(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err
    errors = [line for line in ran.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0]
