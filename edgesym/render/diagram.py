"""The dataflow graph of a block: in words, as Mermaid, as TikZ for LaTeX, as SVG for HTML."""

from __future__ import annotations

from html import escape

import networkx as nx

from edgesym.graph.block import Block
from edgesym.render.layers import layout

__all__ = ["flows", "mermaid", "svg", "tikz"]

#: Widths of a node and heights of a row, and half the height of a node, which lanes pass upright.
_WIDTH_CM, _HEIGHT_CM, _LANE_CM = 4.4, 0.9, 0.26
#: The same in pixels, and the box of a node.
_WIDTH, _HEIGHT, _BOX = 220, 48, (210, 26)
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
    made = layout(_graph(block))
    names = {part: f"n{i}" for i, part in enumerate(made.place)}
    lines = []
    for part, place in made.place.items():
        label = part.replace("_", r"\_")
        style = _style(part, block)
        lines.append(rf"\node[{style}] ({names[part]}) at {_point(place)} {{{label}}};")
    for (start, end), way in made.ways.items():
        lanes = "".join(
            f" -- {_point((x, row), -_LANE_CM)} -- {_point((x, row), _LANE_CM)}"
            for x, row in way[1:-1]
        )
        path = rf"({names[start]}.south){lanes} -- ({names[end]}.north)"
        lines.append(rf"\draw[->,rounded corners=2pt] {path};")
    return "\n".join(lines)


def _point(place: tuple[float, int], lower: float = 0.0) -> str:
    x, row = place
    return f"({x * _WIDTH_CM:.2f},{-row * _HEIGHT_CM - lower:.2f})"


def svg(block: Block) -> str:
    """An SVG picture that needs nothing else: the layout of :func:`tikz`, labels escaped.

    >>> from edgesym.architectures.locate import load
    >>> svg(load("llama-3.2-1b").blocks()[2]).count("<rect")
    4
    """
    made = layout(_graph(block))
    wide, high = made.width * _WIDTH, made.rows * _HEIGHT
    half = _BOX[1] / 2
    size = f'viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}"'
    named = f'role="img" aria-label="Dataflow graph of {escape(block.name)}"'
    lines = [f'<svg {size} {named} fill="currentColor" stroke="currentColor">']
    for way in made.ways.values():
        (x, row), *lanes, (x_end, last) = [(x * _WIDTH, (y + 0.5) * _HEIGHT) for x, y in way]
        passed = "".join(f"L{x:.0f},{y - half:.0f}V{y + half:.0f}" for x, y in lanes)
        end = last - half
        path = f"M{x:.0f},{row + half:.0f}{passed}L{x_end:.0f},{end:.0f}"
        head = f"M{x_end - 3:.0f},{end - 5:.0f}L{x_end:.0f},{end:.0f}L{x_end + 3:.0f},{end - 5:.0f}"
        lines.append(f'<path fill="none" d="{path}{head}"/>')
    for part, (x, row) in made.place.items():
        left, middle = x * _WIDTH, (row + 0.5) * _HEIGHT
        box = f'x="{left - _BOX[0] / 2:.0f}" y="{middle - half:.0f}"'
        box += f' width="{_BOX[0]}" height="{_BOX[1]}"'
        named = f'data-part="{escape(part)}"'
        lines.append(f"<rect {named} {box} {_LOOKS[_style(part, block)]}/>")
        where = f'x="{left:.0f}" y="{middle + 4:.0f}" text-anchor="middle"'
        lines.append(f'<text {where} font-size="13" stroke="none">{escape(part)}</text>')
    return "\n".join([*lines, "</svg>"])


def _graph(block: Block) -> nx.DiGraph:
    graph = nx.DiGraph(_edges(block))
    graph.add_nodes_from(block.graph)
    return graph


def _style(part: str, block: Block) -> str:
    if part == "input":
        return "entry"
    family = block.parts[part].family
    return family if family in ("contraction", "append", "lookup") else "light"
