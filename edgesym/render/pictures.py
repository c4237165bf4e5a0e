"""The pictures of a document, drawn."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from edgesym.analysis.crossovers.crossover import lines_over
from edgesym.analysis.crossovers.regimes import RegimeMap
from edgesym.analysis.pictures.chart import Bars, Chart, HeatMap
from edgesym.analysis.pictures.roofline import Roofline
from edgesym.analysis.sensitivity import Sensitivity
from edgesym.document.nodes import Picture
from edgesym.errors import EdgesymError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["data_url", "drawn", "figure_of", "regimes_figure"]

_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


def figure_of(shown: Any) -> Figure:
    """The figure of what a picture shows.

    Raises:
        OutputError: matplotlib is not installed.
        TypeError: nothing draws that.
    """
    from edgesym.render.bars_plot import bars_figure
    from edgesym.render.chart_plot import chart_figure, heat_figure
    from edgesym.render.roofline_plot import roofline_figure
    from edgesym.render.tornado_plot import tornado

    draw: dict[type, Callable[[Any], Figure]] = {
        Bars: bars_figure,
        Chart: chart_figure,
        HeatMap: heat_figure,
        RegimeMap: regimes_figure,
        Roofline: roofline_figure,
        Sensitivity: tornado,
    }
    if type(shown) not in draw:
        raise TypeError(f"nothing draws a {type(shown).__name__}")
    return draw[type(shown)](shown)


def regimes_figure(found: RegimeMap) -> Figure:
    """A map with its lines of crossovers."""
    from edgesym.render.regime_plot import regime_figure

    return regime_figure(found, lines_over(found))


def drawn(pictures: Iterable[Picture], ending: str) -> tuple[dict[str, bytes], dict[str, str]]:
    """Each picture by name as the content of a file, and why others cannot be drawn.

    Raises:
        OutputError: matplotlib is not installed.
    """
    from edgesym.render.style import blank_figure, picture

    made: dict[str, bytes] = {}
    missing: dict[str, str] = {}
    for one in pictures:
        blank_figure(1, 1)
        try:
            made[one.name] = picture(figure_of(one.shows()), ending)
        except EdgesymError as error:  # the report tells what has no picture, and why
            missing[one.name] = str(error)
    return made, missing


def data_url(content: bytes, ending: str) -> str:
    """A picture within a page.

    >>> data_url(b"<svg/>", "svg")
    'data:image/svg+xml;base64,PHN2Zy8+'
    """
    return f"data:{_TYPES[ending]};base64,{b64encode(content).decode()}"
