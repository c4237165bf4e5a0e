"""What a document is written on: how wide it is, and what its encoding and its colours allow."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO

__all__ = ["Page"]

#: Columns of what is piped, and of a terminal that does not say how wide it is.
_WIDTH = 80
#: Narrower pages are written as this one: no name of a quantity fits them.
_NARROWEST = 24


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        width: columns.
        unicode: whether it holds signs such as plus-minus and micro.
        colour: whether it shows colours.
        pictures: name of a picture -> where a document refers to for it: a file beside it, or the
            picture itself as a data URL; others are left out.
        measure: width of the lines of LaTeX, in points; 0 for those of a page of A4.
    """

    width: int = _WIDTH
    unicode: bool = True
    colour: bool = False
    pictures: Mapping[str, str] = field(default_factory=dict)
    measure: float = 0.0

    @classmethod
    def of(cls, stream: TextIO | None = None) -> Page:
        """The page that a stream is, standard output by default.

        The width is that of COLUMNS, else of the terminal, else 80. Colours are for terminals;
        FORCE_COLOR asks for them elsewhere too, and NO_COLOR for none (https://no-color.org,
        https://force-color.org).
        """
        stream = sys.stdout if stream is None else stream
        terminal = stream.isatty()
        asked = os.environ.get("COLUMNS", "")
        fixed = asked.isascii() and asked.isdigit() and int(asked) > 0
        width = shutil.get_terminal_size((_WIDTH, 24)).columns if terminal or fixed else _WIDTH
        shows = terminal and os.environ.get("TERM", "") not in ("dumb", "")
        colour = not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or shows)
        encoding = (getattr(stream, "encoding", None) or "ascii").lower()
        return cls(max(width, _NARROWEST), encoding.startswith("utf"), colour)
