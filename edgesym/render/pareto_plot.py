"""Techniques as a plot: size against time per token, and the front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgesym.analysis.optimization.optimize import Optimization
from edgesym.errors import OutputError
from edgesym.render.style import COLOURS, blank_figure, named, titled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["pareto_figure"]

#: Where names stand, so that those of neighbours do not lie on one another: side, and points off.
_SIDES = (("left", (5, -6)), ("right", (-5, 2)))


def pareto_figure(found: Optimization) -> Figure:
    """Each technique by size and time per token; hollow what will not do; the front as a line.

    Raises:
        OutputError: matplotlib is not installed, or there is nothing to show.
    """
    timed = [one for one in found.candidates if one.time is not None]
    if not timed:
        raise OutputError("a plot shows the time per token: name a device with --device")
    figure = blank_figure(6.4, 4.6)
    axes = figure.add_subplot()
    for place, model in enumerate(found.models):
        colour = COLOURS[place % len(COLOURS)]
        rows = [one for one in found.of(model) if one.time is not None]
        for place_of, one in enumerate(sorted(rows, key=lambda one: one.size)):
            face = colour if one.will_do else "none"
            point = (one.size / 1e9, (one.time or 0.0) * 1e3)
            axes.scatter(*point, s=28, facecolors=face, edgecolors=colour)
            side, offset = _SIDES[place_of % len(_SIDES)]
            axes.annotate(
                one.technique.name,
                point,
                xytext=offset,
                textcoords="offset points",
                ha=side,
                fontsize=6.5,
            )
        line = [(one.size / 1e9, (one.time or 0.0) * 1e3) for one in found.front(model)]
        if line:
            axes.plot(*zip(*line, strict=True), color=colour, linewidth=1, label=named(model))
    axes.set(xlabel="size [GB]", ylabel="time per token [ms]")
    axes.margins(x=0.12, y=0.1)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    titled(figure, found.target.describe(), "filled: fits and meets what is asked; line: front")
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return figure
