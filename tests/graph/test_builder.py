"""Blocks: what a builder refuses, and what ends up on nodes and edges."""

from __future__ import annotations

import networkx as nx
import pytest
import sympy

from edgesym.errors import GraphError
from edgesym.graph.builder import Builder
from edgesym.graph.convention import convention
from edgesym.graph.meaning import Group, Purpose
from edgesym.graph.tensor import Cache, Role, Tensor
from edgesym.workload import phase
from tests.support import assert_equal_expression, letters

b, T, H, I, E, k = letters("b T H I E k")
Ba, Bw, Bc = letters("B_a B_w B_c")


@pytest.fixture
def build():
    return Builder("block", phase("step"), convention())


@pytest.fixture
def x():
    return Tensor("input", (b, T, H))


def test_a_tensor_holds_the_product_of_its_extents(x):
    assert_equal_expression(x.elements, b * T * H)
    assert x.moved == x.written == x.used_by_token == x.elements
    table = Tensor("table", (H, I), Role.WEIGHT, touched=b * H, active=H)
    assert (table.elements, table.moved, table.used_by_token) == (H * I, b * H, H)
    kept = Tensor("keys", (b, T), Role.CACHE, cache=Cache(b, 2 * b, 3 * b))
    assert (kept.elements, kept.written) == (b * T, 2 * b)
    assert Tensor("one", ()).elements == 1


def test_nodes_carry_costs_and_edges_carry_tensors(build, x):
    up = build.contract("up", "b t h, h i -> b t i", (x, build.weight("up", H, I)), b, T, I)
    twice = build.pointwise("twice", "multiply", up, up)
    block = build.finish(sympy.Integer(3), (x,), (twice,))
    assert block.repeat == 3
    assert list(block.graph.nodes) == ["up", "twice"]
    node = block.graph.nodes["up"]
    assert_equal_expression(node["flops"], 2 * b * T * H * I)
    assert_equal_expression(node["read"], Ba * b * T * H + Bw * H * I)
    assert_equal_expression(node["write"], Ba * b * T * I)
    assert block.graph.edges["up", "twice"]["tensors"] == (up, up)
    # a tensor that is used twice by one operation is read once
    assert_equal_expression(block.graph.nodes["twice"]["read"], Ba * b * T * I)
    assert nx.is_directed_acyclic_graph(block.graph)


def test_a_view_moves_nothing_and_hides_no_tensor(build, x):
    flat = build.run("flat", "view", "reshape", (x,), Tensor("flat", (b * T, H)))
    flatter = build.run("flatter", "view", "reshape", (flat,), Tensor("flatter", (b * T * H,)))
    block = build.finish(sympy.Integer(1), (x,), (flatter,))
    assert all(data["read"] == data["write"] == 0 for _, data in block.graph.nodes(data=True))
    assert block.roots == {"flat": "input", "flatter": "input"}


def test_a_part_is_added_once(build, x):
    build.pointwise("act", "silu", x)
    with pytest.raises(GraphError, match="block 'block' has 'act' twice"):
        build.pointwise("act", "relu", x)


def test_an_operation_that_does_not_fit_its_tensors_is_refused(build, x):
    build.contract("up", "b t h, i h -> b t i", (x, build.weight("up", H, I)), b, T, I)
    with pytest.raises(GraphError, match=r"index '[ih]' is both"):
        build.finish(sympy.Integer(1), (x,), ())


def test_a_bias_is_a_vector_added(build, x):
    y = build.add_bias(x, "query", (H,))
    block = build.finish(sympy.Integer(1), (x,), (y,))
    (operation,) = block.operations
    assert (operation.part, operation.function) == ("query_bias", "add")
    assert [t.shape for t in operation.inputs] == [(b, T, H), (H,)]
    assert operation.inputs[1].role is Role.WEIGHT


def test_a_projection_is_a_product_with_a_weight_of_its_name(build, x):
    A, D = letters("A D")
    heads = build.project("query", x, A, D, purpose=Purpose.QUERY, bias=True)
    y = build.project("output", heads, H, over=2, group=Group.EXPERT)
    block = build.finish(sympy.Integer(1), (x,), (y,))
    assert (heads.shape, y.shape) == ((b, T, A, D), (b, T, H))
    query, bias, output = block.operations
    assert query.function == "b t h, h a d -> b t a d"
    assert output.function == "b t a d, a d h -> b t h"
    assert (query.purpose, output.purpose) == (Purpose.QUERY, Purpose.PROJECTION)
    assert [t.inputs[1].group for t in (query, bias, output)] == [
        *(Group.LINEAR, Group.BIAS, Group.EXPERT)
    ]
    assert [t.inputs[1].name for t in (query, bias)] == ["query.weight", "query_bias.weight"]
    for part in ("query", "output"):
        assert_equal_expression(block.graph.nodes[part]["flops"], 2 * b * T * H * A * D)


@pytest.mark.parametrize("axes", [(H,), (H, H), (b, T), (1, 1), (I, E, I / E)])
def test_a_projection_finds_letters_whatever_the_extents(build, x, axes):
    axes = tuple(map(sympy.sympify, axes))
    y = build.project("map", x, *axes)
    node = build.finish(sympy.Integer(1), (x,), (y,)).graph.nodes["map"]
    assert_equal_expression(node["flops"], 2 * b * T * H * sympy.Mul(*axes))
