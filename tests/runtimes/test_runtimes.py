"""Runtimes: the shipped files, what a user's file may say, and launches that were counted."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path
from statistics import median

import pytest
import sympy

import edgesym
from edgesym import load
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError
from edgesym.graph.meaning import Purpose
from edgesym.runtimes import find_runtime, runtime_names
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

DATA = Path(__file__).resolve().parents[1] / "data"
HEAD = 'name = "Mine"\nsummary = "a runtime of my own"\nsource = "its code"\n'


@pytest.mark.parametrize("name", runtime_names())
def test_every_shipped_runtime_reads(name):
    found = find_runtime(name)
    assert found.id == name
    assert found.name
    assert found.summary
    assert found.source
    assert all(Fraction(0) <= count <= 20 for _, count in found.launches)


def written(folder, text):
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def fuse(**changes):
    """A file with one fusion, some lines of it changed; None leaves a line out."""
    lines = {
        "kernel": '"core"',
        "purposes": '["scores", "softmax", "values"]',
        "source": '"its code"',
        **changes,
    }
    return HEAD + "[[fuse]]\n" + "\n".join(f"{k} = {v}" for k, v in lines.items() if v is not None)


ABSORB = HEAD + '[[absorb]]\nsource = "its code"\n'

MEMORY = HEAD + '[memory]\nsource = "its code"\n'

#: A file that is no runtime, and what the error says of it: key, value and remedy.
BAD = [
    ("name = [", "not valid TOML"),
    (HEAD + 'colour = "red"', "unknown key of .*'colour'"),
    (HEAD.replace("source", "# source"), 'source is missing; add a line source = "..."'),
    (HEAD.replace('"its code"', "7"), "source = 7 must be text"),
    (HEAD.replace('"its code"', '""'), "source is missing; add a line"),
    (HEAD + 'whole = "yes"', "whole = 'yes' must be true or false, without quotes"),
    (HEAD + "whole = 1", "whole = 1 must be true or false"),
    (HEAD + "fuse = 3", "fuse = 3 must be a list"),
    (HEAD + 'fuse = ["core"]', r"fuse\[1\] = 'core' must be a table"),
    (fuse(colour='"red"'), "unknown key of .*: fuse\\[1\\]: 'colour'"),
    (fuse(kernel='"gate up"'), "fuse\\[1\\].kernel = 'gate up' must be a plain name"),
    (fuse(kernel=None), "fuse\\[1\\]: missing kernel, which is a plain name"),
    (fuse(purposes='["score"]'), "unknown purpose in .*fuse: purposes: 'score'; nearest: scores"),
    (fuse(purposes="[[1]]"), r"purposes\[1\] = \[1\] must be a plain name"),
    (fuse(purposes="[]"), r"fuse\[1\].purposes = \[\] must be a list of purposes"),
    (fuse(purposes=None), "fuse\\[1\\]: missing purposes, which is a list of purposes"),
    (fuse(source=None), "fuse\\[1\\]: missing source, which is text"),
    (fuse(chain='"no"'), "fuse\\[1\\].chain = 'no' must be true or false"),
    (fuse(siblings="1"), "fuse\\[1\\].siblings = 1 must be true or false"),
    (ABSORB + 'purposes = ["bias"]\ninto = "query"', "absorb\\[1\\].into = 'query' must be a list"),
    (ABSORB + 'into = ["query"]', "absorb\\[1\\]: missing purposes, which is a list"),
    (HEAD + '[[absorb]]\npurposes = ["bias"]', "absorb\\[1\\]: missing source"),
    (HEAD + "launches = 2", r"launches = 2 must be a table"),
    (HEAD + "[launches]\nnorms = 2", "unknown purpose in .*launches: 'norms'; nearest: norm"),
    (HEAD + "[launches]\nnorm = -1", "launches.norm = -1 must be a whole number up to 1000"),
    (HEAD + "[launches]\nnorm = 1001", "launches.norm = 1001 must be a whole number up to 1000"),
    (HEAD + "[launches]\nnorm = true", "launches.norm = True must be a whole number"),
    (HEAD + "[launches]\nnorm = 0.5", 'launches.norm = 0.5 must be .* as text, such as "1/2"'),
    (HEAD + "[launches]\nnorm = nan", "launches.norm = nan must be a finite number"),
    (HEAD + '[launches]\nnorm = "two"', "launches.norm = 'two' must be a whole number"),
    (HEAD + '[launches]\nnorm = "1/0"', "launches.norm = '1/0' must be a whole number"),
    (HEAD + '[launches]\nnorm = "1e999999999"', "launches.norm = '1e999999999' must be"),
    (HEAD + '[arithmetic]\nq9_9 = ["int8"]', "unknown number format in .*arithmetic.q9_9: 'q9_9'"),
    (HEAD + "[arithmetic]\nq4_0 = []", r"arithmetic.q4_0 = \[\] must be a list of dtypes"),
    (HEAD + '[arithmetic]\nq4_0 = "int8"', "q4_0 = 'int8' must be a list, in brackets"),
    (HEAD + '[arithmetic]\nq4_0 = ["int9"]', "unknown dtype in .*q4_0: 'int9'; nearest: int8"),
    (HEAD + 'formats = ["q4"]', "unknown number format in .*formats: 'q4'; nearest: q4"),
    (HEAD + "formats = [4]", "formats\\[1\\] = 4 must be a text"),
]


@pytest.mark.parametrize(("text", "says"), BAD)
def test_a_file_that_is_no_runtime_is_one_clear_error(tmp_path, text, says):
    path = written(tmp_path, text)
    with pytest.raises(EdgesymError, match=says) as caught:
        find_runtime(path)
    assert path in str(caught.value)
    assert isinstance(caught.value, ConfigError | UnknownNameError)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        find_runtime(str(tmp_path / "none.toml"))


def test_a_users_own_file_works_where_a_name_does(tmp_path):
    text = fuse(purposes='["join", "scores", "score_modifier", "softmax", "values"]')
    text += '\n[[absorb]]\npurposes = ["product"]\ninto = ["activation"]\nsource = "its code"\n'
    path = written(tmp_path, text + '\n[launches]\nrotary = "1/2"\nresidual = 0\n')
    found = find_runtime(path)
    assert found.launched([Purpose.ROTARY]) == Fraction(1, 2)
    assert found.launched([Purpose.RESIDUAL, Purpose.NORM]) == 1
    L, t_0 = symbol("layers"), symbol("launch_overhead")
    # Per layer two norms, seven products, two rotations at a half, two writes to the cache, the
    # core and the activation; the embedding, the last norm and the logits besides.
    launches = edgesym.derive("llama-3.2-1b", "launch_time", kernels=path)
    assert sympy.expand(launches.expression - t_0 * (L * (2 + 7 + 1 + 2 + 1 + 1) + 3)) == 0
    mine, unfused = (
        edgesym.derive("llama-3.2-1b", "memory_traffic", kernels=kernels).evaluate(
            batch=1,
            context=512,
            weight_bytes_per_element=2,
            activation_bytes_per_element=2,
            cache_bytes_per_element=2,
            token_bytes_per_element=4,
        )
        for kernels in (path, "unfused")
    )
    assert mine < unfused
    step = edgesym.derive("llama-3.2-1b", "step_time", kernels=path)
    assert step.expression.has(t_0)


def test_a_users_own_runtime_says_how_it_holds_a_model(tmp_path):
    path = written(tmp_path, MEMORY + 'tokens = 8\ncache_page = 100\nactivations = "fp32"\n')
    setup = Setup(load("llama-3.2-1b"), run=Run(kernels=path, context=128))
    assert setup.number("kv_cache_memory_bytes") == 2 * 16 * 8 * 64 * 200 * 2
    # logits of 8 tokens in float beside what they are made of; nothing is held longer
    assert setup.number("compute_buffer_bytes") == 4 * 8 * (128256 + 2048)
    assert setup.number("weight_memory_bytes") == setup.number("weight_storage_bytes")


def counted():
    """Steps whose kernels a profiler counted."""
    lines = (DATA / "kernels_per_step.csv").read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_the_launches_of_pytorchs_cuda_graph_are_those_that_the_profiler_counts():
    """Measured: 0.5 % in the median and 10.3 % at worst, of 21 steps of 7 models.

    The worst are Qwen3's with more than one token, where the norms of queries and keys copy their
    input first, since it is a slice of one matrix; which a step of one token does not.
    """
    found = [
        (
            edgesym.derive(
                row["model"], "launch_time", kernels="torch-cudagraph", phase=row["phase"]
            ),
            row,
        )
        for row in counted()
    ]
    errors = [
        abs(float(formula.evaluate(launch_overhead=1)) / int(row["kernels"]) - 1)
        for formula, row in found
    ]
    assert len(errors) == 21
    assert median(errors) < 0.06
    assert max(errors) < 0.12


def test_eager_launches_what_the_graph_records():
    eager, graph = find_runtime("torch-eager"), find_runtime("torch-cudagraph")
    assert (eager.fusion, eager.launches) == (graph.fusion, graph.launches)
    assert eager.memory == graph.memory
