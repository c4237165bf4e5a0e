"""Explanations: rows that add up, symbols with a source, and numbers recomputed by hand."""

from __future__ import annotations

import pytest
import sympy

from edgesym.analysis.explanation.explain import explain
from edgesym.analysis.explanation.provenance import given
from edgesym.architectures.locate import load
from edgesym.architectures.reader import read_model
from edgesym.catalogue import REGISTRY, Case
from edgesym.devices import find_device
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, DeviceError, UnknownNameError
from edgesym.graph.convention import convention
from edgesym.quantities.registry import quantities_in
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol
from tests.support import CLUSTER

DEVICE = find_device("raspberry-pi-5")
GIVEN = tuple((symbol(word), value) for word, value in CLUSTER.items())
ENCODER = {
    "model_type": "bert",
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 100,
    "vocab_size": 500,
}
STATE_SPACE = {
    "model_type": "mamba",
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "state_size": 16,
    "vocab_size": 500,
}
#: Linear attention with convolutions under the projections: a part below another.
MIXED = {
    "model_type": "qwen3_next",
    "hidden_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 96,
    "vocab_size": 500,
    "num_experts": 8,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 24,
    "shared_expert_intermediate_size": 24,
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
}
CARDS = ("gemma-3-1b", "mixtral-8x7b", "llama-4-scout")
CONFIGS = {"encoder": ENCODER, "state space": STATE_SPACE, "mixed": MIXED}
#: Quantities that come from the graph itself, part by part or kernel by kernel.
SUMS = [
    name
    for name, q in REGISTRY.items()
    if q.of_part
    and not set(quantities_in(q.definition(Case(load("gemma-3-1b"))))) - {"launch_time"}
]


def model_of(name):
    if name not in CONFIGS:
        return load(name)
    return read_model(CONFIGS[name], name=name, origin=f"config of {name}")


def setup_of(name, **run):
    return Setup(
        model_of(name),
        DEVICE,
        Run(**{"given": GIVEN, "weights": "q4_0", "kernels": "fused", **run}),
    )


@pytest.mark.parametrize("quantity", SUMS)
@pytest.mark.parametrize("name", [*CARDS, *CONFIGS])
def test_the_rows_of_a_quantity_add_up_to_it(name, quantity):
    setup = setup_of(name, batch=3)
    found = explain(setup, quantity)
    assert found.value == setup.number(quantity)
    (link,) = found.chain
    total = sum(term.value for term in link.terms)
    if isinstance(link.value, float):
        assert total == pytest.approx(link.value, rel=1e-12)
    else:
        assert total == link.value
    assert all(term.value != 0 for term in link.terms)


@pytest.mark.parametrize("name", [*CARDS, *CONFIGS])
@pytest.mark.parametrize("quantity", ["flops", "kv_cache_bytes", "parameters", "weight_bytes"])
def test_rows_add_up_as_formulas_too(name, quantity):
    (link,) = explain(setup_of(name), quantity).chain
    formulas = sympy.Add(*(term.formula for term in link.terms))
    assert sympy.expand(formulas - link.formula) == 0


@pytest.mark.parametrize("scheme", ["unfused", "fused", "ideal"])
def test_the_tensors_at_the_peak_are_the_activations(scheme):
    for name in (*CARDS, "encoder", "state space"):
        (link,) = explain(setup_of(name, kernels=scheme), "activation_bytes").chain
        assert sum(term.value for term in link.terms) == link.value
        assert len({term.during for term in link.terms}) == 1
        assert len({term.name for term in link.terms}) == len(link.terms)


@pytest.mark.parametrize("quantity", REGISTRY)
def test_every_symbol_of_a_formula_has_a_number_and_somebody_who_gives_it(quantity):
    links = dict.fromkeys(("link_bandwidth", "link_utilisation"), 0.5)
    added = tuple((symbol(word), value) for word, value in links.items())
    setup = setup_of("gemma-3-1b", given=(*GIVEN, *added))
    found = explain(setup, quantity)
    listed = {row.symbol: row for row in found.symbols}
    for link in found.chain:
        assert link.formula.free_symbols <= listed.keys()
    assert all(row.origin for row in found.symbols)
    at = {s: row.value for s, row in listed.items()}
    assert evaluate(found.chain[0].formula, at) == pytest.approx(setup.number(quantity), rel=1e-12)
    assert set(found.sources) == {source for row in found.symbols for source in row.sources}


@pytest.mark.parametrize("quantity", ["energy_per_token", "memory_footprint", "attainable_rate"])
def test_a_chain_goes_from_the_quantity_down_to_the_graph(quantity):
    chain = explain(setup_of("llama-3.2-1b"), quantity).chain
    names = [link.quantity.name for link in chain]
    assert names[0] == quantity
    assert len(set(names)) == len(names)
    for index, link in enumerate(chain):
        if not link.terms:
            assert set(link.made_of) <= set(names[index + 1 :])


