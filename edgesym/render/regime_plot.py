"""The regime map as a plot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from edgesym.analysis.crossovers.regimes import RegimeMap
from edgesym.analysis.crossovers.waits import REGIMES
from edgesym.render.style import GREY, PART_COLOURS, SMALL, blank_figure, logarithmic, titled
from edgesym.scenario.setup import Setup

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["regime_figure"]


_STYLES = ("-", "--", ":", "-.")


def regime_figure(found: RegimeMap, lines: Mapping[str, Any]) -> Figure:
    """What a decode step waits for most, over context and batch, with lines of crossovers.

    Args:
        found: a map, fine enough for a plot.
        lines: name of a crossover -> column over the map, 0 where it is.

    Raises:
        OutputError: matplotlib is not installed.
    """
    figure = blank_figure(6, 4.6)
    from matplotlib.colors import BoundaryNorm, ListedColormap

    axes = figure.add_subplot()
    norm = BoundaryNorm(np.arange(len(REGIMES) + 1) - 0.5, len(REGIMES))
    colours = ListedColormap([PART_COLOURS[name] for name in REGIMES])
    points = (found.contexts, found.batches)
    axes.pcolormesh(*points, found.bound, cmap=colours, norm=norm, rasterized=True)
    handles = [
        *_regimes(found),
        *_too_large(axes, found),
        *_crossovers(axes, found, lines),
        *_here(axes, found),
    ]
    for axis, ends in ((axes.xaxis, found.contexts), (axes.yaxis, found.batches)):
        logarithmic(axis, (ends[0], ends[-1]), binary=True)
        axis.set_tick_params(labelsize=SMALL)
    setup = found.setup
    axes.set(xlabel="context (tokens attended to)", ylabel="batch (sequences)")
    titled(figure, *_title(setup))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=3,
        fontsize=7.5,
        columnspacing=1.2,
        frameon=False,
    )
    return figure


def _title(setup: Setup) -> tuple[str, str]:
    formats = setup.formats
    said = (
        f"weights {formats.weights.name}, activations {formats.activations.name}, "
        f"cache {formats.cache.name}, computed in {setup.dtype}, {setup.kernels} kernels"
    )
    return f"What a decode step waits for most: {setup.title}", said


def _regimes(found: RegimeMap) -> list[Any]:
    from matplotlib.patches import Patch

    present = np.unique(found.bound)
    return [Patch(color=PART_COLOURS[REGIMES[place]], label=REGIMES[place]) for place in present]


def _too_large(axes: Axes, found: RegimeMap) -> list[Any]:
    """Hatching where the footprint does not fit in memory."""
    from matplotlib.patches import Patch

    if found.fits.all():
        return []
    machine = found.setup.machine
    excess = 1 + (found.footprint - machine.room) / machine.figures["memory_size"].value
    points = (found.contexts, found.batches, excess)
    hatched = axes.contourf(*points, [1, np.inf], colors="none", hatches=["///"])
    hatched.set(edgecolor=GREY, linewidth=0)
    axes.contour(*points, [1], colors=GREY, linewidths=1.2)
    return [Patch(facecolor="none", edgecolor=GREY, hatch="///", label="does not fit in memory")]


def _crossovers(axes: Axes, found: RegimeMap, lines: Mapping[str, Any]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = []
    for (name, column), style in zip(lines.items(), _STYLES, strict=False):
        over = np.broadcast_to(column, found.bound.shape)
        if over.min() < 0 < over.max():
            axes.contour(
                found.contexts,
                found.batches,
                over,
                [0],
                colors="k",
                linestyles=style,
                linewidths=1.2,
            )
            handles.append(Line2D([], [], color="k", linestyle=style, linewidth=1.2, label=name))
    return handles


def _here(axes: Axes, found: RegimeMap) -> list[Any]:
    """A mark where the setup stands."""
    run = found.setup.run
    inside = (
        found.batches[0] <= run.batch <= found.batches[-1]
        and found.contexts[0] <= run.timed_at <= found.contexts[-1]
    )
    label = f"batch {run.batch}, context {run.timed_at:,}"
    if not inside:
        return []
    return axes.plot(run.timed_at, run.batch, "ko", markersize=6, clip_on=False, label=label)
