"""The tornado of a sensitivity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgesym.analysis.sensitivity import Sensitivity, Swing
from edgesym.plain import clean
from edgesym.render.style import COLOURS, FORMULA, blank_figure, readable, titled
from edgesym.symbols import describe
from edgesym.units import human

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["tornado"]

_CHANGE = 0.1
#: A bar that is shorter, relative to the quantity, is left out.
_SHORTEST = 5e-4


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
    factor, unit = readable([found.value], found.quantity.unit)
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
    names = [clean(row.word).replace("$", r"\$") for row in rows]
    letters = [f"{name}  ${row.latex}$" for name, row in zip(names, rows, strict=True)]
    axes.set_yticks(places, letters, fontsize=8)
    for text in axes.get_yticklabels():
        text.set_label(FORMULA)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.margins(y=0.02)
    axes.set_xlabel(f"{found.quantity.name} [{unit}]", fontsize=8)
    titled(figure, found.setup.title, _said(found))
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    return figure


def _reach(found: Sensitivity, swing: Swing) -> float:
    """The longer half of a bar, relative to the quantity."""
    return max(abs(end / found.value - 1) for end in (swing.smaller, swing.larger))


def _said(found: Sensitivity) -> str:
    quantity = found.quantity
    return f"{quantity.name} = {human(found.value, quantity.unit)}, one symbol changed at a time"