def test_a_kernel_takes_the_slower_of_its_two_times():
    setup = setup_of("llama-3.2-1b", batch=16, context=4096)
    (_, step) = explain(setup, "time_per_output_token").chain
    figures = {describe(s).word: figure.value for s, figure in setup.figures().items()}
    rate = figures["compute_utilisation"] * DEVICE.peaks["int8"].value
    bandwidth = figures["memory_utilisation"] * figures["memory_bandwidth"]
    sides = set()
    for term in step.terms:
        times = {"compute": term.run.work / rate, "memory": term.run.moved / bandwidth}
        assert term.run.compute_time == pytest.approx(times["compute"], rel=1e-12)
        assert term.run.memory_time == pytest.approx(times["memory"], rel=1e-12)
        assert times[term.run.holds] == max(times.values())
        each = max(times.values()) + figures["launch_overhead"]
        assert term.value == pytest.approx(term.count * each, rel=1e-12)
        sides.add(term.run.holds)
    assert sides == {"compute", "memory"}


def test_kinds_of_layers_have_rows_of_their_own_where_they_differ():
    (link,) = explain(setup_of("gemma-3-1b"), "flops").chain
    rows = [(term.blocks, str(term.repeat), term.count) for term in link.terms]
    named = [term.name for term in link.terms]
    scores = [row for row, name in zip(rows, named, strict=True) if name == "attention.scores"]
    assert scores == [(("sliding",), "L_sliding", 22), (("full",), "L_full", 4)]
    gate = rows[named.index("feed_forward.gate")]
    assert gate == (("sliding", "full"), "L", 26)


ORIGINS = [
    ("hidden", "card llama-3.2-1b"),
    ("weight_bytes_per_element", "q4_0: 2 + 32/2 bytes per 32 elements"),
    ("activation_bytes_per_element", "fp16: 2 bytes per element"),
    ("token_bytes_per_element", "int32"),
    ("batch", "--batch"),
    ("prompt_tokens", "--context - --generate"),
    ("context", "--context"),
    ("generated_tokens", "--generate, the default"),
    ("peak_flops", "raspberry-pi-5 in int8, derived"),
    ("memory_bandwidth", "--set"),
    ("idle_power", "raspberry-pi-5, measured"),
    ("training_tokens", "--set"),
    ("vocab", "--set"),
]


@pytest.mark.parametrize(("word", "origin"), ORIGINS)
def test_a_symbol_says_who_gives_its_number(word, origin):
    device = DEVICE.with_settings(["memory_bandwidth=20GB/s"])
    changed = (*GIVEN, (symbol("vocab"), 1000))
    run = Run(batch=2, context=900, weights="q4_0", given=changed)
    (row,) = given(Setup(load("llama-3.2-1b"), device, run), [symbol(word)])
    assert row.origin == origin
    chosen = origin.startswith("--")
    assert bool(row.sources) != chosen


def test_a_figure_of_a_device_keeps_its_condition_and_its_source():
    (row,) = given(setup_of("llama-3.2-1b"), [symbol("memory_bandwidth")])
    figure = DEVICE.figures["memory_bandwidth"]
    assert row.condition == figure.explained
    assert row.sources == (figure.source,)


def test_sources_are_those_of_what_is_used():
    sources = explain(setup_of("llama-3.2-1b"), "kv_cache_bytes").sources
    assert not any("raspberrypi" in source for source in sources)
    assert not any("q4_0" in source for source in sources)
    assert any("fp16" in source for source in sources)


def test_what_pytorch_counts_is_recomputed_row_by_row():
    run = Run(context=1025, counting=convention("pytorch"))
    found = explain(Setup(load("llama-3.1-8b"), run=run), "flops")
    H, I, V, L, A, K, D, S = 4096, 14336, 128256, 32, 32, 8, 128, 1025
    by_hand = {
        "attention.query": 2 * L * H * A * D,
        "attention.key": 2 * L * H * K * D,
        "attention.value": 2 * L * H * K * D,
        "attention.scores": 2 * L * A * D * S,
        "attention.values": 2 * L * A * D * S,
        "attention.output": 2 * L * H * A * D,
        "feed_forward.gate": 2 * L * H * I,
        "feed_forward.up": 2 * L * H * I,
        "feed_forward.down": 2 * L * H * I,
        "head.logits": 2 * H * V,
    }
    assert {term.name: term.value for term in found.chain[0].terms} == by_hand
    assert found.value == 15_546_712_064


REFUSED = [
    ("flop", {}, UnknownNameError, "nearest: flops"),
    ("time_per_output_token", {"device": None}, DeviceError, "--device"),
    ("transfer_time", {}, DeviceError, "--set link_bandwidth="),
    ("training_time", {"run": Run()}, ConfigError, "--set training_tokens="),
]


@pytest.mark.parametrize(("quantity", "changes", "error", "remedy"), REFUSED)
def test_what_has_no_number_is_refused_with_the_remedy(quantity, changes, error, remedy):
    setup = Setup(**{"model": load("llama-3.2-1b"), "device": DEVICE, **changes})
    with pytest.raises(error, match=remedy):
        explain(setup, quantity)
