"""Stacked bars: what something is made of."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from edgesym.analysis.pictures.chart import Bar, Bars
from edgesym.errors import OutputError
from edgesym.plain import clean
from edgesym.render.style import (
    GREY,
    PART_COLOURS,
    SMALL,
    blank_figure,
    dressed,
    explained,
    is_given,
    readable,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["bars_figure"]

_WIDTH, _SMALLEST = 0.8, 6.5
#: Bars whose names stand upright, and letters on a line of one.
_MOST_UPRIGHT, _LINE = 8, 14
#: Inches: of a bar with an upright or a turned name, beside the bars, of a turned letter.
_UPRIGHT, _TURNED, _BESIDE, _LETTER = 1.0, 0.27, 1.2, 0.055
#: Inches: the height of a panel alone, and of one among others.
_ALONE, _PANEL, _AROUND = 3.0, 1.7, 1.4


def bars_figure(found: Bars) -> Figure:
    """A panel for each group, a stacked bar for each row; printed ones hatched beside ours.

    Raises:
        OutputError: matplotlib is not installed.
    """
    panels = found.panels
    most = max(sum(bar.panel == panel for bar in found.bars) for panel in panels)
    upright = most <= _MOST_UPRIGHT and len(panels) == 1
    each = _UPRIGHT if upright else _TURNED
    letters = 0 if upright else max(len(bar.label) for bar in found.bars)
    width = max(5.2, _BESIDE + each * most)
    high = _ALONE if len(panels) == 1 else _PANEL * len(panels)
    figure = blank_figure(width, _AROUND + high + _LETTER * letters)
    if len(panels) > 1 and is_given(figure):
        raise OutputError(f"{len(panels)} panels do not fit one ax; leave it out")
    factor, unit = readable([bar.total for bar in found.bars], found.unit)
    colours = {part: PART_COLOURS.get(part, PART_COLOURS["other"]) for part in found.parts}
    first: Axes | None = None
    for place, panel in enumerate(panels, 1):
        axes = figure.add_subplot(len(panels), 1, place, sharex=first)
        first = first or axes
        bars = [bar for bar in found.bars if bar.panel == panel]
        _panel(axes, bars, colours, factor, upright=upright)
        for name, value in found.limits:
            axes.axhline(value / factor, color=GREY, linestyle="--", linewidth=1)
            axes.annotate(name, (0, value / factor), fontsize=_SMALLEST, color=GREY, va="bottom")
        dressed(axes, "", f"{found.of} [{unit}]")
        axes.grid(visible=False, axis="x")
        axes.tick_params(axis="x", length=0, labelbottom=place == len(panels))
        axes.set_title(panel, fontsize=SMALL, loc="left")
    titled(figure, found.title, found.note)
    _legend(figure, found, colours)
    return figure


def _panel(
    axes: Axes, bars: list[Bar], colours: dict[str, str], factor: float, *, upright: bool
) -> None:
    labels = list(dict.fromkeys(clean(bar.label) for bar in bars))
    paired = any(bar.faint for bar in bars)
    width = _WIDTH / 2 if paired else _WIDTH
    for bar in bars:
        side = 0 if not paired else (-width / 2 if bar.faint else width / 2)
        at, bottom = labels.index(clean(bar.label)) + side, 0.0
        for name, value in bar.parts:
            axes.bar(
                at,
                value / factor,
                width,
                bottom=bottom,
                color=colours.get(name, PART_COLOURS["other"]),
                edgecolor="white",
                linewidth=0.4,
                hatch="////" if bar.faint else None,
            )
            bottom += value / factor
        text = f"{bottom:,.2g}{bar.mark}" if paired else f"{bottom:,.3g}{bar.mark}"
        axes.annotate(
            text,
            (at, bottom),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=_SMALLEST,
        )
    if upright:
        shown = ["\n".join(_broken(label)) for label in labels]
        axes.set_xticks(range(len(labels)), shown)
    else:
        axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.margins(x=0.02, y=0.1)


def _broken(label: str) -> list[str]:
    return [line for part in label.split(", ") for line in wrap(part, _LINE)]


def _legend(figure: Figure, found: Bars, colours: dict[str, str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colours[part], label=part) for part in found.parts]
    if any(bar.faint for bar in found.bars):
        handles += [
            Patch(facecolor="0.6", edgecolor="white", hatch="////", label="as printed"),
            Patch(facecolor="0.6", label="edgesym"),
        ]
    explained(figure, [str(handle.get_label()) for handle in handles], handles=handles)
