"""A document as an HTML fragment: text escaped, formulas in MathML, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
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
from edgesym.plain import clean
from edgesym.render.contents import Heading, contents
from edgesym.render.formulas import shortened
from edgesym.render.markup import Html
from edgesym.render.page import Page
from edgesym.render.words import (
    amount_text,
    imprint_rows,
    plain_text,
    signs,
    spans_of,
)

__all__ = ["html_document", "write_html"]


_LINES, _NOTHING = Html("\n"), Html("")


def write_html(document: Document, page: Page) -> str:
    """The document as an ``article``; the class of a span says its tone."""
    title = [Html("<h1>%s</h1>") % _line(document.title)] if document.title else []
    body = _LINES.join([*title, *_Writer(document, page).blocks(document.blocks, 2)])
    return Html('<article class="edgesym">\n%s\n</article>\n') % body


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
    parts = {
        "title": plain_text(document.title),
        "heading": _line(document.title),
        "date": document.imprint.date if document.imprint else "",
        "imprint": _facts(rows) if rows else "",
        "contents": _contents(contents(document)) if document.imprint is not None else "",
        "body": _LINES.join(_Writer(document, page).blocks(document.blocks, 2)),
    }
    return framed("document.html.j2", parts, templates)


def _contents(headings: list[Heading]) -> Html:
    """Links to headings."""
    items = (
        Html('<li class="level-%d"><a href="#%s">%s</a></li>')
        % (one.level, one.anchor, _line(one.title))
        for one in headings
        if one.is_listed
    )
    return Html("<ul>\n%s\n</ul>") % _LINES.join(items)


def _text(text: str) -> Html:
    return Html.escape(signs(clean(text), unicode=True))


def _line(cell: Cell) -> Html:
    return _NOTHING.join(map(_span, spans_of(cell)))


def _span(span: Span) -> Html:
    match span:
        case str():
            return _text(span)
        case Math(expression):
            from edgesym.render.mathml import mathml

            return mathml(expression)
        case Notation(text, _):
            return Html("<var>%s</var>") % text
        case Code(text):
            return Html("<code>%s</code>") % text
        case Mark(text, tone):
            return Html('<span class="%s">%s</span>') % (tone, _text(text))
        case Cite(number, key):
            return Html('<a class="cite" href="#%s">[%d]</a>') % (key, number)
    return _text(amount_text(span))


class _Writer:
    """Turns blocks into elements; those of a document that stands alone can be linked to."""

    def __init__(self, document: Document, page: Page) -> None:
        self.page = page
        alone = document.imprint is not None
        self.anchors = iter([one.anchor for one in contents(document)] if alone else ())
        self.figures = 0

    def blocks(self, blocks: tuple[Block, ...], level: int) -> Iterator[Html]:
        """The elements of blocks; headings in them are of a level."""
        for block in blocks:
            yield from self._block(block, level)

    def _block(self, block: Block, level: int) -> Iterator[Html]:
        match block:
            case Section(title, inside):
                yield Html("<section>")
                if title:
                    head, anchor = f"h{min(level, 6)}", next(self.anchors, "")
                    name = Html(' id="%s"') % anchor if anchor else ""
                    yield Html("<%s%s>%s</%s>") % (head, name, _line(title), head)
                yield from self.blocks(inside, level + bool(title))
                yield Html("</section>")
            case Text(cell, note):
                made = Html('<p class="note">%s</p>') if note else Html("<p>%s</p>")
                yield made % _line(cell)
            case Facts(rows):
                yield _facts(rows)
            case Items(cells, numbered):
                kind = "ol" if numbered else "ul"
                items = _NOTHING.join(Html("<li>%s</li>") % _line(cell) for cell in cells)
                yield Html("<%s>%s</%s>") % (kind, items, kind)
            case Formula():
                yield _formula(shortened(block))
            case Table():
                yield from self._table(block)
            case Diagram(graph):
                from edgesym.render.diagram import svg

                yield Html('<figure class="diagram">%s</figure>') % svg(graph)
            case Picture(name, caption, _):
                yield from self._picture(name, caption)
            case Bibliography(sources):
                yield from _bibliography(sources)

    def _picture(self, name: str, caption: Cell) -> Iterator[Html]:
        where = self.page.pictures.get(name)
        if where:
            self.figures += 1
            made = Html(
                '<figure><img src="%s" alt="%s"><figcaption>Figure %d. %s</figcaption></figure>'
            )
            yield made % (where, plain_text(caption), self.figures, _line(caption))

    def _table(self, table: Table) -> Iterator[Html]:
        heads = _NOTHING.join(
            Html('<th class="%s">%s</th>') % (column.kind, _line(column.title))
            for column in table.columns
        )
        yield Html('<div class="table"><table><thead><tr>%s</tr></thead><tbody>') % heads
        for row in table.rows:
            yield _row(table, row)
            if row.below:
                said = _NOTHING.join(text for block in row.below for text in self._block(block, 6))
                below = Html('<tr><td class="below" colspan="%d">%s</td></tr>')
                yield below % (len(table.columns), said)
        yield Html("</tbody></table></div>")


def _facts(rows: tuple[tuple[str, Cell], ...]) -> Html:
    facts = (Html("<dt>%s</dt><dd>%s</dd>") % (_text(label), _line(cell)) for label, cell in rows)
    return Html("<dl>%s</dl>") % _NOTHING.join(facts)


def _bibliography(sources: tuple[Source, ...]) -> Iterator[Html]:
    """Sources by number, and below them the same as BibTeX."""
    from edgesym.render.bibtex import bibtex

    items = (Html('<li id="%s">%s</li>') % (one.key, _source(one)) for one in sources)
    yield Html('<ol class="sources">\n%s\n</ol>') % _LINES.join(items)
    entries = _LINES.join(str(bibtex(sources)).split("\n"))
    yield Html("<details><summary>BibTeX</summary><pre>%s</pre></details>") % entries


def _source(source: Source) -> Html:
    """A source with its addresses as links, and what it is used for."""
    pieces = [_link(text, text) if is_url else _text(text) for text, is_url in source.pieces()]
    told = _NOTHING.join(pieces)
    if source.url and source.url not in source.text:
        told = _link(source.url, source.text)
    if source.uses:
        told += Html('<br><span class="note">%s</span>') % _text(", ".join(source.uses))
    return told


def _link(url: str, text: str) -> Html:
    """A link, of the schemes that :class:`~edgesym.document.source.Source` finds alone."""
    return Html('<a href="%s" rel="noreferrer">%s</a>') % (url, _text(text))


def _formula(formula: Formula) -> Html:
    unit = Html(" [%s]") % formula.unit if formula.unit else ""
    left = Html("%s%s") % (_line(formula.left), unit)
    sides = Html(" = ").join(filter(None, [left, *map(_line, formula.sides)]))
    named = _NOTHING.join(map(_formula, formula.where))
    pairs = Html(", ").join(
        Html("%s = %s") % (_line(Math(node)), _line(Math(taken))) for node, taken in formula.branch
    )
    where = Html("<p>where %s</p>") % pairs if pairs else ""
    start = "" if left else "= "
    made = Html('<div class="formula"><p>%s%s</p>%s%s</div>')
    return made % (start, sides, named, where)


def _row(table: Table, row: Row) -> Html:
    cells = _NOTHING.join(
        Html('<td class="%s">%s</td>') % (column.kind, _line(cell))
        for cell, column in zip(row.cells, table.columns, strict=True)
    )
    return (Html('<tr class="total">%s</tr>') if row.total else Html("<tr>%s</tr>")) % cells
