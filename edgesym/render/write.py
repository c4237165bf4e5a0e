"""One writer per medium, each imported when something is written in it."""

from __future__ import annotations

from importlib import import_module

from edgesym.document.nodes import Document
from edgesym.domain import checked
from edgesym.errors import UnknownNameError
from edgesym.render.page import Page

__all__ = ["MEDIA", "write"]

#: Medium -> module and name of its writer.
MEDIA = {
    "text": ("text", "write_text"),
    "markdown": ("markdown", "write_markdown"),
    "latex": ("latex", "write_latex"),
    "html": ("html", "write_html"),
    "json": ("data", "write_json"),
    "csv": ("data", "write_csv"),
}


@checked
def write(document: Document, medium: str, page: Page | None = None) -> str:
    """A document in a medium.

    Args:
        document: what is told.
        medium: one of :data:`MEDIA`.
        page: what it is written on; by default 80 columns of Unicode without colours.

    Raises:
        UnknownNameError: no such medium.
        OutputError: CSV of a document that has no table.
    """
    if medium not in MEDIA:
        raise UnknownNameError("format to write in", medium, MEDIA)
    module, name = MEDIA[medium]
    writer = getattr(import_module(f"edgesym.render.{module}"), name)
    return str(writer(document, page or Page()))
