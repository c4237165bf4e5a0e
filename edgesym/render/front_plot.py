"""Setups by two quantities, numbered, and the front that some of them are on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgesym.analysis.pictures.chart import Chart
from edgesym.render.chart_plot import framed
from edgesym.render.style import COLOURS, GREY, blank_figure, explained, legend_rows, named, titled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["front_figure"]

#: Inches of a row of the legend.
_ROW = 0.16


def front_figure(found: Chart) -> Figure:
    """Each point with a number that the legend spells out; filled on the front, which is a line.

    Raises:
        OutputError: matplotlib is not installed.
    """
    points = sorted(
        (x, y, mark, line.joined)
        for line in found.lines
        for x, y, mark in zip(line.x, line.y, line.marks, strict=True)
    )
    names = [f"{number}  {point[2]}" for number, point in enumerate(points, 1)]
    figure = blank_figure(6.4, 3.8 + _ROW * legend_rows(names, 6.4))
    from matplotlib.lines import Line2D

    axes = figure.add_subplot()
    across, up = framed(axes, found)
    for line in found.lines:
        xs, ys = [n / across for n in line.x], [n / up for n in line.y]
        if line.joined:
            axes.plot(xs, ys, color=COLOURS[0], linewidth=1.2, zorder=1)
        face = COLOURS[0] if line.joined else "white"
        axes.scatter(xs, ys, s=110, facecolors=face, edgecolors=COLOURS[0], zorder=2)
    for number, (x, y, _, leads) in enumerate(points, 1):
        axes.annotate(
            str(number),
            (x / across, y / up),
            ha="center",
            va="center",
            fontsize=6.5,
            color="white" if leads else COLOURS[0],
            zorder=3,
        )
    axes.margins(0.08)
    titled(figure, f"{found.title}. Filled: the front", found.note)
    handles = [Line2D([], [], color=GREY, linestyle="", label=named(name)) for name in names]
    explained(figure, names, handles=handles, handlelength=0, handletextpad=0)
    return figure
