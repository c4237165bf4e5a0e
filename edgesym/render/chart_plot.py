"""Lines with their intervals, points with their names, and maps."""

from __future__ import annotations

from collections.abc import Sequence
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
    logarithmic,
    readable,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["chart_figure", "heat_figure"]

#: Up to so many points get a marker each.
_MARKED = 24
_SMALLEST = 6.5


def chart_figure(found: Chart) -> Figure:
    """Each series as a line with its band, or as points with their names.

    Raises:
        OutputError: matplotlib is not installed.
    """
    figure = blank_figure(6.4, 4.4)
    axes = figure.add_subplot()
    xs = [x for line in found.lines for x in line.x]
    ys = [y for line in found.lines for y in line.y]
    factors = [_of(found.x, xs), _of(found.y, ys)]
    for axis, scale, (factor, _), numbers in zip(
        (axes.xaxis, axes.yaxis), (found.x, found.y), factors, (xs, ys), strict=True
    ):
        if scale.log:
            logarithmic(axis, [number / factor for number in numbers], binary=scale.counted)
    for place, line in enumerate(found.lines):
        _series(axes, line, place, (factors[0][0], factors[1][0]), xs)
    dressed(axes, _label(found.x, factors[0][1]), _label(found.y, factors[1][1]))
    if not found.y.log and min(ys) >= 0:
        axes.set_ylim(bottom=0)
    if found.mark:
        axes.margins(x=0.06, y=0.1)
    band = f". {found.band[0].upper()}{found.band[1:]}" if found.band else ""
    titled(figure, found.title, f"{found.note}{band}")
    if len(found.lines) > 1 or found.mark == "setup":
        explained(figure, [line.label for line in found.lines])
    return figure


def _series(
    axes: Axes, line: Line, place: int, factors: tuple[float, float], span: Sequence[float]
) -> None:
    colour = COLOURS[place % len(COLOURS)]
    style = STYLES[(place // len(COLOURS)) % len(STYLES)]
    marker = MARKERS[place % len(MARKERS)] if len(line.x) <= _MARKED else ""
    across, up = factors
    x, y = [number / across for number in line.x], [number / up for number in line.y]
    drawn = style if line.joined else ""
    axes.plot(
        *(x, y),
        color=colour,
        linestyle=drawn,
        marker=marker,
        markersize=4,
        linewidth=1.5,
        label=line.label,
    )
    if line.low:
        below, above = ([number / up for number in ends] for ends in (line.low, line.high))
        axes.fill_between(x, below, above, color=colour, alpha=0.18, linewidth=0)
    low, high = min(span) / across, max(span) / across
    middle = (low * high) ** 0.5 if axes.get_xscale() == "log" else (low + high) / 2
    for point, mark in enumerate(line.marks):
        # names lie on the side that has more room, and those of neighbours apart
        side = "left" if x[point] <= middle else "right"
        offset = (5 if side == "left" else -5, 4 if point % 2 else -9)
        axes.annotate(
            mark,
            (x[point], y[point]),
            xytext=offset,
            textcoords="offset points",
            ha=side,
            fontsize=_SMALLEST,
            color="0.25",
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
        xs, ys, values, norm=norm, cmap="viridis", shading="nearest", rasterized=True
    )
    if min(numbers) < max(numbers):
        lines = axes.contour(xs, ys, values, norm=norm, colors="white", linewidths=0.8)
        axes.clabel(lines, fontsize=_SMALLEST, fmt=lambda value: f"{value:,.4g}")
    dressed(axes, _label(found.x, x), _label(found.y, y), grid=False)
    for axis, scale, along in ((axes.xaxis, found.x, xs), (axes.yaxis, found.y, ys)):
        if scale.log:
            logarithmic(axis, along, binary=scale.counted)
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
