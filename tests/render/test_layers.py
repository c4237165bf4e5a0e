"""No edge of a dataflow graph passes through a label."""

from __future__ import annotations

import re
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgesym.architectures.locate import load
from edgesym.render.diagram import _BOX, _WIDTH, _graph, svg
from edgesym.render.layers import layout

MODELS = ("llama-3.2-1b", "llama-4-scout", "deepseek-v2-lite", "mamba-2.8b", "qwen3-next-80b-a3b")
#: Half of a box, in the widths that a layout is in.
HALF = _BOX[0] / _WIDTH / 2


def assert_clear(graph):
    made = layout(graph)
    rows = {}
    for part, (x, row) in made.place.items():
        rows.setdefault(row, []).append((x, part))
    for boxes in rows.values():
        for (left, _), (right, _) in pairwise(sorted(boxes)):
            assert right - left >= 2 * HALF
    for (start, end), way in made.ways.items():
        assert way[0] == made.place[start]
        assert way[-1] == made.place[end]
        for (_, above), (_, below) in pairwise(way):
            assert below == above + 1
        for x, row in way[1:-1]:
            assert all(abs(x - box) > HALF for box, _ in rows[row])
    assert all(HALF <= x <= made.width - HALF for x, _ in made.place.values())


@pytest.mark.parametrize("model", MODELS)
def test_edges_pass_no_label(model):
    for block in load(model).blocks():
        assert_clear(_graph(block))
        assert svg(block).count("<path") == len(_graph(block).edges)


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), min_size=1, max_size=30))
def test_edges_of_any_graph_pass_no_label(pairs):
    edges = {(f"n{min(pair)}", f"n{max(pair)}") for pair in pairs if len(set(pair)) == 2}
    graph = nx.DiGraph(sorted(edges))
    graph.add_node("n0")
    assert_clear(graph)


def test_a_picture_of_a_graph_has_no_script_of_its_names():
    assert not re.search(r"<script|onload", svg(load("llama-3.2-1b").blocks()[1]))
