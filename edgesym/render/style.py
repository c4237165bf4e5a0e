"""The look of every picture: colours that all kinds of colour vision tell apart, sizes, axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import TYPE_CHECKING, Any

from edgesym.errors import OutputError
from edgesym.plain import clean
from edgesym.units import UNITS, human

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "ENDINGS",
    "FORMULA",
    "GREY",
    "MARKERS",
    "PART_COLOURS",
    "SMALL",
    "STYLES",
    "blank_figure",
    "drawing_on",
    "dressed",
    "explained",
    "inert",
    "is_given",
    "legend_rows",
    "logarithmic",
    "named",
    "one_two_five",
    "picture",
    "readable",
    "titled",
]

#: Ending of a file -> what keeps its content the same from run to run.
ENDINGS: dict[str, dict[str, None]] = {
    "png": {},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
#: Okabe and Ito's colours, which all kinds of colour vision tell apart
#: (https://jfly.uni-koeln.de/color/).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
#: Part of a whole -> colour: of the same hues, light where dark lines or letters stand on them.
PART_COLOURS = {
    "compute": "#f2c26b",
    "weights": "#9ad3f4",
    "cache": "#74c7a5",
    "activations": "#e5b8d1",
    "launch": "#c9c9c9",
    "loading": "#ded387",
    "loading, every token": "#ded387",
    "compute or memory": "#0072b2",
    "copying": "#d55e00",
    "network": "#333333",
    "prompt": "#e69f00",
    "generated tokens": "#56b4e9",
    "other": "#999999",
}
#: What tells series apart where colours run out, or on paper without them.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STYLES = ("-", "--", "-.", ":")
GREY = "#777777"
#: Points of type: of titles, of everything else.
TITLE, SMALL = 8, 8
_MOST_TICKS = 8
#: Width of a title in characters, by inch.
_BY_INCH = 15
#: Part of a picture that a title may fill: letters on pixels are wider than in print.
_DRAWN = 0.92
#: Width of a mark in a legend, in characters.
_HANDLE = 7


class _Given:
    """Axes of a user's as the figure that a picture is drawn on: titles and legends are theirs."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        self.legends: list[Any] = []

    def add_subplot(self, *_: Any, **__: Any) -> Axes:
        return self.ax

    def suptitle(self, text: str, **options: Any) -> None:
        del options["x"], options["ha"]
        self.ax.set_title(text, loc="left", **options)

    def legend(self, *, loc: str, **options: Any) -> None:
        found = self.ax.legend(loc="best", **options)
        self.legends.append(found)

    def colorbar(self, *arguments: Any, **options: Any) -> Any:
        return self.ax.get_figure(root=False).colorbar(*arguments, **options)  # type: ignore[union-attr]

    def get_figwidth(self) -> float:
        inches: float = self.ax.get_window_extent().width / self.ax.figure.dpi
        return max(inches, 1.0)


_AXES: ContextVar[Axes | None] = ContextVar("_AXES", default=None)


@contextmanager
def drawing_on(ax: Axes) -> Iterator[None]:
    """Draw pictures on these axes meanwhile, instead of on figures of their own."""
    token = _AXES.set(ax)
    try:
        yield
    finally:
        _AXES.reset(token)


def is_given(figure: Any) -> bool:
    """Whether a figure stands for axes that a user gave."""
    return isinstance(figure, _Given)


