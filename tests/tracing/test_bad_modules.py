"""Code that cannot be traced: one line that says where, why, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from edgesym.errors import ConfigError
from edgesym.tracing.ask import trace
from edgesym.tracing.job import Job, read_input

FILE = Path(__file__).parents[1] / "data" / "bad_modules" / "bad.py"

CASES = {
    "Raises": r"bad\.py:\d+: ValueError: not today",
    "Allocates": r"bad\.py:\d+: the code takes more than the \d+ GiB of memory",
    "Connects": "asks for the network|Network is unreachable",
    "NoModule": r"is a class and no torch\.nn\.Module",
    "Refuses": r"bad\.py:\d+: AssertionError: hidden is no multiple of heads",
    "Looks": r"bad\.py:\d+: what runs here depends on the values of a tensor",
    "Picks": r"bad\.py:\d+: what runs here depends on the values of a tensor",
    "Ends": "was ended by SIGABRT",
    "Fused": r"custom operator edgesym_tests[:.]+fused\S* has no kernel",
    "Missing": "has no 'Missing'; it has Raises",
}


def job_of(name: str) -> Job:
    takes = {"hidden": 64} if name in ("NoModule", "Refuses") else {}
    sizes = {"hidden": 64}
    given = (read_input("x: (batch, context, hidden)", sizes),)
    return Job(name, name, {}, f"{FILE}:{name}", sizes | takes, {}, given)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_code_that_cannot_be_traced_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ConfigError, match=CASES[name]) as caught:
        trace(job_of(name))
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_code_that_hangs_is_ended() -> None:
    with pytest.raises(ConfigError, match="took longer than 30 s, and was ended"):
        trace(job_of("Hangs"), seconds=30)


@pytest.mark.slow
def test_a_size_that_nobody_takes_is_refused() -> None:
    job = job_of("Raises")
    with pytest.raises(ConfigError, match="--size wide: neither"):
        trace(Job(job.name, job.origin, {}, job.target, {**job.sizes, "wide": 8}, {}, job.inputs))
