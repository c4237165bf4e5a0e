"""Stacked bars: what something is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgesym.analysis.pictures.chart import Bar, Bars
from edgesym.render.style import (
    GREY,
    PART_COLOURS,
    SMALL,
    blank_figure,
    dressed,
    readable,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["bars_figure"]

_WIDTH, _SMALLEST = 0.8, 6.5
_MOST_UPRIGHT = 5


def bars_figure(found: Bars) -> Figure:
    """A panel for each group, a stacked bar for each row; printed ones hatched beside ours.

    Raises:
        OutputError: matplotlib is not installed.
    """
    panels = found.panels
    most = max(sum(bar.panel == panel for bar in found.bars) for panel in panels)
    figure = blank_figure(max(5.2, 1.6 + 0.34 * most * len(panels)), 4.6)
    factor, unit = readable([bar.total for bar in found.bars], found.unit)
    colours = {part: PART_COLOURS.get(part, PART_COLOURS["other"]) for part in found.parts}
    first: Axes | None = None
    for place, panel in enumerate(panels, 1):
        axes = figure.add_subplot(1, len(panels), place, sharey=first)
        first = first or axes
        bars = [bar for bar in found.bars if bar.panel == panel]
        _panel(axes, bars, colours, factor)
        for name, value in found.limits:
            axes.axhline(value / factor, color=GREY, linestyle="--", linewidth=1)
            axes.annotate(name, (0, value / factor), fontsize=_SMALLEST, color=GREY, va="bottom")
        dressed(axes, "", f"{found.of} [{unit}]" if place == 1 else "")
        axes.grid(visible=False, axis="x")
        axes.set_title(panel, fontsize=SMALL, loc="left")
    titled(figure, found.title, found.note)
    _legend(figure, found, colours)
    return figure


def _panel(axes: Axes, bars: list[Bar], colours: dict[str, str], factor: float) -> None:
    labels = list(dict.fromkeys(bar.label for bar in bars))
    paired = any(bar.faint for bar in bars)
    width = _WIDTH / 2 if paired else _WIDTH
    for bar in bars:
        side = 0 if not paired else (-width / 2 if bar.faint else width / 2)
        at, bottom = labels.index(bar.label) + side, 0.0
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
        text = bar.mark if paired else f"{bottom:,.3g}{bar.mark}"
        axes.annotate(
            text,
            (at, bottom),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=_SMALLEST,
        )
    turned = 90 if len(labels) > _MOST_UPRIGHT else 0
    axes.set_xticks(range(len(labels)), [_broken(name, turned) for name in labels], rotation=turned)
    axes.margins(y=0.1)


def _broken(label: str, turned: int) -> str:
    return label if turned else label.replace(", ", "\n").replace(" ", "\n", 1)


def _legend(figure: Figure, found: Bars, colours: dict[str, str]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colours[part], label=part) for part in found.parts]
    if any(bar.faint for bar in found.bars):
        handles += [
            Patch(facecolor="0.6", edgecolor="white", hatch="////", label="as printed"),
            Patch(facecolor="0.6", label="edgesym"),
        ]
    columns = min(len(handles), 6 if len(found.panels) > 1 else 4)
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=columns,
        fontsize=SMALL,
        frameon=False,
    )
