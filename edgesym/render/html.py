"""A document as an HTML fragment: text escaped, formulas in MathML, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from edgesym.document.nodes import (
    Block,
    Cell,
    Code,
    Diagram,
    Document,
    Facts,
    Formula,
    Items,
    Mark,
    Math,
    Notation,
    Row,
    Section,
    Span,
    Table,
    Text,
)
from edgesym.render.formulas import shortened
from edgesym.render.page import Page
from edgesym.render.words import amount_text, clean, plain_text, signs, spans_of

__all__ = ["html_document", "write_html"]


def write_html(document: Document, _: Page) -> str:
    """The document as an ``article``; the class of a span says its tone."""
    title = [f"<h1>{_line(document.title)}</h1>"] if document.title else []
    parts = [*title, *_blocks(document.blocks, 2)]
    body = "\n".join(parts)
    return f'<article class="edgesym">\n{body}\n</article>\n'


def html_document(document: Document) -> str:
    """The document as a page of its own."""
    from edgesym.render.frame import framed

    title = escape(plain_text(document.title))
    return framed("document.html.j2", title=title, body=write_html(document, Page()))


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
    return _text(amount_text(span))


def _blocks(blocks: tuple[Block, ...], level: int) -> Iterator[str]:
    for block in blocks:
        yield from _block(block, level)


def _block(block: Block, level: int) -> Iterator[str]:
    match block:
        case Section(title, inside):
            yield "<section>"
            if title:
                head = f"h{min(level, 6)}"
                yield f"<{head}>{_line(title)}</{head}>"
            yield from _blocks(inside, level + bool(title))
            yield "</section>"
        case Text(cell, note):
            yield f'<p class="note">{_line(cell)}</p>' if note else f"<p>{_line(cell)}</p>"
        case Facts(rows):
            facts = (f"<dt>{_text(label)}</dt><dd>{_line(cell)}</dd>" for label, cell in rows)
            yield f"<dl>{''.join(facts)}</dl>"
        case Items(cells, numbered):
            kind = "ol" if numbered else "ul"
            yield f"<{kind}>{''.join(f'<li>{_line(c)}</li>' for c in cells)}</{kind}>"
        case Formula():
            yield _formula(shortened(block))
        case Table():
            yield from _table(block)
        case Diagram(graph):
            from edgesym.render.diagram import svg

            yield svg(graph)


def _formula(formula: Formula) -> str:
    unit = f" [{escape(formula.unit)}]" if formula.unit else ""
    left = _line(formula.left) + unit
    sides = " = ".join(filter(None, [left, *map(_line, formula.sides)]))
    named = "".join(map(_formula, formula.where))
    pairs = ", ".join(f"{_line(Math(a))} = {_line(Math(b))}" for a, b in formula.branch)
    where = f"<p>where {pairs}</p>" if pairs else ""
    start = "" if left else "= "
    return f'<div class="formula"><p>{start}{sides}</p>{named}{where}</div>'


def _table(table: Table) -> Iterator[str]:
    heads = "".join(f'<th class="{c.kind}">{_line(c.title)}</th>' for c in table.columns)
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    for row in table.rows:
        yield _row(table, row)
        if row.below:
            said = "".join(text for block in row.below for text in _block(block, 6))
            yield f'<tr><td class="below" colspan="{len(table.columns)}">{said}</td></tr>'
    yield "</tbody></table>"


def _row(table: Table, row: Row) -> str:
    cells = (
        f'<td class="{column.kind}">{_line(cell)}</td>'
        for cell, column in zip(row.cells, table.columns, strict=True)
    )
    start = '<tr class="total">' if row.total else "<tr>"
    return f"{start}{''.join(cells)}</tr>"
