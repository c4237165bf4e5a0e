"""A document as Markdown: formulas between dollars, graphs as Mermaid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from edgesym.document.nodes import (
    Amount,
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
from edgesym.render.contents import contents
from edgesym.render.formulas import shortened, symbolic
from edgesym.render.latex_text import branch_latex
from edgesym.render.page import Page
from edgesym.render.words import amount_text, imprint_rows, signs, spans_of

__all__ = ["escape_markdown", "markdown_document", "write_markdown"]

#: What begins a block where it begins a paragraph.
_STARTS = re.compile(r"(\d*)([-+=~#>]|(?<=\d)[.)](?= ))")

_BAR = re.compile(r"(?<!\\)\|")


def escape_markdown(text: str) -> str:
    r"""Text as Markdown prints it.

    >>> escape_markdown("a|b <c> $x$")
    'a\\|b &lt;c&gt; \\$x\\$'
    """
    flat = " ".join(clean(text).split(" ")).replace("&", "&amp;")
    flat = flat.replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*|\[\]$])", r"\\\1", flat)


def write_markdown(document: Document, page: Page) -> str:
    """The document as Markdown; of an answer without an imprint no frame is needed."""
    if document.imprint is not None:
        return markdown_document(document, page)
    writer = _Writer(page)
    title = writer.line(document.title)
    body = "\n\n".join(writer.blocks(document.blocks, 2))
    return f"# {title}\n\n{body}\n" if title else f"{body}\n"


def markdown_document(
    document: Document, page: Page | None = None, templates: Path | None = None
) -> str:
    """The document in its frame; one that stands alone says what made it, and has contents.

    Raises:
        ConfigError: a template of a user's own is missing or wrong.
    """
    from edgesym.render.frame import framed

    writer = _Writer(page or Page())
    imprint, listed = "", ""
    if document.imprint is not None:
        rows = imprint_rows(document.imprint)
        imprint = "\n".join(f"- {label}: {writer.line(cell)}" for label, cell in rows)
        listed = "\n".join(
            f"{'  ' * (one.level - 1)}- [{writer.line(one.title)}](#{one.anchor})"
            for one in contents(document)
            if one.is_listed
        )
    parts = {
        "heading": writer.line(document.title),
        "date": writer.line(document.imprint.date) if document.imprint else "",
        "imprint": imprint,
        "contents": listed,
        "body": "\n\n".join(writer.blocks(document.blocks, 2)),
    }
    return framed("document.md.j2", parts, templates)


class _Writer:
    """Turns blocks into paragraphs."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.figures = 0

    def line(self, cell: Cell) -> str:
        """A cell in a line of text."""
        return "".join(map(self._span, spans_of(cell)))

    def _text(self, text: str) -> str:
        return signs(escape_markdown(text), unicode=self.page.unicode)

    def _span(self, span: Span) -> str:
        match span:
            case str():
                return self._text(span)
            case Math(expression):
                from edgesym.document.latex import latex

                return f"${latex(expression)}$"
            case Notation(_, formula):
                return f"${formula}$"
            case Code(text):
                return f"`{clean(text).replace('`', chr(39))}`"
            case Cite(number, key):
                return f"[\\[{number}\\]](#{key})"
            case Mark(text, tone):
                return f"**{self._text(text)}**" if tone == "strong" else self._text(text)
        return self._text(amount_text(span))

    def blocks(self, blocks: tuple[Block, ...], level: int) -> Iterator[str]:
        """The paragraphs of blocks; headings in them are of a level."""
        for block in blocks:
            yield from filter(None, self._block(block, level))

    def _block(self, block: Block, level: int) -> Iterator[str]:
        match block:
            case Section(title, inside):
                if title:
                    yield f"{'#' * min(level, 6)} {self.line(title)}"
                yield from self.blocks(inside, level + bool(title))
            case Text(cell, _):
                yield _paragraph(self.line(cell))
            case Facts(rows):
                yield "\n".join(
                    [
                        "| | |",
                        "|-|-|",
                        *(f"| {self._text(label)} | {self.line(cell)} |" for label, cell in rows),
                    ]
                )
            case Items(cells, numbered):
                marks = (f"{i}." if numbered else "-" for i in range(1, len(cells) + 1))
                yield "\n".join(
                    f"{mark} {self.line(cell)}" for mark, cell in zip(marks, cells, strict=True)
                )
            case Formula():
                yield from self.formula(shortened(block))
            case Table():
                yield from self._table(block)
            case Diagram(graph):
                from edgesym.render.diagram import mermaid

                yield f"```mermaid\n{mermaid(graph)}\n```"
            case Picture(name, caption, _):
                if where := self.page.pictures.get(name):
                    self.figures += 1
                    said = self.line(caption)
                    yield f"![{said}]({where})"
                    yield f"*Figure {self.figures}. {said}*"
            case Bibliography(sources):
                from edgesym.render.bibtex import bibtex

                yield "\n".join(map(self._source, sources))
                yield f"<details><summary>BibTeX</summary>\n\n```bibtex\n{bibtex(sources)}```"
                yield "</details>"

    def _source(self, source: Source) -> str:
        """A source with its address as a link, and what it is used for."""
        pieces = (f"<{t}>" if is_url else self._text(t) for t, is_url in source.pieces())
        told = "".join(pieces)
        if source.url and source.url not in source.text:
            told += f" <{source.url}>"
        uses = f" ({self._text(', '.join(source.uses))})" if source.uses else ""
        return f'{source.number}. <a id="{source.key}"></a>{told}{uses}'

    def formula(self, formula: Formula) -> Iterator[str]:
        """An equation on lines of its own; numbers and what letters stand for follow."""
        left, start = formula.left, ""
        if isinstance(left, str):
            unit = f" [{formula.unit}]" if formula.unit else ""
            if left:
                yield f"**{self._text(left)}**{unit}"
        else:
            start = f"{_math(left)} = "
        if sides := symbolic(formula):
            yield f"$$\n{start}{' = '.join(map(_math, sides))}\n$$"
        for side in formula.sides:
            if isinstance(side, Amount):
                yield f"= **{self.line(side)}**"
            elif not isinstance(side, Math | Notation):
                yield f"= {self.line(side)}"
        for named in formula.where:
            yield from self.formula(named)
        if formula.branch:
            yield f"where {branch_latex(formula)}."

    def _inline(self, formula: Formula) -> str:
        """An equation in a line of text."""
        sides = symbolic(formula)
        equal = " = ".join(map(_math, [formula.left, *sides] if formula.left else sides))
        numbers = "".join(f" = {self.line(s)}" for s in formula.sides if isinstance(s, Amount))
        parts = [f"${equal}${numbers}", *(self._inline(named) for named in formula.where)]
        return ", ".join(parts) + (f", where {branch_latex(formula)}" if formula.branch else "")

    def _table(self, table: Table) -> Iterator[str]:
        rule = ["-:" if column.kind == "number" else "-" for column in table.columns]
        rows = [[self.line(cell) for cell in row.cells] for row in table.rows]
        head = [self.line(column.title) for column in table.columns]
        lines = [_row(head), f"|{'|'.join(rule)}|", *map(_row, rows)]
        yield "\n".join(lines)
        first = [row.cells[0] for row in table.rows]
        naming = 1 if len(set(first)) == len(first) else 2
        yield "\n".join(self._below(row, naming) for row in table.rows if row.below)

    def _below(self, row: Row, naming: int) -> str:
        """What is said of a row, behind the first cells, which name it."""
        names = [self.line(cell).strip() for cell in row.cells[:naming]]
        said = [
            self._inline(shortened(block)) if isinstance(block, Formula) else self.line(block.cell)
            for block in row.below
        ]
        return f"- {', '.join(filter(None, names))}: {'; '.join(said)}"


def _paragraph(text: str) -> str:
    r"""A paragraph that is no list and no heading, whatever it begins with.

    >>> _paragraph("# 1. word"), _paragraph("1. word"), _paragraph("a-b")
    ('\\# 1. word', '1\\. word', 'a-b')
    """
    begins = _STARTS.match(text)
    return f"{begins[1]}\\{text[begins.start(2) :]}" if begins else text


def _math(span: Span) -> str:
    """What stands between dollars of a symbol, an expression or a notation."""
    match span:
        case Math(expression):
            from edgesym.document.latex import latex

            return latex(expression)
        case Notation(_, formula):
            return formula
    return rf"\text{{{str(span).replace('_', chr(92) + '_')}}}"


def _row(cells: list[str]) -> str:
    """A row of cells; a bar in one, of code or a formula, ends no cell."""
    return f"| {' | '.join(_BAR.sub(chr(92) + '|', cell) for cell in cells)} |"
