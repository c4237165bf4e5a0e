"""Searching designs: the best of all candidates, and a search without a grid that agrees."""

from __future__ import annotations

import builtins
import math

import numpy as np
import pytest

from edgesym import sweep
from edgesym.analysis.sweep.design import _Search, design
from edgesym.analysis.sweep.plan import Plan, groups_of
from edgesym.analysis.sweep.sweep import job_of
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.errors import ConfigError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

RUN = Run(weights="int4", kernels="fused")
ON_PI = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), RUN)
WHERE = ("tokens_per_second >= 20", "memory_footprint <= 2GB")
OVER = {"hidden": "256..4096:step:16", "layers": "16..48"}


def asked(over=OVER, by="hidden", where=WHERE, **more):
    return job_of(ON_PI, Plan(groups_of(over), where=where, top=1, by=by, **more))


def test_the_best_design_is_that_of_brute_force():
    best = design(asked())
    every = sweep(ON_PI, OVER, ["tokens_per_second", "memory_footprint"])
    fits = (every["tokens_per_second"] >= 20) & (every["memory_footprint"] <= 2e9)
    assert best.objective == every["hidden"][fits].max()
    assert best.found["hidden"].tolist() == [best.objective]
    (speed, least), (held, most) = best.sides
    assert (least, most) == (20, 2e9)
    assert speed >= 20
    assert held <= 2e9


def test_the_relaxation_gives_the_same_answer():
    pytest.importorskip("scipy")
    relaxed = design(asked()).relaxed
    assert relaxed is not None
    assert relaxed.same
    assert relaxed.reason == ""
    assert "layers at its least" in relaxed.binding
    assert any(text.startswith("tokens_per_second >= 20") for text in relaxed.binding)


def test_what_lies_between_the_numbers_is_said():
    pytest.importorskip("scipy")
    over = {"hidden": [512, 1024, 2048, 4096], "layers": "16..48"}
    best = design(asked(over, by="+parameters"))
    assert best.relaxed is not None
    assert not best.relaxed.same
    assert best.relaxed.objective > best.objective
    assert "between the numbers of the axes parameters is better by" in best.relaxed.reason


def test_least_is_an_answer_too():
    pytest.importorskip("scipy")
    over = {"bandwidth": "1GB/s..100GB/s:lin:991", "bits": [4, 8]}
    best = design(asked(over, by="bandwidth", where=("tokens_per_second >= 10",)))
    assert best.found["bits"].tolist() == [4]
    assert best.relaxed is not None
    assert best.relaxed.same
    below = best.found["bandwidth"][0] - 1e8
    assert below <= best.relaxed.values["bandwidth"] <= best.found["bandwidth"][0]


def test_derivatives_of_the_search_are_those_of_differences():
    job = asked({**OVER, "bandwidth": "10GB/s..20GB/s:lin:5"})
    question = job.questions[0]
    axes = tuple(question.inputs.values())
    search = _Search(question, axes)
    at = np.log([1000.0, 20.5, 1.7e10])
    _, slopes = search.logs(at)
    for place in range(len(axes)):
        step = np.zeros(3)
        step[place] = 1e-6
        difference = (search.logs(at + step)[0] - search.logs(at - step)[0]) / 2e-6
        assert slopes[:, place] == pytest.approx(difference, rel=1e-5, abs=1e-8)


def test_without_scipy_the_grid_answers_alone(monkeypatch):
    real = builtins.__import__

    def hidden(name, *rest):
        if name.startswith("scipy"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", hidden)
    best = design(asked())
    assert best.relaxed is None
    assert "scipy is not installed (extra: design)" in best.missing


def test_axes_that_go_together_are_not_relaxed():
    pytest.importorskip("scipy")
    over = [{"hidden": [1024, 2048], "intermediate": [4096, 8192]}, {"layers": "16..48"}]
    best = design(asked(over))
    assert best.relaxed is None
    assert "axes that go together are no range" in best.missing


def test_nothing_that_meets_the_conditions_is_said():
    with pytest.raises(ConfigError, match=r"none of 7,953 candidates meets .* weaken a condition"):
        design(asked(where=("tokens_per_second >= 1e9",)))
    with pytest.raises(ConfigError, match="--design needs what is best"):
        design(job_of(ON_PI, Plan(groups_of(OVER), quantities=("parameters",))))
    assert math.isfinite(design(asked()).objective)
