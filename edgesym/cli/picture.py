"""``--plot`` of a verb, and files that a verb writes beside its answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from edgesym.cli.common import ending_of
from edgesym.cli.net import say
from edgesym.files.write import write_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_option", "write_beside", "write_plot"]

F = TypeVar("F", bound=Callable[..., object])


def plot_option(shows: str) -> Callable[[F], F]:
    """The option ``--plot`` of a verb that can draw what it ``shows``."""
    return click.option(
        "--plot",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help=f"Plot {shows} (.png, .pdf or .svg).",
    )


def write_plot(file: Path, figure: Callable[[], Figure]) -> None:
    """Write the figure that is made once the name of the file has been looked at.

    Raises:
        OutputError: the file cannot be written, has an unknown ending, or shows nothing.
    """
    from edgesym.render.style import ENDINGS, picture

    ending = ending_of("--plot", file, ENDINGS)
    write_beside(file, picture(figure(), ending))


def write_beside(file: Path, content: bytes) -> None:
    """Write a file, and say so on standard error."""
    say(f"Wrote {write_file(file, content)}")
