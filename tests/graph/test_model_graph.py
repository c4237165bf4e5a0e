"""The graph of a model: costs on every node, no cycle, and a size that ignores depth."""

from __future__ import annotations

import networkx as nx
import pytest
import sympy

from edgesym.architectures.locate import load
from edgesym.architectures.naming import cards
from edgesym.architectures.reader import read_model
from edgesym.engine.evaluate import evaluate
from edgesym.graph.convention import convention
from edgesym.graph.operation import Operation
from edgesym.ledger import Kind, ledger
from edgesym.symbols import find
from edgesym.workload import PHASES, phase
from tests.support import PLAIN_CARDS, STEPS, step_values, varied_cards

every_card = pytest.mark.parametrize("name", varied_cards())


def with_layers(name, layers):
    config = {**cards()[name]["config"], "num_hidden_layers": layers}
    return read_model(config, name=name, origin="test")


@every_card
def test_every_node_carries_its_costs(name):
    for _, node in load(name).graph().nodes(data=True):
        assert isinstance(node["operation"], Operation)
        for cost in ("flops", "read", "write", "repeat"):
            assert isinstance(node[cost], sympy.Expr)
        if node["operation"].family == "view":
            assert node["read"] == node["write"] == node["flops"] == 0
        else:
            assert node["read"] != 0
            assert node["write"] != 0


@pytest.mark.parametrize("name", PLAIN_CARDS)
def test_the_graph_flows_from_the_tokens_to_the_logits(name):
    graph = load(name).graph()
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.is_weakly_connected(graph)
    assert [n for n, degree in graph.in_degree if degree == 0] == ["embedding/embedding.lookup"]
    (last,) = (n for n, degree in graph.out_degree if degree == 0)
    assert last.startswith("head/head.")
    assert all(data["tensors"] for _, _, data in graph.edges(data=True))


@every_card
def test_the_graph_holds_all_flops_of_the_ledger(name):
    model = load(name)
    for counting in ("default", "pytorch"):
        nodes = model.graph(counting=convention(counting)).nodes(data=True)
        book = ledger(model, counting=convention(counting))
        for step in STEPS:
            values = step_values(model, step)
            in_graph = sum(evaluate(d["flops"] * d["repeat"], values) for _, d in nodes)
            assert in_graph == evaluate(book.filter(Kind.FLOPS).total(), values)


@every_card
def test_unfused_traffic_is_what_the_nodes_read_and_write(name):
    model = load(name)
    nodes = model.graph().nodes(data=True)
    values = step_values(model, (3, 17, 5), weight=1, activation=2, cache=4, token=8)
    for kind, cost in ((Kind.READ, "read"), (Kind.WRITE, "write")):
        in_graph = sum(evaluate(d[cost] * d["repeat"], values) for _, d in nodes)
        assert in_graph == pytest.approx(
            evaluate(ledger(model).filter(kind).total(), values), rel=1e-12
        )


@pytest.mark.parametrize("name", ["llama-3.2-1b", "gemma-3-1b", "llama-4-maverick"])
def test_depth_changes_neither_the_graph_nor_a_formula(name):
    shallow, deep = with_layers(name, 12), with_layers(name, 1200)
    assert list(shallow.graph().nodes) == list(deep.graph().nodes)
    for kind in (Kind.FLOPS, Kind.STORED, Kind.READ):
        book, other = (ledger(model).filter(kind) for model in (shallow, deep))
        assert len(book.rows) == len(other.rows)
        assert book.total() == other.total()
    counted = [sum(evaluate(p.repeat, m.values) for p in m.plans) for m in (shallow, deep)]
    assert counted == [12 + 2, 1200 + 2]


@pytest.mark.parametrize("name", ["llama-3.2-1b", "gemma-3-1b", "llama-4-scout"])
def test_cost_is_linear_in_depth(name):
    totals = []
    for layers in (12, 24, 36):
        model = with_layers(name, layers)
        totals.append(
            evaluate(ledger(model).filter(Kind.FLOPS).total(), step_values(model, (2, 3, 700)))
        )
    assert totals[2] - totals[1] == totals[1] - totals[0] > 0


@pytest.mark.parametrize("name", ["llama-3.2-1b", "gemma-3-1b", "llama-4-maverick"])
@pytest.mark.parametrize("kind", Kind)
def test_prefill_and_decode_are_cases_of_the_step(name, kind):
    model = load(name)
    totals = {p: ledger(model, phase(p)).filter(kind).total() for p in PHASES}

    def total(phase_name, context, *step):
        return evaluate(totals[phase_name], {**step_values(model, step), find("S"): context})

    for context in (1, 2, 511, 512, 513, 8192, 8193):
        assert total("prefill", context, 2, 1, 0) == total("step", 1, 2, context, 0)
        assert total("decode", context, 2, 1, 0) == total("step", 1, 2, 1, context - 1)
