"""The roofline of a device with the kernels of a model on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgesym.analysis.pictures.roofline import Mark, Roofline
from edgesym.render.style import (
    COLOURS,
    GREY,
    MARKERS,
    blank_figure,
    dressed,
    explained,
    readable,
    titled,
)
from edgesym.units import human

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["roofline_figure"]

#: Share of a step above which a kernel is named, and the area of a mark of the whole step.
_NAMED, _AREA, _LEAST = 0.04, 320, 14
#: Names beside one place.
_MOST_NAMES = 5
#: Times that kernels are apart for each to have its name beside it, and room above the roof.
_APART, _ABOVE = 6, 3


def roofline_figure(found: Roofline) -> Figure:
    """Kernels by intensity and rate; a mark's area is its share of the time of its step.

    Raises:
        OutputError: matplotlib is not installed.
    """
    figure = blank_figure(6.6, 4.8)
    axes = figure.add_subplot()
    shown = [mark for mark in found.marks if mark.flops]
    factor, unit = readable([found.peak], "FLOP/s")
    known = [mark.intensity for mark in shown]
    low = min([*known, found.ridge / 4]) / 2
    high = max([*known, found.ridge * 4, found.peak / found.bandwidth * 4]) * 10
    _roofs(axes, found, (low, high), factor)
    for place, phase in enumerate(dict.fromkeys(mark.phase for mark in shown)):
        marks = [mark for mark in shown if mark.phase == phase]
        axes.scatter(
            [mark.intensity for mark in marks],
            [mark.rate / factor for mark in marks],
            s=[_LEAST + _AREA * mark.share for mark in marks],
            color=COLOURS[place],
            marker=MARKERS[place],
            alpha=0.75,
            linewidths=0.5,
            edgecolors="white",
            label=phase,
            zorder=3,
        )
        _names(axes, marks, factor, COLOURS[place], found.ridge, above=place == 0)
    rates = [mark.rate / factor for mark in shown]
    axes.set(xscale="log", yscale="log", xlim=(low, high))
    axes.set_ylim(min(rates) / 2, found.peak / factor * _ABOVE)
    dressed(axes, "arithmetic intensity [FLOP/B]", f"rate [{unit}]")
    titled(figure, f"Roofline: {found.setup.title}", _note(found))
    explained(figure, ["roof as reached"] * 4)
    for handle in figure.legends[0].legend_handles[2:]:
        if handle is not None:
            handle.set(sizes=[40])
    return figure


def _roofs(axes: Axes, found: Roofline, ends: tuple[float, float], factor: float) -> None:
    for peak, moved, style, name in (
        (found.peak, found.bandwidth, "--", "as stated"),
        (found.rate, found.moved, "-", "as reached"),
    ):
        x = (ends[0], peak / moved, ends[1])
        y = [min(peak, at * moved) / factor for at in x]
        axes.plot(x, y, color=GREY, linestyle=style, linewidth=1.2, label=f"roof {name}")


def _names(
    axes: Axes, marks: list[Mark], factor: float, colour: str, ridge: float, *, above: bool
) -> None:
    """The kernels that take longest by name; those that lie on one another share a line."""
    groups: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda mark: -mark.share):
        if mark.share >= _NAMED:
            near = [group for group in groups if _are_near(group[0], mark)]
            near[0].append(mark) if near else groups.append([mark])
    for group in groups:
        names = [f"{mark.kernel} {mark.share:.0%}" for mark in group[:_MOST_NAMES]]
        more = len(group) - len(names)
        text = "\n".join([*names, *([f"and {more} more"] if more else [])])
        # below the roof there is room, but not for two phases at one place
        over = above and group[0].intensity < ridge / _APART
        axes.annotate(
            text,
            (group[0].intensity, group[0].rate / factor),
            xytext=(-8 if over else 8, 8 if over else -10),
            textcoords="offset points",
            ha="right" if over else "left",
            va="bottom" if over else "top",
            fontsize=6.5,
            color=colour,
        )


def _are_near(one: Mark, other: Mark) -> bool:
    """Whether names of two kernels would lie on one another."""
    ratios = (one.intensity / other.intensity, one.rate / other.rate)
    return all(1 / _APART < ratio < _APART for ratio in ratios)


def _note(found: Roofline) -> str:
    run = found.setup.run
    silent = f"; {found.silent} that compute nothing are not shown" if found.silent else ""
    formats, where = found.setup.formats, found.setup.placed.described
    return (
        f"weights {formats.weights.name}, computed in {found.setup.dtype}, "
        f"{where + ' below the roof of the device, ' if where else ''}"
        f"{found.setup.kernels} kernels; prefill of {run.prompted} tokens, decode at a context of "
        f"{run.timed_at}, batch {run.batch}\n"
        f"ridge at {found.ridge:,.3g} FLOP/B ({human(found.rate, 'FLOP/s')}, "
        f"{human(found.moved, 'B/s')}); area: share of the step{silent}"
    )