def blank_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches.

    Raises:
        OutputError: matplotlib is not installed, or its settings stop it.
    """
    if (given := _AXES.get()) is not None:
        return _Given(given)  # type: ignore[return-value]
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OutputError("a plot needs matplotlib: pip install 'edgesym[plot]'") from error
    except ValueError as error:
        raise OutputError(
            f"matplotlib does not start: {error}; look at MPLBACKEND and at its own settings"
        ) from error
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
    with mpl.rc_context({"svg.hashsalt": "edgesym", "text.usetex": False}):
        inert(figure)
        figure.savefig(stream, format=ending, dpi=200, metadata=ENDINGS[ending])
    return stream.getvalue()


#: The label of texts that hold formulas of our own between dollars.
FORMULA = "formula"


def inert(drawn: Figure | Axes) -> None:
    """Have every text of a picture be shown as it reads: a dollar in a name begins no formula.

    Ticks that matplotlib labels itself, in powers of ten, stay formulas, and so do texts of the
    label :data:`FORMULA`, in which names have their dollars escaped.
    """
    from matplotlib.axes import Axes as AnyAxes
    from matplotlib.text import Text
    from matplotlib.ticker import LogFormatter

    every = [drawn] if isinstance(drawn, AnyAxes) else list(drawn.axes)
    own: set[Text] = set()
    for axis in (axis for each in every for axis in (each.xaxis, each.yaxis)):
        labels = axis.get_ticklabels(which="both")  # makes them
        if isinstance(axis.get_major_formatter(), LogFormatter):
            own.update(labels)
    for text in drawn.findobj(Text):
        if text not in own and text.get_label() != FORMULA:
            text.set(text=_shown(text.get_text()), parse_math=False, usetex=False)


def _shown(text: str) -> str:
    """A text of several lines, each of what is printed alone."""
    return "\n".join(map(clean, text.split("\n")))


def readable(values: Iterable[float], unit: str, *, log: bool = False) -> tuple[float, str]:
    """The factor and the name of the unit in which numbers of a base unit can be read.

    >>> readable([0.002, 0.05], "s"), readable([3e9], "B"), readable([5], "tokens")
    ((0.001, 'ms'), (1073741824.0, 'GiB'), (1.0, 'tokens'))
    """
    known = sorted(abs(value) for value in values if value and math.isfinite(value))
    if not known:
        return 1.0, unit
    name = human(known[len(known) // 2] if log else known[-1], unit).rpartition(" ")[2]
    return (float(UNITS[name][1]), name) if name in UNITS else (1.0, unit)


def titled(figure: Figure, title: str, note: str = "") -> None:
    """The title of a picture on the left, and below it what it is of."""
    inches = figure.get_figwidth()
    lines = [line for part in (title, *note.split("\n")) for line in _wrapped(part, inches)]
    figure.suptitle("\n".join(lines), fontsize=TITLE, x=0.01, ha="left", linespacing=1.3)


def _wrapped(text: str, inches: float) -> list[str]:
    """The lines of a part of a title; shorter ones where its letters are wide."""
    from textwrap import wrap

    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    letters = int(inches * _BY_INCH)
    lines = wrap(clean(text), letters, break_on_hyphens=False)
    font = FontProperties(size=TITLE)
    sizes = (text_to_path.get_text_width_height_descent(line, font, False) for line in lines)
    part = max((points for points, *_ in sizes), default=0) / (_DRAWN * inches * 72)
    return lines if part <= 1 else wrap(clean(text), int(letters / part), break_on_hyphens=False)


def explained(figure: Figure, names: Sequence[str], **given: Any) -> None:
    """A legend below a picture, in as many columns as there is room for."""
    columns = -(-len(names) // legend_rows(names, figure.get_figwidth()))
    figure.legend(loc="outside lower center", ncols=columns, fontsize=SMALL, frameon=False, **given)


def named(text: str) -> str:
    """A name that a legend shows: matplotlib leaves those out that begin with an underscore."""
    return f" {text}" if text.startswith("_") else text


def legend_rows(names: Sequence[str], width: float) -> int:
    """Rows of a legend of these names below a picture of so many inches."""
    room = int(width * _BY_INCH / (max(map(len, names)) + _HANDLE))
    return -(-len(names) // max(1, room))


def dressed(axes: Axes, x: str, y: str, *, grid: bool = True) -> None:
    """Labels with units, no frame at the top and right, and a light grid."""
    axes.set_xlabel(x, fontsize=SMALL)
    axes.set_ylabel(y, fontsize=SMALL)
    axes.tick_params(which="both", labelsize=SMALL)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(color="0.9", linewidth=0.6)


def logarithmic(axis: Any, values: Sequence[float], *, binary: bool) -> None:
    """A logarithmic axis; of counts with ticks at powers of two, few enough to be read."""
    low, high = min(values), max(values)
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    powers = range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)
    if not binary or len(powers) < 2:
        _plain(axis, low, high)
        return
    ticks = [2**power for power in powers][:: 1 + len(powers) // (_MOST_TICKS + 1)]
    axis.set_ticks(ticks, [f"{tick:,}" for tick in ticks])
    axis.set_ticks([], minor=True)


def _plain(axis: Any, low: float, high: float) -> None:
    """Ticks at 1, 2 and 5 times powers of ten, as numbers, where there is no more than a few."""
    few, many = one_two_five(low, high), _digits(low, high, range(1, 10))
    ticks = many if len(many) <= _MOST_TICKS else few
    if 2 <= len(ticks) <= _MOST_TICKS:
        axis.set_ticks(ticks, [f"{tick:,g}" for tick in ticks])
        axis.set_ticks([], minor=True)


def one_two_five(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten between two numbers.

    >>> one_two_five(0.3, 20)
    [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    """
    return _digits(low, high, (1, 2, 5))


def _digits(low: float, high: float, digits: Iterable[int]) -> list[float]:
    """Numbers of one digit, times powers of ten."""
    steps = tuple(digits)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = (float(f"{step}e{power}") for power in powers for step in steps)
    return [number for number in every if low <= number <= high]
