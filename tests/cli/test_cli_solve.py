"""``edgesym solve`` as a user meets it."""

import json

import pytest

ON_PI = ("llama-3.2-1b", "--device", "raspberry-pi-5")


@pytest.fixture
def solve(edgesym):
    """Call the verb with arguments."""
    return lambda *arguments: edgesym("solve", *arguments)


def such_that(*conditions):
    return [word for condition in conditions for word in ("--such-that", condition)]


def test_an_answer_in_words(solve):
    ran = solve(*ON_PI, "--for", "context", *such_that("memory_footprint <= 7.5GiB"))
    assert ran.code == 0
    assert all(len(line) <= 100 for line in ran.out.splitlines()[3:])
    text = " ".join(ran.out.split())
    assert "context at most 170323 tokens" in text
    assert " S = (" in text
    assert "memory_footprint)/(2*B_c*D*K*L*b) = 170323.921875 there" in text


def test_an_answer_as_json(solve):
    ran = solve(
        *ON_PI,
        *("--for", "bandwidth", "--format", "json"),
        *such_that("tokens_per_second >= 20 tokens/s", "memory_footprint <= memory"),
    )
    assert ran.code == 0
    found = json.loads(ran.out)
    assert found["limited_by"] == ["tokens_per_second >= 20 tokens/s"]
    assert found["answer"] == found["root"] == found["feasible"][0][0]
    assert found["unit"] == "B/s"
    first, second = found["at_the_answer"]
    assert first["left"] == pytest.approx(20, rel=1e-9)
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
    starts = [line.split()[0] for line in ran.out.splitlines()[3:] if not line.startswith(" ")]
    assert starts[3:7] == ["S_p", "a_0", "a_1", "a_2"]


MISTAKES = [
    ((*ON_PI, *such_that("flops <= 1 TFLOP")), ["--for"]),
    ((*ON_PI, "--for", "context"), ["--such-that"]),
    ((*ON_PI, "--for", "contex", *such_that("flops <= 1 TFLOP")), ["'contex'", "context"]),
    ((*ON_PI, "--for", "zzzz", *such_that("flops <= 1 TFLOP")), ["'zzzz'", "batch"]),
    ((*ON_PI, "--for", "context", *such_that("flop <= 1 TFLOP")), ["'flop'", "flops"]),
    ((*ON_PI, "--for", "context", *such_that("flops <= 1")), ["write 1 FLOP"]),
    ((*ON_PI, "--for", "context", *such_that("flops <= 1s")), ["flops is in FLOP", "1s in s"]),
    ((*ON_PI, "--for", "context", *such_that("flops")), ["not a condition"]),
    ((*ON_PI, "--for", "context", *such_that("")), ["not a condition"]),
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
