"""A document as an HTML fragment: text escaped, formulas in MathML, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from edgesym.document.nodes import (
    Bibliography,
    Block,
    Cell,
    Cite,
    Code,
    Diagram,
    Document,
    Facts,
    Formula,
    Items,
    Mark,
    Math,
    Notation,
    Picture,
    Row,
    Section,
    Span,
    Table,
    Text,
)
from edgesym.document.source import Source
from edgesym.line import clean
from edgesym.render.contents import Heading, contents
from edgesym.render.formulas import shortened
from edgesym.render.page import Page
from edgesym.render.words import (
    amount_text,
    imprint_rows,
    plain_text,
    signs,
    spans_of,
)

__all__ = ["html_document", "write_html"]


def write_html(document: Document, page: Page) -> str:
    """The document as an ``article``; the class of a span says its tone."""
    title = [f"<h1>{_line(document.title)}</h1>"] if document.title else []
    parts = [*title, *_Writer(document, page).blocks(document.blocks, 2)]
    body = "\n".join(parts)
    return f'<article class="edgesym">\n{body}\n</article>\n'


def html_document(
    document: Document, page: Page | None = None, templates: Path | None = None
) -> str:
    """The document as a page of its own, which needs nothing else.

    Raises:
        ConfigError: a template of a user's own is missing or wrong.
    """
    from edgesym.render.frame import framed

    page = page or Page()
    rows = imprint_rows(document.imprint) if document.imprint is not None else ()
    imprint = _facts(rows) if rows else ""
    parts = {
        "title": escape(plain_text(document.title)),
        "heading": _line(document.title),
        "date": escape(document.imprint.date) if document.imprint else "",
        "imprint": imprint,
        "contents": _contents(contents(document)) if document.imprint is not None else "",
        "body": "\n".join(_Writer(document, page).blocks(document.blocks, 2)),
    }
    return framed("document.html.j2", parts, templates)


def _contents(headings: list[Heading]) -> str:
    """Links to headings."""
    items = (
        f'<li class="level-{one.level}"><a href="#{escape(one.anchor)}">{_line(one.title)}</a></li>'
        for one in headings
        if one.is_listed
    )
    return "<ul>\n{}\n</ul>".format("\n".join(items))


def _text(text: str) -> str:
    return escape(signs(clean(text), unicode=True))


def _line(cell: Cell) -> str:
    return "".join(map(_span, spans_of(cell)))


def _span(span: Span) -> str:
    match span:
        case str():
            return _text(span)
        case Math(expression):
            from edgesym.render.mathml import mathml

            return mathml(expression)
        case Notation(text, _):
            return f"<var>{escape(clean(text))}</var>"
        case Code(text):
            return f"<code>{escape(clean(text))}</code>"
        case Mark(text, tone):
            return f'<span class="{tone}">{_text(text)}</span>'
        case Cite(number, key):
            return f'<a class="cite" href="#{escape(key)}">[{number}]</a>'
    return _text(amount_text(span))


class _Writer:
    """Turns blocks into elements; those of a document that stands alone can be linked to."""

    def __init__(self, document: Document, page: Page) -> None:
        self.page = page
        alone = document.imprint is not None
        self.anchors = iter([one.anchor for one in contents(document)] if alone else ())
        self.figures = 0

    def blocks(self, blocks: tuple[Block, ...], level: int) -> Iterator[str]:
        """The elements of blocks; headings in them are of a level."""
        for block in blocks:
            yield from self._block(block, level)

    def _block(self, block: Block, level: int) -> Iterator[str]:
        match block:
            case Section(title, inside):
                yield "<section>"
                if title:
                    head, anchor = f"h{min(level, 6)}", next(self.anchors, "")
                    name = f' id="{escape(anchor)}"' if anchor else ""
                    yield f"<{head}{name}>{_line(title)}</{head}>"
                yield from self.blocks(inside, level + bool(title))
                yield "</section>"
            case Text(cell, note):
                yield f'<p class="note">{_line(cell)}</p>' if note else f"<p>{_line(cell)}</p>"
            case Facts(rows):
                yield _facts(rows)
            case Items(cells, numbered):
                kind = "ol" if numbered else "ul"
                yield f"<{kind}>{''.join(f'<li>{_line(c)}</li>' for c in cells)}</{kind}>"
            case Formula():
                yield _formula(shortened(block))
            case Table():
                yield from self._table(block)
            case Diagram(graph):
                from edgesym.render.diagram import svg

                yield f'<figure class="diagram">{svg(graph)}</figure>'
            case Picture(name, caption, _):
                yield from self._picture(name, caption)
            case Bibliography(sources):
                yield from _bibliography(sources)

    def _picture(self, name: str, caption: Cell) -> Iterator[str]:
        where = self.page.pictures.get(name)
        if where:
            self.figures += 1
            alt = escape(clean(plain_text(caption)))
            said = f"Figure {self.figures}. {_line(caption)}"
            yield (
                f'<figure><img src="{escape(where)}" alt="{alt}">'
                f"<figcaption>{said}</figcaption></figure>"
            )

    def _table(self, table: Table) -> Iterator[str]:
        heads = "".join(f'<th class="{c.kind}">{_line(c.title)}</th>' for c in table.columns)
        yield f'<div class="table"><table><thead><tr>{heads}</tr></thead><tbody>'
        for row in table.rows:
            yield _row(table, row)
            if row.below:
                said = "".join(text for block in row.below for text in self._block(block, 6))
                yield f'<tr><td class="below" colspan="{len(table.columns)}">{said}</td></tr>'
        yield "</tbody></table></div>"


def _facts(rows: tuple[tuple[str, Cell], ...]) -> str:
    facts = (f"<dt>{_text(label)}</dt><dd>{_line(cell)}</dd>" for label, cell in rows)
    return f"<dl>{''.join(facts)}</dl>"


def _bibliography(sources: tuple[Source, ...]) -> Iterator[str]:
    """Sources by number, and below them the same as BibTeX."""
    from edgesym.render.bibtex import bibtex

    items = "\n".join(f'<li id="{escape(one.key)}">{_source(one)}</li>' for one in sources)
    yield f'<ol class="sources">\n{items}\n</ol>'
    entries = escape(bibtex(sources))
    yield f"<details><summary>BibTeX</summary><pre>{entries}</pre></details>"


def _source(source: Source) -> str:
    """A source with its addresses as links, and what it is used for."""
    pieces = [_link(text, text) if is_url else _text(text) for text, is_url in source.pieces()]
    told = "".join(pieces)
    if source.url and source.url not in source.text:
        told = _link(source.url, source.text)
    uses = f'<br><span class="note">{_text(", ".join(source.uses))}</span>' if source.uses else ""
    return told + uses


def _link(url: str, text: str) -> str:
    return f'<a href="{escape(url)}" rel="noreferrer">{_text(text)}</a>'


def _formula(formula: Formula) -> str:
    unit = f" [{escape(formula.unit)}]" if formula.unit else ""
    left = _line(formula.left) + unit
    sides = " = ".join(filter(None, [left, *map(_line, formula.sides)]))
    named = "".join(map(_formula, formula.where))
    pairs = ", ".join(f"{_line(Math(a))} = {_line(Math(b))}" for a, b in formula.branch)
    where = f"<p>where {pairs}</p>" if pairs else ""
    start = "" if left else "= "
    return f'<div class="formula"><p>{start}{sides}</p>{named}{where}</div>'


def _row(table: Table, row: Row) -> str:
    cells = (
        f'<td class="{column.kind}">{_line(cell)}</td>'
        for cell, column in zip(row.cells, table.columns, strict=True)
    )
    start = '<tr class="total">' if row.total else "<tr>"
    return f"{start}{''.join(cells)}</tr>"
