"""A graph in rows: where its nodes stand, and ways of its edges that pass no node.

Sugiyama, Tagawa and Toda 1981 (doi:10.1109/TSMC.1981.4308636): a row per generation; an edge over
several rows passes each in a lane of its own; nodes and lanes of a row stand in the order of the
means of their neighbours, as near to these as their widths allow. An edge slants between two rows
only, where no node is, so it never crosses one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

__all__ = ["Layout", "layout"]

#: Times that rows are sorted, and that nodes are moved.
_SWEEPS, _ROUNDS = 8, 60
#: How much neighbours want to stand below one another: nodes, a node and a lane, lanes
#: (Gansner et al. 1993, doi:10.1109/32.221135, section 4).
_PULLS = (1.0, 2.0, 8.0)
#: Room beside a node and beside a lane, in widths of a node.
_NODE, _LANE = 0.55, 0.12

Node = Hashable


@dataclass(frozen=True, slots=True)
class Layout:
    """Where nodes stand, and the ways of edges.

    Attributes:
        place: of each node its middle, from the left in widths of a node, and its row.
        ways: of each edge the points that it passes: start, the lanes of the rows between, end.
        width: of all, in widths of a node.
    """

    place: Mapping[str, tuple[float, int]]
    ways: Mapping[tuple[str, str], tuple[tuple[float, int], ...]]
    width: float

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return 1 + max(row for _, row in self.place.values())


def layout(graph: nx.DiGraph) -> Layout:
    """The graph, which has no circle, in rows.

    >>> made = layout(nx.DiGraph([("a", "b"), ("b", "c"), ("a", "c")]))
    >>> made.rows, len(made.ways["a", "c"]), made.ways["a", "c"][1][0] != made.place["b"][0]
    (3, 3, True)
    """
    row = {
        part: number
        for number, generation in enumerate(nx.topological_generations(graph))
        for part in generation
    }
    paths = {edge: _path(edge, row) for edge in graph.edges}
    rows: list[list[Node]] = [[] for _ in range(1 + max(row.values()))]
    for part in graph:
        rows[row[part]].append(part)
    for edge, path in paths.items():
        for lane in path[1:-1]:
            rows[row[edge[0]] + lane[2]].append(lane)  # type: ignore[index]
    links = [link for path in paths.values() for link in pairwise(path)]
    _order(rows, links)
    at = _places(rows, links)
    left = min(x - _room(node) for node, x in at.items())
    right = max(x + _room(node) for node, x in at.items())
    place = {part: (at[part] - left, row[part]) for part in graph}
    ways = {
        edge: tuple((at[node] - left, row[edge[0]] + number) for number, node in enumerate(path))
        for edge, path in paths.items()
    }
    return Layout(place, ways, right - left)


def _path(edge: tuple[str, str], row: Mapping[str, int]) -> list[Node]:
    """An edge as nodes of rows one below the other: a lane in each row between."""
    start, end = edge
    return [start, *((start, end, n) for n in range(1, row[end] - row[start])), end]


def _room(node: Node) -> float:
    return _LANE if isinstance(node, tuple) else _NODE


def _neighbours(
    links: Sequence[tuple[Node, Node]], *, above: bool
) -> Callable[[Node], Sequence[Node]]:
    found: dict[Node, list[Node]] = {}
    for start, end in links:
        node, other = (end, start) if above else (start, end)
        found.setdefault(node, []).append(other)
    return lambda node: found.get(node, ())


def _order(rows: list[list[Node]], links: Sequence[tuple[Node, Node]]) -> None:
    """Sort each row by the means of the neighbours in the row before, down and up in turns."""
    best, fewest = [list(row) for row in rows], _crossings(rows, links)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        near = _neighbours(links, above=down)
        for before, row in pairwise(rows if down else rows[::-1]):
            place = {node: number for number, node in enumerate(before)}
            mean = {}
            for number, node in enumerate(row):
                others = [place[other] for other in near(node)]
                mean[node] = sum(others) / len(others) if others else number
            row.sort(key=mean.__getitem__)
        if (count := _crossings(rows, links)) < fewest:
            best, fewest = [list(row) for row in rows], count
    rows[:] = best


def _crossings(rows: list[list[Node]], links: Sequence[tuple[Node, Node]]) -> int:
    """Pairs of edges between two rows that cross."""
    place = {node: (number, n) for number, row in enumerate(rows) for n, node in enumerate(row)}
    between: dict[int, list[tuple[int, int]]] = {}
    for start, end in links:
        number, at = place[start]
        between.setdefault(number, []).append((at, place[end][1]))
    return sum(
        (a - c) * (b - d) < 0
        for pairs in between.values()
        for index, (a, b) in enumerate(pairs)
        for c, d in pairs[:index]
    )


def _places(
    rows: Sequence[Sequence[Node]], links: Sequence[tuple[Node, Node]]
) -> dict[Node, float]:
    """Each row as near to the means of its neighbours as the widths allow; lanes pull most."""
    above, below = (_neighbours(links, above=side) for side in (True, False))
    at: dict[Node, float] = {}
    for row in rows:
        at |= _spread(row, [0.0] * len(row), [1.0] * len(row))
    for sweep in range(_ROUNDS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted, pulls = [], []
            for node in row:
                near = {other: _pull(node, other) for other in (*above(node), *below(node))}
                pull = sum(near.values())
                pulls.append(pull or 1.0)
                wanted.append(sum(at[n] * p for n, p in near.items()) / pull if near else at[node])
            at |= _spread(row, wanted, pulls)
    return at


def _pull(node: Node, other: Node) -> float:
    """How much two neighbours want to stand below one another: lanes of an edge most."""
    return _PULLS[isinstance(node, tuple) + isinstance(other, tuple)]


def _spread(
    row: Sequence[Node], wanted: Sequence[float], pulls: Sequence[float]
) -> dict[Node, float]:
    """The places nearest to those wanted, in squares, in which neighbours do not overlap.

    Blocks of neighbours that touch stand at the mean of what they want (pool adjacent violators).
    """
    offset, offsets = 0.0, []
    for number, node in enumerate(row):
        offset += _room(row[number - 1]) + _room(node) if number else 0.0
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []
    for want, shift, pull in zip(wanted, offsets, pulls, strict=True):
        mean, weight, count = want - shift, pull, 1
        while blocks and blocks[-1][0] > mean:
            other, heavy, size = blocks.pop()
            mean = (mean * weight + other * heavy) / (weight + heavy)
            weight, count = weight + heavy, count + size
        blocks.append((mean, weight, count))
    starts = [mean for mean, _, count in blocks for _ in range(count)]
    return {n: s + o for n, s, o in zip(row, starts, offsets, strict=True)}
