"""The dataflow graph of a block: in words, as Mermaid, as TikZ for LaTeX, as SVG for HTML."""

from __future__ import annotations

from html import escape

import networkx as nx

from edgesym.graph.block import Block

__all__ = ["flows", "mermaid", "svg", "tikz"]

_WIDTH_CM, _HEIGHT_CM = 4.4, 0.85
#: The same grid in pixels, and the box of a node in it.
_WIDTH, _HEIGHT, _BOX = 230, 44, (200, 26)
#: How a box looks in SVG, beside its outline.
_LOOKS = {
    "contraction": 'fill-opacity="0.12"',
    "append": 'fill-opacity="0" stroke-dasharray="4"',
    "lookup": 'fill-opacity="0" stroke-dasharray="4"',
    "light": 'fill-opacity="0" rx="8"',
    "entry": 'fill-opacity="0" rx="13"',
}
_SHAPES = {"contraction": ('["', '"]'), "append": ('[("', '")]'), "lookup": ('[("', '")]')}


def _edges(block: Block) -> list[tuple[str, str]]:
    """Edges between parts, with the block's input as a node of its own."""
    entering = {t.name for t in block.entries}
    outside = [
        ("input", op.part) for op in block.operations for t in op.inputs if t.name in entering
    ]
    return [*dict.fromkeys(outside), *block.graph.edges]


def flows(block: Block) -> list[tuple[str, list[str]]]:
    """Each part of the block, and the parts that it takes its inputs from.

    >>> from edgesym.architectures.locate import load
    >>> flows(load("llama-3.2-1b").blocks()[2])[:2]
    [('final.norm', ['input']), ('head.last', ['final.norm'])]
    """
    edges = _edges(block)
    return [(part, [start for start, end in edges if end == part]) for part in block.graph]


def mermaid(block: Block) -> str:
    """The block as a Mermaid flowchart; contractions are boxes, caches and tables cylinders.

    >>> from edgesym.architectures.locate import load
    >>> mermaid(load("llama-3.2-1b").blocks()[2]).splitlines()[:2]
    ['flowchart TD', '    input(("input"))']
    """
    names = {part: f"n{i}" for i, part in enumerate(block.graph)} | {"input": "input"}
    lines = ["flowchart TD"]
    if any(start == "input" for start, _ in _edges(block)):
        lines.append('    input(("input"))')
    for part, data in block.graph.nodes(data=True):
        start, end = _SHAPES.get(data["operation"].family, ('("', '")'))
        lines.append(f"    {names[part]}{start}{part}{end}")
    lines += [f"    {names[start]} --> {names[end]}" for start, end in _edges(block)]
    return "\n".join(lines)


def tikz(block: Block) -> str:
    """The body of a ``tikzpicture``: a row per generation of the graph, edges as arrows."""
    graph, place = _placed(block)
    names = {part: f"n{i}" for i, part in enumerate(place)}
    lines = []
    for part, (x, y) in place.items():
        label = part.replace("_", r"\_")
        style = _style(part, block)
        position = f"({x * _WIDTH_CM:.2f},{-y * _HEIGHT_CM:.2f})"
        lines.append(rf"\node[{style}] ({names[part]}) at {position} {{{label}}};")
    margin = (max(column for column, _ in place.values()) + 0.7) * _WIDTH_CM
    for start, end in graph.edges:
        path = _around(place[start], place[end], margin)
        ends = (
            (f"{names[start]}.east", f"{names[end]}.east") if path else (names[start], names[end])
        )
        lines.append(rf"\draw[->,rounded corners] ({ends[0]}) {path}-- ({ends[1]});")
    return "\n".join(lines)


def svg(block: Block) -> str:
    """An SVG picture that needs nothing else: the grid of :func:`tikz`, labels escaped.

    >>> from edgesym.architectures.locate import load
    >>> svg(load("llama-3.2-1b").blocks()[2]).count("<rect")
    4
    """
    graph, place = _placed(block)
    left = min(x for x, _ in place.values()) - 0.5
    right = max(x for x, _ in place.values()) + 0.7  # a lane for edges past a column
    wide, high = (right - left) * _WIDTH, (max(y for _, y in place.values()) + 1) * _HEIGHT
    at = {part: ((x - left) * _WIDTH, (y + 0.5) * _HEIGHT) for part, (x, y) in place.items()}
    lane, half = wide - 0.1 * _WIDTH, _BOX[0] / 2
    size = f'viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}"'
    drawn = 'fill="currentColor" stroke="currentColor"'
    lines = [f"<svg {size} {drawn}>"]
    for start, end in graph.edges:
        (x, y), (x_end, y_end) = at[start], at[end]
        if _skips(place[start], place[end]):
            path = f"M{x + half:.0f},{y:.0f}H{lane:.0f}V{y_end:.0f}H{x_end + half:.0f}"
        else:
            path = f"M{x:.0f},{y + _BOX[1] / 2:.0f}L{x_end:.0f},{y_end - _BOX[1] / 2:.0f}"
        lines.append(f'<path fill="none" d="{path}"/>')
    for part, (x, y) in at.items():
        box = f'x="{x - half:.0f}" y="{y - _BOX[1] / 2:.0f}" width="{_BOX[0]}" height="{_BOX[1]}"'
        named = f'data-part="{escape(part)}"'
        lines.append(f"<rect {named} {box} {_LOOKS[_style(part, block)]}/>")
        middle = f'x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" font-size="13" stroke="none"'
        lines.append(f"<text {middle}>{escape(part)}</text>")
    return "\n".join([*lines, "</svg>"])


def _placed(block: Block) -> tuple[nx.DiGraph, dict[str, tuple[float, float]]]:
    """The graph, and the column and row of each part: a row per generation."""
    graph = nx.DiGraph(_edges(block))
    graph.add_nodes_from(block.graph)
    place: dict[str, tuple[float, float]] = {}
    for row, generation in enumerate(nx.topological_generations(graph)):
        parts = sorted(generation, key=lambda part: _barycentre(part, graph, place))
        for column, part in enumerate(parts):
            place[part] = (column - (len(parts) - 1) / 2, row)
    return graph, place


def _skips(start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether an edge stays in a column and passes the nodes of rows between."""
    return start[0] == end[0] and end[1] - start[1] != 1


def _around(start: tuple[float, float], end: tuple[float, float], margin: float) -> str:
    """The way past the nodes between, for an edge that stays in a column and skips rows."""
    if not _skips(start, end):
        return ""
    top, bottom = -start[1] * _HEIGHT_CM, -end[1] * _HEIGHT_CM
    return f"-- ({margin:.2f},{top:.2f}) -- ({margin:.2f},{bottom:.2f}) "


def _style(part: str, block: Block) -> str:
    if part == "input":
        return "entry"
    family = block.parts[part].family
    return family if family in ("contraction", "append", "lookup") else "light"


def _barycentre(part: str, graph: nx.DiGraph, place: dict[str, tuple[float, float]]) -> float:
    columns = [place[before][0] for before in graph.predecessors(part)]
    return sum(columns) / len(columns) if columns else 0.0
