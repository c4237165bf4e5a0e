"""Plots: what they share, and the tornado of a sensitivity."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from edgesym.analysis.sensitivity import Sensitivity, Swing
from edgesym.errors import OutputError
from edgesym.symbols import describe
from edgesym.units import UNITS, human

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "ENDINGS", "blank_figure", "picture", "tornado"]

#: Ending of a file -> what keeps its content the same from run to run.
ENDINGS: dict[str, dict[str, None]] = {
    "png": {},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
#: Okabe and Ito's colours, which all kinds of colour vision tell apart
#: (https://jfly.uni-koeln.de/color/).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_CHANGE = 0.1
#: A bar that is shorter, relative to the quantity, is left out.
_SHORTEST = 5e-4


def blank_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches.

    Raises:
        OutputError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OutputError("a plot needs matplotlib: pip install 'edgesym[plot]'") from error
    return Figure(figsize=(width, height), layout="constrained")


def picture(figure: Figure, ending: str) -> bytes:
    """A figure as the content of a file, the same for the same figure.

    Raises:
        OutputError: the ending is none of :data:`ENDINGS`.
    """
    import matplotlib as mpl

    if ending not in ENDINGS:
        raise OutputError(f"a plot ends in {', '.join(f'.{e}' for e in ENDINGS)}, not .{ending}")
    stream = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "edgesym"}):
        figure.savefig(stream, format=ending, dpi=200, metadata=ENDINGS[ending])
    return stream.getvalue()


def tornado(found: Sensitivity) -> Figure:
    """What a quantity becomes with each symbol a tenth smaller, and a tenth larger.

    One bar per symbol, the longest on top; its ends are the quantity evaluated anew, kinks
    and steps included.

    Raises:
        OutputError: matplotlib is not installed.
    """
    shown = sorted(
        (swing for swing in found.swings(_CHANGE) if _reach(found, swing) >= _SHORTEST),
        key=lambda swing: _reach(found, swing),
    )
    figure = blank_figure(6, 1.3 + 0.24 * len(shown))
    axes = figure.add_subplot()
    factor, unit = _readable(found)
    centre, places = found.value / factor, range(len(shown))
    for label, colour, ends in (
        ("smaller", COLOURS[0], [swing.smaller for swing in shown]),
        ("larger", COLOURS[1], [swing.larger for swing in shown]),
    ):
        lengths = [end / factor - centre for end in ends]
        named = f"symbol {_CHANGE:.0%} {label}"
        axes.barh(places, lengths, left=centre, color=colour, label=named, height=0.7)
    axes.axvline(centre, color="black", linewidth=0.8)
    rows = [describe(swing.symbol) for swing in shown]
    axes.set_yticks(places, [f"{row.word}  ${row.latex}$" for row in rows], fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.margins(y=0.02)
    axes.set_xlabel(f"{found.quantity.name} [{unit}]", fontsize=8)
    figure.suptitle(_title(found), fontsize=9, x=0.01, ha="left")
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def _reach(found: Sensitivity, swing: Swing) -> float:
    """The longer half of a bar, relative to the quantity."""
    return max(abs(end / found.value - 1) for end in (swing.smaller, swing.larger))


def _readable(found: Sensitivity) -> tuple[float, str]:
    """The factor and the name of the unit that makes the quantity readable."""
    unit = human(found.value, found.quantity.unit).rpartition(" ")[2]
    return (float(UNITS[unit][1]), unit) if unit in UNITS else (1.0, found.quantity.unit)


def _title(found: Sensitivity) -> str:
    setup, quantity = found.setup, found.quantity
    value = human(found.value, quantity.unit)
    return f"{setup.title}\n{quantity.name} = {value}, one symbol changed at a time"
