"""Predicted against measured speeds as a plot, on logarithmic axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgesym.errors import OutputError
from edgesym.render.style import COLOURS, blank_figure
from edgesym.validation.validate import Outcome, Validation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["scatter_figure"]

_COLOURS = dict(zip(("decode", "prefill"), COLOURS, strict=False))
#: The band of a quarter to either side.
_BAND = 1.25


def scatter_figure(found: Validation) -> Figure:
    """Decode and prefill, each with its line of equality and the band of 25 %.

    Raises:
        OutputError: matplotlib is not installed, or no speed was compared.
    """
    kinds = {kind: _of(found, kind) for kind in _COLOURS}
    shown = {kind: rows for kind, rows in kinds.items() if rows}
    if not shown:
        raise OutputError("a plot shows speeds: none of these rows was compared")
    figure = blank_figure(4.4 * len(shown), 4.2)
    for place, (kind, rows) in enumerate(shown.items(), 1):
        _draw(figure.add_subplot(1, len(shown), place), kind, rows)
    return figure


def _of(found: Validation, kind: str) -> list[Outcome]:
    return [one for one in found.outcomes if one.row.kind == kind and one.predicted]


def _draw(axes: Axes, kind: str, rows: list[Outcome]) -> None:
    """One kind of measurement."""
    measured = [one.row.value for one in rows]
    predicted = [one.predicted.value for one in rows if one.predicted]
    ends = (min(*measured, *predicted) / 1.5, max(*measured, *predicted) * 1.5)
    axes.fill_between(
        ends, [e / _BAND for e in ends], [e * _BAND for e in ends], color="0.9", linewidth=0
    )
    axes.plot(ends, ends, color="0.4", linewidth=0.8)
    axes.scatter(measured, predicted, s=12, color=_COLOURS[kind], alpha=0.7, linewidths=0)
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    axes.set(xlabel="measured [tokens/s]", ylabel="predicted [tokens/s]")
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"{kind}, {len(rows)} rows; band: 25 %", fontsize=9, loc="left")
