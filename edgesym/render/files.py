"""A document that stands alone as files: itself, its pictures, BibTeX of what it cites."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgesym.document.nodes import Document
from edgesym.errors import ConfigError
from edgesym.files.read import is_there
from edgesym.render.frame import missing
from edgesym.render.page import Page
from edgesym.render.write import write

__all__ = ["ENDINGS", "STYLES", "files_of", "refuse_style"]

#: Format of a report -> the ending of its file.
STYLES = {
    "markdown": "md",
    "latex": "tex",
    "pdf": "pdf",
    "html": "html",
    "text": "txt",
    "json": "json",
}
#: Format -> the ending of its pictures; those that it leaves out show none.
ENDINGS = {"markdown": "svg", "latex": "pdf", "pdf": "pdf", "html": "svg"}


def refuse_style(style: str, templates: Path | None) -> None:
    """Refuse, before a report is made, a format that cannot be written, or not in such a frame.

    Raises:
        ConfigError: with the formats that have one, or with the file that the folder lacks.
        OutputError: a PDF, without an engine that makes one.
    """
    if style == "pdf":
        from edgesym.render.pdf import needed_engine

        needed_engine()
    if templates is None:
        return
    if style not in ENDINGS:
        raise ConfigError(f"--template: {style} has no frame; use --format {', '.join(ENDINGS)}")
    name = f"document.{STYLES['latex' if style == 'pdf' else style]}.j2"
    if not is_there(templates / name):
        raise missing(templates, name)


def files_of(
    document: Document,
    style: str,
    stem: str,
    pictures: Mapping[str, bytes],
    templates: Path | None = None,
) -> dict[str, bytes]:
    """A document in one of :data:`STYLES`, and the files that lie beside it, by name.

    Args:
        document: what is told.
        style: the format.
        stem: name of the file, without ending.
        pictures: those of the document by name, each with the ending that :data:`ENDINGS` says.
        templates: folder of a user's own frames.

    Raises:
        ConfigError: a template is missing or wrong.
        OutputError: there is no PDF; the message says what it needs.
    """
    name = f"{stem}.{STYLES[style]}"
    if style not in ENDINGS:
        return {name: write(document, style).encode()}
    beside = {f"{each}.{ENDINGS[style]}": content for each, content in pictures.items()}
    page = Page(pictures=dict(zip(pictures, beside, strict=True)))
    match style:
        case "markdown":
            from edgesym.render.markdown import markdown_document

            return {name: markdown_document(document, page, templates).encode(), **beside}
        case "html":
            from edgesym.render.html import html_document
            from edgesym.render.pictures import data_url

            page = Page(pictures={key: data_url(made, "svg") for key, made in pictures.items()})
            return {name: html_document(document, page, templates).encode()}
    from edgesym.render.bibtex import bibtex
    from edgesym.render.latex import latex_document

    text = latex_document(document, page, templates)
    bib = {f"{stem}.bib": bibtex(document.sources).encode()}
    if style == "latex":
        return {name: text.encode(), **beside, **bib}
    from edgesym.render.pdf import compile_pdf

    return {name: compile_pdf(text, beside), **bib}
