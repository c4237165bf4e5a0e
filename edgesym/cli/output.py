"""How an answer leaves the command line: the format options of a verb, and writing to stdout."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Protocol, TypeVar

import click

from edgesym.cli.options import with_options
from edgesym.document.nodes import Document
from edgesym.errors import ConfigError
from edgesym.render.page import Page
from edgesym.render.write import MEDIA, write

__all__ = [
    "Kept",
    "Write",
    "keep_figure",
    "keeping",
    "output_options",
    "print_report",
    "print_text",
    "report_option",
]

F = TypeVar("F", bound=Callable[..., Any])


class Write(Protocol):
    """What a verb hands its answer to, with the width of lines of LaTeX in points."""

    def __call__(self, document: Document, measure: float = 0.0) -> None:
        """Write it."""


@dataclass(slots=True)
class Kept:
    """What a verb answers where it is called from Python: the document, and what draws it."""

    document: Document | None = None
    figure: Callable[[], Any] | None = None


_KEPT: ContextVar[Kept | None] = ContextVar("_KEPT", default=None)


@contextmanager
def keeping() -> Iterator[Kept]:
    """Keep what verbs answer meanwhile, in place of writing it."""
    kept = Kept()
    token = _KEPT.set(kept)
    try:
        yield kept
    finally:
        _KEPT.reset(token)


def keep_figure(figure: Callable[[], Any]) -> None:
    """Keep what draws an answer, where answers are kept."""
    if (kept := _KEPT.get()) is not None:
        kept.figure = figure


def output_options(verb: F) -> F:
    """The options ``--format``, ``--json`` and ``--brief``; the verb is handed a ``write``."""

    @wraps(verb)
    def made(style: str | None, as_json: bool, brief: bool, **options: Any) -> Any:
        if as_json and style not in (None, "json"):
            raise ConfigError(f"--json is short for --format json; leave out --format {style}")
        medium = "json" if as_json else style or "text"

        def written(document: Document, measure: float = 0.0) -> None:
            if (kept := _KEPT.get()) is not None:
                kept.document = document
                return
            page = replace(Page.of(), measure=measure)
            text = write(document.briefly() if brief else document, medium, page)
            print_text(text, page)

        return verb(write=written, **options)

    wrapped: F = with_options(made, _OPTIONS)
    return wrapped


_OPTIONS = (
    click.option(
        "--format",
        "style",
        type=click.Choice(list(MEDIA)),
        help="How the answer is written; LaTeX and HTML are fragments.  [default: text]",
    ),
    click.option("--json", "as_json", is_flag=True, help="Short for --format json."),
    click.option("--brief", is_flag=True, help="What fits one screen."),
)


report_option = click.option(
    "--report",
    type=click.Choice(["markdown", "latex"]),
    help="Print a report: each equation as printed, verdict, difference, repair, numbers.",
)


def print_report(document: Document, medium: str) -> None:
    """A document on standard output as Markdown, or as LaTeX that compiles."""
    page = Page.of()
    if medium == "latex":
        from edgesym.render.latex import latex_document

        print_text(latex_document(document), page)
    else:
        print_text(write(document, medium, page), page)


def print_text(text: str, page: Page) -> None:
    """Text on standard output, in the characters that its encoding has."""
    if not page.unicode:
        text = _within(text, getattr(sys.stdout, "encoding", None) or "ascii")
    click.echo(text, nl=False, color=page.colour)


def _within(text: str, encoding: str) -> str:
    """Text in an encoding: letters without the accents that it lacks, other signs as ``?``."""

    def known(char: str) -> str:
        try:
            char.encode(encoding)
        except UnicodeEncodeError:  # the nearest that the terminal has
            base = unicodedata.normalize("NFKD", char).encode("ascii", "ignore").decode()
            return base or "?"
        return char

    return text if text.isascii() else "".join(map(known, text))
