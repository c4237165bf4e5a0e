"""The dataflow graph of a block: in words, as Mermaid, as TikZ for LaTeX, as SVG for HTML."""

from __future__ import annotations

import networkx as nx

from edgesym.graph.block import Block
from edgesym.render.layers import layout
from edgesym.render.markup import Html, Latex, Mermaid

__all__ = ["flows", "mermaid", "svg", "tikz"]

#: Widths of a node and heights of a row, and half the height of a node, which lanes pass upright.
_WIDTH_CM, _HEIGHT_CM, _LANE_CM = 4.4, 0.9, 0.26
#: The same in pixels, and the box of a node.
_WIDTH, _HEIGHT, _BOX = 220, 48, (210, 26)
#: How a box looks in SVG, beside its outline.
_LOOKS = {
    "contraction": Html('fill-opacity="0.12"'),
    "append": Html('fill-opacity="0" stroke-dasharray="4"'),
    "lookup": Html('fill-opacity="0" stroke-dasharray="4"'),
    "light": Html('fill-opacity="0" rx="8"'),
    "entry": Html('fill-opacity="0" rx="13"'),
}
_SHAPES = {
    "contraction": Mermaid('    %s["%s"]'),
    "append": Mermaid('    %s[("%s")]'),
    "lookup": Mermaid('    %s[("%s")]'),
}
_SVG = Html(
    '<svg viewBox="0 0 %.0f %.0f" width="%.0f" role="img" '
    'aria-label="Dataflow graph of %s" fill="currentColor" stroke="currentColor">'
)
_RECT = Html('<rect data-part="%s" x="%.0f" y="%.0f" width="%d" height="%d" %s/>')
_LABEL = Html('<text x="%.0f" y="%.0f" text-anchor="middle" font-size="13" stroke="none">%s</text>')


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


def mermaid(block: Block) -> Mermaid:
    """The block as a Mermaid flowchart; contractions are boxes, caches and tables cylinders.

    >>> from edgesym.architectures.locate import load
    >>> str(mermaid(load("llama-3.2-1b").blocks()[2])).splitlines()[:2]
    ['flowchart TD', '    input(("input"))']
    """
    names = {part: f"n{i}" for i, part in enumerate(block.graph)} | {"input": "input"}
    lines = [Mermaid("flowchart TD")]
    if any(start == "input" for start, _ in _edges(block)):
        lines.append(Mermaid('    input(("input"))'))
    for part, data in block.graph.nodes(data=True):
        shape = _SHAPES.get(data["operation"].family, Mermaid('    %s("%s")'))
        lines.append(shape % (names[part], part))
    arrow = Mermaid("    %s --> %s")
    lines += [arrow % (names[start], names[end]) for start, end in _edges(block)]
    return Mermaid("\n").join(lines)


def tikz(block: Block) -> Latex:
    """The body of a ``tikzpicture``: a row per generation of the graph, edges as arrows."""
    made = layout(_graph(block))
    names = {part: f"n{i}" for i, part in enumerate(made.place)}
    lines = []
    for part, place in made.place.items():
        node = Latex(r"\node[%s] (%s) at %s {%s};")
        lines.append(node % (_style(part, block), names[part], _point(place), part))
    for (start, end), way in made.ways.items():
        lanes = Latex("").join(
            Latex(" -- %s -- %s") % (_point((x, row), -_LANE_CM), _point((x, row), _LANE_CM))
            for x, row in way[1:-1]
        )
        path = Latex(r"\draw[->,rounded corners=2pt] (%s.south)%s -- (%s.north);")
        lines.append(path % (names[start], lanes, names[end]))
    return Latex("\n").join(lines)


def _point(place: tuple[float, int], lower: float = 0.0) -> Latex:
    x, row = place
    return Latex("(%.2f,%.2f)") % (x * _WIDTH_CM, -row * _HEIGHT_CM - lower)


def svg(block: Block) -> Html:
    """An SVG picture that needs nothing else: the layout of :func:`tikz`, labels escaped.

    >>> from edgesym.architectures.locate import load
    >>> svg(load("llama-3.2-1b").blocks()[2]).count("<rect")
    4
    """
    made = layout(_graph(block))
    wide, high = made.width * _WIDTH, made.rows * _HEIGHT
    half = _BOX[1] / 2
    lines = [_SVG % (wide, high, wide, block.name)]
    for way in made.ways.values():
        (x, row), *lanes, (x_end, last) = [(x * _WIDTH, (y + 0.5) * _HEIGHT) for x, y in way]
        passed = "".join(f"L{x:.0f},{y - half:.0f}V{y + half:.0f}" for x, y in lanes)
        end = last - half
        path = f"M{x:.0f},{row + half:.0f}{passed}L{x_end:.0f},{end:.0f}"
        head = f"M{x_end - 3:.0f},{end - 5:.0f}L{x_end:.0f},{end:.0f}L{x_end + 3:.0f},{end - 5:.0f}"
        lines.append(Html('<path fill="none" d="%s%s"/>') % (path, head))
    for part, (x, row) in made.place.items():
        left, middle = x * _WIDTH, (row + 0.5) * _HEIGHT
        corner = (left - _BOX[0] / 2, middle - half)
        lines.append(_RECT % (part, *corner, *_BOX, _LOOKS[_style(part, block)]))
        lines.append(_LABEL % (left, middle + 4, part))
    return Html("\n").join([*lines, Html("</svg>")])


def _graph(block: Block) -> nx.DiGraph:
    graph = nx.DiGraph(_edges(block))
    graph.add_nodes_from(block.graph)
    return graph


def _style(part: str, block: Block) -> str:
    if part == "input":
        return "entry"
    family = block.parts[part].family
    return family if family in ("contraction", "append", "lookup") else "light"
