"""One of each kind of addition that docs/house.md names, made as its row says.

Data is a file of a user's, by path; code is a function and its line in a table, added here for
the length of a test.
"""

from __future__ import annotations

import json
import sys
import types

import click
import pytest
import sympy

import edgesym as package
from edgesym import Run, Setup, find_device, load
from edgesym.catalogue import REGISTRY
from edgesym.cli.main import VERBS
from edgesym.cli.output import output_options
from edgesym.document.nodes import Document, Section, Text, table
from edgesym.graph.meaning import Purpose
from edgesym.layers import LAYERS
from edgesym.quantities.composition import COMPOSITIONS, Composition
from edgesym.quantities.registry import quantity
from edgesym.render.write import MEDIA, write
from edgesym.symbols import symbol
from tests.cli.conftest import edgesym  # noqa: F401

CONFIG = {
    "model_type": "novel",
    "vocab_size": 1000,
    "hidden_size": 64,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "torch_dtype": "bfloat16",
}
ARCHITECTURE = """
model_types = ["novel"]
extends = "llama"
source = "a test"
"""
STIRRED = (
    ARCHITECTURE
    + """
[layers]
feed_forward = { layer = "stirred" }
"""
)
RUNTIME = """
name = "one"
summary = "attention alone is fused"
source = "a test"
[[fuse]]
kernel = "core"
purposes = ["scores", "softmax", "values"]
source = "a test"
[launches]
norm = 3
"""
DEVICE = """
name = "A board"
[peak.fp16]
value = 1
unit = "TFLOP/s"
source = "a test"
[memory_size]
value = 4
unit = "GiB"
source = "a test"
[memory_bandwidth]
value = 10
unit = "GB/s"
source = "a test"
[compute_utilisation]
value = 0.5
unit = "1"
source = "a test"
[memory_utilisation]
value = 0.5
unit = "1"
source = "a test"
[launch_overhead]
value = 0
unit = "s"
source = "a test"
"""
CLAIM = """
[paper]
name = "A test"
[symbols]
L = "layers"
H = "hidden"
B = "bytes_per_element"
S = "context"
[[claim]]
id = "cache"
plain = "2*L*H*S*B"
quantity = "kv_cache_bytes"
assumptions = ["kv_heads = heads", "head_dim = hidden/heads"]
"""


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path):
    return written(tmp_path, "config.json", json.dumps(CONFIG))


def test_an_architecture_is_a_file(config, tmp_path):
    model = load(str(config), architecture=str(written(tmp_path, "novel.toml", ARCHITECTURE)))
    assert package.derive(model, "parameters").evaluate() == 251_200


def test_a_layer_is_a_function_that_says_what_its_operations_are_for(config, tmp_path, monkeypatch):
    def stirred(build, part, x):
        width = symbol("intermediate")
        y = build.project(f"{part}.zork", x, width, purpose=Purpose.UP)
        y = build.pointwise(f"{part}.plugh", "silu", y, purpose=Purpose.ACTIVATION)
        return build.project(f"{part}.xyzzy", y, x.shape[-1], purpose=Purpose.DOWN)

    monkeypatch.setitem(LAYERS, "stirred", stirred)
    model = load(str(config), architecture=str(written(tmp_path, "novel.toml", STIRRED)))
    H, I, L = (symbol(w) for w in ("hidden", "intermediate", "layers"))
    of_part = package.derive(model, "flops", part="feed_forward", convention="pytorch")
    assert sympy.expand(of_part.expression - 4 * H * I * L * symbol("batch")) == 0
    launches = [
        package.derive(model, "launch_time", kernels=name).evaluate(launch_overhead=1)
        for name in ("unfused", "fused")
    ]
    assert launches[0] > launches[1]


def test_a_runtime_is_a_file(edgesym, tmp_path):  # noqa: F811
    path = written(tmp_path, "one.toml", RUNTIME)
    ran = edgesym("derive", "llama-3.2-1b", "-q", "launch_time", "--runtime", path)
    # two norms of a layer start three kernels each, its 16 other kernels one; at the ends an
    # embedding, a norm and the head
    assert ran.out.startswith("launch_time [s] = t_0*(22*L + 5)")


def test_a_device_is_a_file(edgesym, tmp_path):  # noqa: F811
    path = written(tmp_path, "board.toml", DEVICE)
    ran = edgesym("estimate", "llama-3.2-1b", "--device", path, "--weights", "fp16", "--json")
    assert (ran.code, json.loads(ran.out)["memory_size_bytes"]) == (0, 4 * 2**30)


def test_a_composition_is_a_row(monkeypatch):
    slowest = Composition(
        "twice",
        "twice the longer",
        "the longer of the two, twice",
        lambda computing, moving: 2 * sympy.Max(computing, moving, evaluate=False),
        lambda computing, moving, _: computing > moving,
        "a test",
    )
    monkeypatch.setitem(COMPOSITIONS, "twice", slowest)
    device = find_device("rtx-4090")
    once, twice = (
        Setup(load("llama-3.2-1b"), device, Run(composition=name)).number("step_time")
        - Setup(load("llama-3.2-1b"), device, Run(composition=name)).number("launch_time")
        for name in ("max", "twice")
    )
    assert twice > once


def test_a_published_equation_is_a_file(edgesym, tmp_path):  # noqa: F811
    ran = edgesym("check", written(tmp_path, "paper.toml", CLAIM))
    assert (ran.code, "cache: exact" in ran.out) == (0, True)


@pytest.fixture
def cache_per_layer():
    @quantity("B", of_part=True)
    def cache_per_layer(case):
        """Cache of one layer."""
        return REGISTRY["kv_cache_bytes"].formula(case) / symbol("layers")

    yield "cache_per_layer"
    del REGISTRY["cache_per_layer"]


def test_a_quantity_is_a_function_and_appears_everywhere(edgesym, cache_per_layer):  # noqa: F811
    ran = edgesym("derive", "llama-3.2-1b", "-q", cache_per_layer)
    assert ran.out.startswith("cache_per_layer [B] = 2*B_c*D*K*S*b")
    assert cache_per_layer in edgesym("quantities").out
    asked = ("--for", "context", "--such-that", f"{cache_per_layer} <= 1MiB")
    assert "at most 512 tokens" in edgesym("solve", "llama-3.2-1b", *asked).out
    assert "elasticity" in edgesym("sensitivity", "llama-3.2-1b", "-q", cache_per_layer).out


def test_a_verb_is_a_file_and_its_line(edgesym, monkeypatch):  # noqa: F811
    @click.command()
    @output_options
    def command(write):
        """Say a thing."""
        write(Document("A thing", (Text("is said"),), lambda: {"said": True}))

    module = types.ModuleType("edgesym.cli.say")
    module.command = command
    monkeypatch.setitem(sys.modules, "edgesym.cli.say", module)
    monkeypatch.setitem(VERBS, "say", "Say a thing.")
    assert "is said" in edgesym("say").out
    assert json.loads(edgesym("say", "--json").out) == {"said": True}
    assert "Say a thing." in edgesym("--help").out


def test_a_section_is_a_node_and_every_medium_writes_it():
    section = Section("What is new", (Text("a sentence"), table(("of",), [("a sentence",)])))
    document = Document("A report", (section,), lambda: {"new": "a sentence"})
    for medium in MEDIA:
        assert "sentence" in write(document, medium), medium
