"""The door of the library: few names, lazy imports, formulas that evaluate and compile."""

from __future__ import annotations

import subprocess
import sys

import networkx as nx
import pytest
import sympy

import edgesym
from edgesym import derive, graph_of, ledger_of, load
from edgesym.errors import ConfigError, DeviceError, EdgesymError, UnknownNameError
from edgesym.ledger import Kind
from tests.support import assert_equal_expression, letters

b, S, K, D, L = letters("b S K D L")
Bc = letters("B_c")[0]


def test_the_package_exports_few_names_and_each_is_there():
    assert len(edgesym.__all__) <= 25
    assert set(edgesym.__all__) <= set(dir(edgesym))
    for name in edgesym.__all__:
        assert getattr(edgesym, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = edgesym.nothing


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import edgesym", ("sympy", "networkx", "numpy", "jinja2", "click")),
        ("from edgesym.units import parse", ("sympy", "networkx", "numpy")),
        ("from edgesym.catalogue import REGISTRY", ("jinja2", "click")),
    ],
)
def test_heavy_modules_are_imported_where_they_are_used(statement, absent):
    code = f"{statement}\nimport sys\nprint([m for m in {absent!r} if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_formula_evaluates_by_word_or_letter():
    kv = derive(load("llama-3.1-8b"), "kv_cache_bytes")
    assert_equal_expression(kv.expression, 2 * Bc * D * K * L * S * b)
    assert_equal_expression(kv.numeric, 2 * 128 * 8 * 32 * Bc * S * b)
    # 32 layers x 2 x 8 heads x 128 x 2 bytes = 128 KiB a token: Llama 3.1 at 8192 tokens is 1 GiB
    expected = 8192 * 128 * 1024
    assert kv.evaluate(batch=1, context=8192, cache_bytes_per_element=2) == expected
    assert kv.evaluate(b=1, S=8192, B_c=2) == expected
    assert list(kv.compile(B_c=2)(b=[1, 2], S=8192)) == [expected, 2 * expected]
    assert kv.elasticities(b=1, S=8192, B_c=2) == dict.fromkeys(kv.expression.free_symbols, 1.0)
    assert (kv.name, kv.unit) == ("kv_cache_bytes", "B")
    assert str(kv).startswith("kv_cache_bytes [B] = ")


def test_a_formula_says_what_it_lacks():
    kv = derive(load("llama-3.1-8b"), "kv_cache_bytes")
    with pytest.raises(EdgesymError, match="has no value"):
        kv.evaluate(batch=1)
    with pytest.raises(UnknownNameError, match="unknown symbol 'contxt'; nearest: context"):
        kv.evaluate(contxt=1)


def test_derive_takes_phase_part_kernels_and_convention():
    model = load("llama-3.1-8b")
    decode = derive(model, "flops", convention="pytorch")
    prefill = derive(model, "flops", phase="prefill", convention="pytorch")
    # torch's FlopCounterMode on transformers' model, meta device
    assert decode.evaluate(b=1, S=1025) == 15_546_712_064
    assert prefill.evaluate(b=1, S=1024) == 15_919_296_282_624
    scores = derive(model, "flops", part="attention.scores", convention="macs")
    assert scores.evaluate(b=1, S=10) == 32 * 32 * 128 * 10
    unfused, ideal = (derive(model, "memory_traffic", kernels=k) for k in ("unfused", "ideal"))
    point = {"b": 1, "S": 100, "B_w": 2, "B_a": 2, "B_c": 2, "B_t": 4}
    assert unfused.evaluate(**point) > ideal.evaluate(**point)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantity": "flop"}, "quantity 'flop'; nearest: flops"),
        ({"phase": "decoding"}, "phase 'decoding'; nearest: decode"),
        ({"kernels": "fuzed"}, "runtime 'fuzed'; nearest: fused"),
        ({"convention": "torch"}, "convention 'torch'; nearest: pytorch"),
        ({"part": "atention"}, "'atention'; nearest: attention"),
    ],
)
def test_a_name_that_is_not_known_is_refused_with_the_nearest(options, message):
    with pytest.raises(UnknownNameError, match=message):
        derive(load("llama-3.2-1b"), **options)


def test_graph_and_ledger_are_there_to_be_used():
    model = load("llama-3.2-1b")
    graph = graph_of(model, phase="decode", convention="pytorch")
    assert nx.is_directed_acyclic_graph(graph)
    total = sympy.Add(*(d["flops"] * d["repeat"] for _, d in graph.nodes(data=True)))
    book = ledger_of(model, phase="decode", convention="pytorch")
    assert_equal_expression(total, book.filter(Kind.FLOPS).total())


VERBS = {
    "estimate": edgesym.estimate,
    "explain": lambda it: edgesym.explain(it, "flops"),
    "sensitivity": lambda it: edgesym.sensitivity(it, "flops"),
    "solve": lambda it: edgesym.solve(it, "context", ["kv_cache_bytes <= 1GiB"]),
    "crossings": edgesym.crossings,
    "compare": lambda it: edgesym.compare(["one"], [it], ["flops"]),
}


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "estimate"])
def test_a_model_or_its_name_stands_for_a_setup_on_no_device(verb):
    model, run = load("llama-3.2-1b"), VERBS[verb]
    assert run("llama-3.2-1b") == run(model) == run(edgesym.Setup(model))


@pytest.mark.parametrize("given", [load("llama-3.2-1b"), "llama-3.2-1b"], ids=["model", "name"])
def test_an_estimate_of_a_model_alone_says_that_it_needs_a_device(given):
    with pytest.raises(DeviceError, match=r"llama-3\.2-1b is on no device; give it one"):
        edgesym.estimate(given)


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_neither_a_setup_nor_a_model_is_refused(verb):
    with pytest.raises(ConfigError, match=f"{verb} takes a model .* not a float"):
        VERBS[verb](1.5)
    with pytest.raises(UnknownNameError, match="nearest: llama"):
        VERBS[verb]("lama-3.2-1b")


def test_derive_takes_the_name_of_a_model():
    assert derive("llama-3.2-1b", "flops") == derive(load("llama-3.2-1b"), "flops")
    assert edgesym.Setup("llama-3.2-1b") == edgesym.Setup(load("llama-3.2-1b"))
    assert hash(derive("llama-3.2-1b")) != hash(derive("llama-3.2-3b"))
    with pytest.raises(UnknownNameError, match="nearest: llama"):
        derive("lama-3.2-1b")
