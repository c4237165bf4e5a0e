"""Lines with their intervals, points with their names, and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgesym.analysis.pictures.chart import Chart, HeatMap, Line, Scale
from edgesym.render.style import (
    COLOURS,
    MARKERS,
    SMALL,
    STYLES,
    blank_figure,
    dressed,
    explained,
    legend_rows,
    logarithmic,
    named,
    one_two_five,
    readable,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["chart_figure", "framed", "heat_figure"]

#: Up to so many points get a marker each.
_MARKED = 24
_SMALLEST = 6.5
#: Inches of a row of a legend.
_ROW = 0.17


def chart_figure(found: Chart) -> Figure:
    """Each series as a line with its band, its points named where they have names.

    Raises:
        OutputError: matplotlib is not installed.
    """
    names = [line.label for line in found.lines]
    figure = blank_figure(6.4, 4.0 + _ROW * legend_rows(names, 6.4))
    axes = figure.add_subplot()
    factors = framed(axes, found)
    for place, line in enumerate(found.lines):
        _series(axes, line, place, factors)
    if not found.y.log and min(y for line in found.lines for y in line.y) >= 0:
        axes.set_ylim(bottom=0)
    band = f". {found.band[0].upper()}{found.band[1:]}" if found.band else ""
    titled(figure, found.title, f"{found.note}{band}")
    if len(names) > 1:
        explained(figure, names)
    return figure


def framed(axes: Axes, found: Chart) -> tuple[float, float]:
    """Scales and labels of both axes; what numbers are divided by to be drawn."""
    xs = [x for line in found.lines for x in line.x]
    ys = [y for line in found.lines for y in line.y]
    (across, x), (up, y) = _of(found.x, xs), _of(found.y, ys)
    dressed(axes, _label(found.x, x), _label(found.y, y))
    for axis, scale, numbers in (
        (axes.xaxis, found.x, [x / across for x in xs]),
        (axes.yaxis, found.y, [y / up for y in ys]),
    ):
        if scale.log:
            logarithmic(axis, numbers, binary=scale.counted)
    return across, up


def _series(axes: Axes, line: Line, place: int, factors: tuple[float, float]) -> None:
    colour = COLOURS[place % len(COLOURS)]
    marker = MARKERS[place % len(MARKERS)] if len(line.x) <= _MARKED else ""
    style = "-" if marker else STYLES[place % len(STYLES)]
    x, y = ([n / f for n in column] for column, f in zip((line.x, line.y), factors, strict=True))
    axes.plot(
        *(x, y),
        color=colour,
        linestyle=style,
        marker=marker,
        markersize=4,
        linewidth=1.5,
        label=named(line.label),
    )
    if line.low:
        below, above = ([number / factors[1] for number in ends] for ends in (line.low, line.high))
        axes.fill_between(x, below, above, color=colour, alpha=0.18, linewidth=0)
    for at, mark in zip(zip(x, y, strict=True), line.marks, strict=False):
        axes.annotate(
            mark, at, xytext=(6, -7), textcoords="offset points", fontsize=_SMALLEST, color=colour
        )


def heat_figure(found: HeatMap) -> Figure:
    """A map in colours of even steps of lightness, with lines of equal value.

    Raises:
        OutputError: matplotlib is not installed.
    """
    figure = blank_figure(6.4, 4.6)
    from matplotlib.colors import LogNorm, Normalize

    axes = figure.add_subplot()
    numbers = [number for row in found.values for number in row]
    (across, x), (up, y) = _of(found.x, found.xs), _of(found.y, found.ys)
    factor, unit = _of(found.z, numbers)
    xs, ys = [n / across for n in found.xs], [n / up for n in found.ys]
    values = [[number / factor for number in row] for row in found.values]
    ends = min(numbers) / factor, max(numbers) / factor
    norm: Any = (LogNorm if found.z.log else Normalize)(*ends)
    mesh = axes.pcolormesh(
        xs, ys, values, norm=norm, cmap="viridis", shading="gouraud", rasterized=True
    )
    dressed(axes, _label(found.x, x), _label(found.y, y), grid=False)
    for axis, scale, along in ((axes.xaxis, found.x, xs), (axes.yaxis, found.y, ys)):
        if scale.log:
            logarithmic(axis, along, binary=scale.counted)
    if min(numbers) < max(numbers):
        levels = one_two_five(*ends) if found.z.log else None
        lines = axes.contour(
            xs, ys, values, levels=levels, norm=norm, colors="white", linewidths=0.8
        )
        axes.clabel(lines, fontsize=_SMALLEST, fmt=lambda value: f"{value:,.4g}")
    bar = figure.colorbar(mesh, ax=axes)
    bar.set_label(_label(found.z, unit), fontsize=SMALL)
    bar.ax.tick_params(labelsize=SMALL)
    titled(figure, found.title, found.note)
    return figure


def _of(scale: Scale, numbers: Any) -> tuple[float, str]:
    if scale.counted:
        return 1.0, scale.unit
    return readable(numbers, scale.unit, log=scale.log)


def _label(scale: Scale, unit: str) -> str:
    """What is along an axis, with its unit."""
    return scale.name if unit == "1" else f"{scale.name} [{unit}]"
