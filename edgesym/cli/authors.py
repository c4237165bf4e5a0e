"""Options of those who put formulas into a paper: width of lines, letters, leading terms."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from edgesym.cli.options import with_options
from edgesym.errors import ConfigError
from edgesym.symbols import find

__all__ = ["author_options", "growing_of", "read_width"]

F = TypeVar("F", bound=Callable[..., Any])

#: Unit of lengths in LaTeX -> points.
_POINTS = {"pt": 1.0, "in": 72.27, "cm": 72.27 / 2.54, "mm": 72.27 / 25.4}
_WIDTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(pt|in|cm|mm)")
#: Widths of lines between which formulas are broken, in points.
_NARROWEST, _WIDEST = 60, 2000


def author_options(verb: F) -> F:
    """``--width``, ``--leading``, ``--letters`` and ``--elementwise``."""

    @wraps(verb)
    def made(width: str | None, elementwise: str | None, counting: str, **options: Any) -> Any:
        if elementwise:
            counting = f"{counting},elementwise={elementwise}"
        params = click.get_current_context().params
        style = "json" if params.get("as_json") else params.get("style")
        if width is not None and style != "latex":
            raise ConfigError(f"--width {width} is of --format latex; say both")
        measure = 0.0 if width is None else read_width(width)
        return verb(measure=measure, counting=counting, **options)

    added = (
        click.option(
            "--width",
            metavar="LENGTH",
            help="Width of the lines of LaTeX, such as 240pt or 84mm (--format latex): formulas "
            "break at sums, and tables fit.",
        ),
        click.option(
            "--leading",
            is_flag=False,
            flag_value="",
            default=None,
            metavar="[SYMBOL,...]",
            help="Leave out terms of lower order, and print them: those that another is a multiple "
            "of by extents, or, with symbols, those that vanish beside the others as these grow. "
            "Behind MODEL.",
        ),
        click.option(
            "--letters",
            default="",
            metavar="WORD=LETTER,...",
            help="Other letters for symbols, such as hidden=d,layers=n or hidden=d_model.",
        ),
        click.option(
            "--elementwise",
            type=click.Choice(["counted", "ignored"]),
            help="Count element-wise work and normalisations, or contractions alone; short for "
            "--convention NAME,elementwise=...",
        ),
    )
    wrapped: F = with_options(made, added)
    return wrapped


def read_width(text: str) -> float:
    """A length in points.

    >>> read_width("240pt"), round(read_width("84mm"))
    (240.0, 239)

    Raises:
        ConfigError: it is none, or one that no line of a paper has.
    """
    found = _WIDTH.fullmatch(text.strip())
    points = float(found[1]) * _POINTS[found[2]] if found else 0.0
    if not _NARROWEST <= points <= _WIDEST:
        raise ConfigError(
            f"--width {text}: give a length from {_NARROWEST}pt to {_WIDEST}pt, such as 240pt, "
            "84mm or 3.3in"
        )
    return points


def growing_of(text: str) -> list[Any]:
    """The symbols of ``--leading``.

    Raises:
        UnknownNameError: no such symbol.
    """
    return [find(name.strip()) for name in text.split(",") if name.strip()]
