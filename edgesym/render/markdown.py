"""A document as Markdown: formulas between dollars, graphs as Mermaid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

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
from edgesym.plain import clean
from edgesym.render.contents import contents
from edgesym.render.formulas import shortened, symbolic
from edgesym.render.latex_text import branch_latex, formula_latex
from edgesym.render.markup import Latex, Markdown
from edgesym.render.page import Page
from edgesym.render.words import amount_text, imprint_rows, plain_text, signs, spans_of

__all__ = ["markdown_document", "write_markdown"]

#: What begins a block where it begins what is said in a list.
_BLOCK = re.compile(r"(?:[-+]|#+|\d+[.)])(?: |$)|[-+= ]+$|\s")
#: What may begin a block where it begins a paragraph.
_STARTS = re.compile(r"(\d*)([-+=#>]|(?<=\d)[.)](?= |$))")
#: What formulas are written with in TeX alone, where Markdown sees HTML and links.
_IN_FORMULA = str.maketrans({"<": r"\lt ", ">": r"\gt "})
_IN_NAME = str.maketrans({"[": r"\lbrack{}", "]": r"\rbrack{}", "`": "'"})

_BAR = re.compile(r"(?<!\\)\|")
#: What no address has that is its own link.
_NO_LINK = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_LINES, _BLOCKS = Markdown("\n"), Markdown("\n\n")


def write_markdown(document: Document, page: Page) -> str:
    """The document as Markdown; of an answer without an imprint no frame is needed."""
    if document.imprint is not None:
        return markdown_document(document, page)
    writer = _Writer(page)
    title = writer.line(document.title)
    body = _BLOCKS.join(writer.blocks(document.blocks, 2))
    return Markdown("# %s\n\n%s\n") % (title, body) if title else Markdown("%s\n") % body


def markdown_document(
    document: Document, page: Page | None = None, templates: Path | None = None
) -> str:
    """The document in its frame; one that stands alone says what made it, and has contents.

    Raises:
        ConfigError: a template of a user's own is missing or wrong.
    """
    from edgesym.render.frame import framed

    writer = _Writer(page or Page())
    imprint, listed = Markdown(""), Markdown("")
    if document.imprint is not None:
        rows = imprint_rows(document.imprint)
        imprint = _LINES.join(
            Markdown("- %s: %s") % (label, writer.line(cell)) for label, cell in rows
        )
        listed = _LINES.join(
            Markdown("%s- [%s](#%s)")
            % ("  " * (one.level - 1), writer.line(one.title), _address(one.anchor))
            for one in contents(document)
            if one.is_listed
        )
    parts = {
        "heading": writer.line(document.title),
        "date": document.imprint.date if document.imprint else "",
        "imprint": imprint,
        "contents": listed,
        "body": _BLOCKS.join(writer.blocks(document.blocks, 2)),
    }
    return framed("document.md.j2", parts, templates)


class _Writer:
    """Turns blocks into paragraphs."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.figures = 0

    def line(self, cell: Cell) -> Markdown:
        """A cell in a line of text."""
        return Markdown("").join(map(self._span, spans_of(cell)))

    def _text(self, text: str) -> Markdown:
        return Markdown.escape(signs(text, unicode=self.page.unicode))

    def _span(self, span: Span) -> Markdown:
        match span:
            case str():
                return self._text(span)
            case Math() | Notation():
                return Markdown("$%s$") % _math(span)
            case Code(text):
                return _code(text)
            case Cite(number, key):
                return Markdown(r"[\[%d\]](#%s)") % (number, _address(key))
            case Mark(text, tone):
                return _strong(self._text(text)) if tone == "strong" else self._text(text)
        return self._text(amount_text(span))

    def blocks(self, blocks: tuple[Block, ...], level: int) -> Iterator[Markdown]:
        """The paragraphs of blocks; headings in them are of a level."""
        for block in blocks:
            yield from filter(None, self._block(block, level))

    def _block(self, block: Block, level: int) -> Iterator[Markdown]:
        match block:
            case Section(title, inside):
                if title:
                    sign = Markdown("#" * min(level, 6))  # noqa: S704 - signs alone
                    yield Markdown("%s %s") % (sign, self.line(title))
                yield from self.blocks(inside, level + bool(title))
            case Text(cell, _):
                yield _paragraph(self.line(cell))
            case Facts(rows):
                facts = (_row([self._text(label), self.line(cell)]) for label, cell in rows)
                yield _LINES.join([Markdown("| | |"), Markdown("|-|-|"), *facts])
            case Items(cells, numbered):
                marks = (f"{i}." if numbered else "-" for i in range(1, len(cells) + 1))
                yield _LINES.join(
                    Markdown("%s %s") % (mark, _item(self.line(cell)))
                    for mark, cell in zip(marks, cells, strict=True)
                )
            case Formula():
                yield from self.formula(shortened(block))
            case Table():
                yield from self._table(block)
            case Diagram(graph):
                from edgesym.render.diagram import mermaid

                yield _fenced("mermaid", mermaid(graph))
            case Picture(name, caption, _):
                if where := self.page.pictures.get(name):
                    self.figures += 1
                    said = self.line(caption)
                    yield Markdown("![%s](%s)") % (said, _address(where))
                    yield Markdown("*Figure %d. %s*") % (self.figures, said)
            case Bibliography(sources):
                from edgesym.render.bibtex import bibtex

                yield _LINES.join(map(self._source, sources))
                held = _fenced("bibtex", bibtex(sources).rstrip("\n"))
                yield Markdown("<details><summary>BibTeX</summary>\n\n%s") % held
                yield Markdown("</details>")

    def _source(self, source: Source) -> Markdown:
        """A source with its address as a link, and what it is used for."""
        pieces = (_link(text) if is_url else self._text(text) for text, is_url in source.pieces())
        told = Markdown("").join(pieces)
        if source.url and source.url not in source.text:
            told += Markdown(" %s") % _link(source.url)
        if source.uses:
            told += Markdown(" (%s)") % self._text(", ".join(source.uses))
        made = Markdown('%d. <a id="%s"></a>%s')
        return made % (source.number, _address(source.key), told)

    def formula(self, formula: Formula) -> Iterator[Markdown]:
        """An equation on lines of its own; numbers and what letters stand for follow."""
        left, start = formula.left, Latex("")
        if isinstance(left, str):
            unit = Markdown(" [%s]") % self._text(formula.unit) if formula.unit else ""
            if left:
                yield Markdown("%s%s") % (_strong(self._text(left)), unit)
        else:
            start = Latex("%s = ") % _latex(left)
        if sides := symbolic(formula):
            equal = start + Latex(" = ").join(map(_latex, sides))
            yield Markdown("$$\n%s\n$$") % _in_markdown(equal)
        for side in formula.sides:
            if isinstance(side, Amount):
                yield Markdown("= %s") % _strong(self.line(side))
            elif not isinstance(side, Math | Notation):
                yield Markdown("= %s") % self.line(side)
        for named in formula.where:
            yield from self.formula(named)
        if formula.branch:
            yield Markdown("where %s.") % _branches(formula)

    def _inline(self, formula: Formula) -> Markdown:
        """An equation in a line of text."""
        sides = symbolic(formula)
        equal = Latex(" = ").join(map(_latex, [formula.left, *sides] if formula.left else sides))
        numbers = Markdown("").join(
            Markdown(" = %s") % self.line(s) for s in formula.sides if isinstance(s, Amount)
        )
        first = Markdown("$%s$%s") % (_in_markdown(equal), numbers)
        parts = Markdown(", ").join((first, *(self._inline(named) for named in formula.where)))
        return parts + Markdown(", where %s") % _branches(formula) if formula.branch else parts

    def _table(self, table: Table) -> Iterator[Markdown]:
        rule = [Markdown("-:") if c.kind == "number" else Markdown("-") for c in table.columns]
        rows = [[self.line(cell) for cell in row.cells] for row in table.rows]
        head = [self.line(column.title) for column in table.columns]
        line = Markdown("|%s|") % Markdown("|").join(rule)
        yield _LINES.join([_row(head), line, *map(_row, rows)])
        first = [row.cells[0] for row in table.rows]
        naming = 1 if len(set(first)) == len(first) else 2
        yield _LINES.join(self._below(row, naming) for row in table.rows if row.below)

    def _below(self, row: Row, naming: int) -> Markdown:
        """What is said of a row, behind the first cells, which name it."""
        names = [self.line(cell).strip() for cell in row.cells[:naming]]
        said = [
            self._inline(shortened(block)) if isinstance(block, Formula) else self.line(block.cell)
            for block in row.below
        ]
        named = Markdown(", ").join(filter(None, names))
        return Markdown("- %s: %s") % (_item(named), Markdown("; ").join(said))


