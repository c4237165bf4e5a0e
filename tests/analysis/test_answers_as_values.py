"""Answers are values: equal ones hash alike, and nothing in them changes."""

from __future__ import annotations

import pytest

from edgesym import Run, Setup, estimate, explain, load, sensitivity, solve
from edgesym.analysis.operators import operator_table
from edgesym.graph.convention import convention
from edgesym.workload import Queries


def _table():
    model = load("gpt2")
    queries, formats = Queries.of((0,), (1,), None), Run().formats(model)
    return operator_table(model, queries, formats, convention())


ON_PI = ("llama-3.2-1b", "raspberry-pi-5")
ANSWERS = {
    "estimate": lambda: estimate(Setup(*ON_PI)),
    "sensitivity": lambda: sensitivity(Setup(*ON_PI), "step_time"),
    "explanation": lambda: explain(Setup(*ON_PI), "step_time"),
    "solution": lambda: solve(Setup(*ON_PI), "context", ["memory_footprint <= 6GiB"]),
    "no solution": lambda: solve(Setup(*ON_PI), "context", ["memory_footprint <= 1MB"]),
    "root": lambda: solve(Setup("gpt2", "rtx-4090"), "batch", ["step_time <= 6ms"]),
    "table": _table,
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_are_told_apart_as_values(answer):
    one, other = ANSWERS[answer](), ANSWERS[answer]()
    assert one == other
    assert len({one, other}) == 1
