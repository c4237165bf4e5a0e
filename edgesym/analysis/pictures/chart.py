"""What a picture shows, as data: lines, a map, points under a roof, stacked bars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgesym.document.shown import Shown
from edgesym.errors import OutputError

__all__ = ["Bar", "Bars", "Chart", "HeatMap", "Line", "Scale", "refuse_many"]


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis: what is along it, its base unit, and whether it is logarithmic."""

    name: str
    unit: str
    log: bool = False
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A series of points.

    Attributes:
        low, high: ends of the interval at each point; empty where nothing is uncertain.
        marks: what each point is called; empty where they have no names.
        joined: whether a line is drawn through the points.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    marks: tuple[str, ...] = ()
    joined: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class Chart(Shown):
    """Series over two axes.

    Attributes:
        title, note: what is shown, and of what.
        mark: what the names of points are; empty where they have none.
        band: what the intervals are; empty where there is none.
    """

    title: str
    note: str
    x: Scale
    y: Scale
    lines: tuple[Line, ...]
    mark: str = ""
    band: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class HeatMap(Shown):
    """A quantity over two axes; ``values`` has a row per ``ys``."""

    title: str
    note: str
    x: Scale
    y: Scale
    z: Scale
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A stacked bar in a panel: what it is of, and its parts in base units.

    Attributes:
        faint: whether it is another's, beside which ours stands.
        mark: what stands above it.
    """

    panel: str
    label: str
    parts: tuple[tuple[str, float], ...]
    faint: bool = False
    mark: str = ""

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return sum(value for _, value in self.parts)


@dataclass(frozen=True, slots=True, repr=False)
class Bars(Shown):
    """Stacked bars, by panel.

    Attributes:
        of: what a bar is as a whole, with its ``unit``.
        limits: lines across all bars, each with its name.
    """

    title: str
    note: str
    of: str
    unit: str
    bars: tuple[Bar, ...]
    limits: tuple[tuple[str, float], ...] = ()

    @property
    def parts(self) -> list[str]:
        """Names of the parts that any bar has, in order."""
        return list(dict.fromkeys(name for bar in self.bars for name, v in bar.parts if v > 0))

    @property
    def panels(self) -> list[str]:
        """Names of the panels, in order."""
        return list(dict.fromkeys(bar.panel for bar in self.bars))


def refuse_many(what: str, items: Iterable[object], most: int) -> None:
    """Refuse more than can be told apart, and none at all.

    Raises:
        OutputError: with how many there are, and how many there may be.
    """
    count = len(list(items))
    if not count:
        raise OutputError(f"a picture of no {what} shows nothing")
    if count > most:
        raise OutputError(f"{count} {what} cannot be told apart; show at most {most}")