def _strong(words: Markdown) -> Markdown:
    """Words in bold; stars beside a blank would be stars."""
    return Markdown("**%s**") % words.strip() if words.strip() else words


def _paragraph(line: Markdown) -> Markdown:
    r"""What begins a paragraph, and is no list, no heading and no code, whatever it begins with.

    >>> print(_paragraph(Markdown("# 1. word")), _paragraph(Markdown("1. word")))
    \# 1. word 1\. word
    """
    text = line.lstrip()
    begins = _STARTS.match(text)
    if begins is None:
        return text
    return Markdown(f"{begins[1]}\\{text[begins.start(2) :]}")  # noqa: S704 - of Markdown


def _item(line: Markdown) -> Markdown:
    """What is said in a list, and begins no other block there."""
    return _paragraph(line) if _BLOCK.match(line) else line


def _code(text: str) -> Markdown:
    """Text to be taken literally, in which nothing is escaped and nothing ends it."""
    return Markdown("`%s`") % Markdown(clean(text).replace("`", "'"))  # noqa: S704 - as said


def _fenced(language: str, text: str) -> Markdown:
    """Lines to be taken literally, behind a fence that is longer than any in them."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = Markdown("`" * max(3, longest + 1))  # noqa: S704 - signs alone
    return Markdown("%s%s\n%s\n%s") % (fence, language, Markdown(text), fence)  # noqa: S704 - as said


def _address(where: str) -> Markdown:
    """An address in round brackets: of a heading, of a file beside the document."""
    return Markdown(quote(where, safe="/:?#@!$&'*+,;=%~"))  # noqa: S704 - neither space nor bracket


def _link(address: str) -> Markdown:
    """An address that is its own link."""
    return Markdown("<%s>") % Markdown(_NO_LINK.sub("", address))  # noqa: S704 - as said there


def _latex(span: Span) -> Latex:
    """What stands in a formula of a symbol, an expression, a notation or a name."""
    match span:
        case Math(expression):
            return formula_latex(expression)
        case Notation(_, formula):
            return Latex(formula)  # noqa: S704 - what a notation is
    name = Latex.escape(plain_text(span)).translate(_IN_NAME)
    return Latex(r"\text{%s}") % Latex(name)  # noqa: S704 - of escaped text


def _math(span: Span) -> Markdown:
    return _in_markdown(_latex(span))


def _in_markdown(formula: Latex) -> Markdown:
    r"""A formula between dollars, where Markdown without mathematics still sees no HTML.

    >>> print(_in_markdown(Latex("a<b")))
    a\lt b
    """
    return Markdown(formula.translate(_IN_FORMULA))  # noqa: S704 - a formula


def _branches(formula: Formula) -> Markdown:
    return _in_markdown(branch_latex(formula))


def _row(cells: list[Markdown]) -> Markdown:
    """A row of cells; a bar in one, of code or a formula, ends no cell."""
    escaped = (Markdown(_BAR.sub(r"\\|", cell)) for cell in cells)  # noqa: S704 - of Markdown
    return Markdown("| %s |") % Markdown(" | ").join(escaped)
