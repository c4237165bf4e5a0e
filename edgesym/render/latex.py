"""A document as LaTeX: a fragment for a paper, or a whole document that compiles.

What a user's text holds is data: every character of it is escaped (:mod:`edgesym.render.markup`).
Formulas break over lines, tables over pages, and columns are as wide as the page allows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from edgesym.document.breaking import broken, width_of
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
    Section,
    Span,
    Table,
    Text,
)
from edgesym.document.source import Source
from edgesym.errors import OutputError
from edgesym.render.formulas import shortened, symbolic
from edgesym.render.latex_table import table_latex
from edgesym.render.latex_text import (
    address_latex,
    branch_latex,
    breakable_name,
    breakable_text,
    formula_latex,
    guarded,
)
from edgesym.render.markup import Latex
from edgesym.render.page import Page
from edgesym.render.words import amount_text, plain_text, spans_of

__all__ = ["latex_document", "write_latex"]

#: Before a heading: a page with room for less than it and some lines below it ends here. A table
#: goes to the next page where its head and its first row, which may be high, do not fit.
_ROOM, _OF_TABLES = 8, 16
_HEADINGS = tuple(map(Latex, ("section", "subsection", "subsubsection*", "paragraph")))
#: What a fragment needs of the document that it is put in.
_NEEDS = Latex(r"% needs \usepackage{amsmath,array,booktabs,longtable}")
_NEEDS_NARROW = Latex(r"% needs \usepackage{amsmath,array,booktabs}")
#: Width of a line in points: A4 with margins of 20 mm.
_MEASURE = 170 / 25.4 * 72.27
#: How far lines of a formula behind the first are set in, in points, and with what.
_SET_IN, _INDENT = 20.0, Latex(r"\qquad ")
#: What no name of a file beside a document has.
_NO_FILE = re.compile(r"[^A-Za-z0-9.-]")
_LINES, _BLOCKS, _NOTHING = Latex("\n"), Latex("\n\n"), Latex("")


_DIAGRAM = Latex(
    "\\begin{center}\n\\begin{adjustbox}{max totalheight=0.85\\textheight, max width=\\textwidth}\n"
    "\\begin{tikzpicture}\n%s\n\\end{tikzpicture}\n\\end{adjustbox}\n\\end{center}"
)
_FIGURE = Latex(
    "\\begin{figure}[H]\n\\centering\n"
    "\\includegraphics[max width=\\textwidth, max totalheight=0.8\\textheight]{%s}\n"
    "\\caption{%s}\n\\end{figure}"
)
_FACTS = Latex(
    "\\begin{longtable}{@{}>{\\raggedright\\arraybackslash}p{34mm}"
    ">{\\raggedright\\arraybackslash}p{126mm}@{}}\n\\toprule\n%s\n\\bottomrule\n\\end{longtable}"
)
_SOURCES = Latex(
    "{\\renewcommand{\\section}[2]{}\n\\begin{thebibliography}{99}\n\\raggedright\n"
    "%s\n\\end{thebibliography}}"
)


def write_latex(document: Document, page: Page) -> str:
    """The document as LaTeX to be put into another: title as a section, no preamble.

    Raises:
        OutputError: a piece of a formula is wider than the lines that the page asks for.
    """
    title = [Latex(r"\section*{%s}") % line(document.title)] if document.title else []
    writer = _Writer(page.measure)
    needs = _NEEDS_NARROW if page.measure else _NEEDS
    return _BLOCKS.join([needs, *title, *writer.blocks(document.blocks, 1)]) + _LINES


def latex_document(
    document: Document, page: Page | None = None, templates: Path | None = None
) -> str:
    """The document as LaTeX that compiles.

    Raises:
        ConfigError: a template of a user's own is missing or wrong.
    """
    from edgesym.render.frame import framed

    imprint = document.imprint
    command = breakable_text(imprint.command) if imprint and imprint.command else ""
    blocks = _shown(document.blocks, page or Page())
    parts = {
        "title": line(document.title),
        "maker": imprint.maker if imprint else "edgesym",
        "date": imprint.date if imprint else "",
        "imprint": Latex(r"Made by: \texttt{%s}") % command if command else "",
        "contents": Latex(r"\tableofcontents") if imprint else "",
        "body": _BLOCKS.join(_Writer().blocks(blocks, 0)),
    }
    return framed("document.tex.j2", parts, templates)


def _shown(blocks: tuple[Block, ...], page: Page) -> tuple[Block, ...]:
    """Blocks with the pictures that the page has, each by the name of its file."""
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Section):
            kept.append(replace(block, blocks=_shown(block.blocks, page)))
        elif not isinstance(block, Picture):
            kept.append(block)
        elif block.name in page.pictures:
            kept.append(replace(block, name=page.pictures[block.name]))
    return tuple(kept)


def line(cell: Cell, *, inline: bool = False) -> Latex:
    """A cell in a line; ``inline`` writes fractions with a slash, for tables."""
    return _NOTHING.join(_span(span, inline=inline) for span in spans_of(cell))


def _span(span: Span, *, inline: bool) -> Latex:
    match span:
        case str():
            return breakable_name(span) if inline else Latex.escape(span)
        case Math() | Notation():
            return Latex("$%s$") % _math(span, inline=inline)
        case Code(text):
            return Latex(r"\texttt{%s}") % breakable_text(text)
        case Cite(_, key):
            return Latex(r"\cite{%s}") % key
        case Mark(text, tone):
            heavy = tone in ("strong", "bad")
            return Latex(r"\textbf{%s}") % text if heavy else Latex.escape(text)
    return Latex.escape(amount_text(span))


class _Writer:
    """Turns blocks into LaTeX for lines of a width.

    Args:
        measure: points that no line may be wider than; 0 for those of a page of its own.
    """

    def __init__(self, measure: float = 0.0) -> None:
        self.asked = measure
        self.measure = measure or _MEASURE

    def blocks(self, blocks: Sequence[Block], level: int) -> Iterator[Latex]:
        """Blocks one below the other; equations that fit a line stand in one display."""
        aligned: list[Formula] = []
        for block in blocks:
            if isinstance(block, Formula) and self._aligns(block):
                aligned.append(block)
                continue
            if aligned:
                yield _aligned(aligned)
                aligned = []
            yield from self._block(block, level)
        if aligned:
            yield _aligned(aligned)

    def _block(self, block: Block, level: int) -> Iterator[Latex]:
        match block:
            case Section(title, inside):
                if title:
                    room = _OF_TABLES if _starts_with_table(inside) else _ROOM
                    head = Latex("\\Needspace*{%d\\baselineskip}\n\\%s{%s}")
                    yield head % (room, _HEADINGS[min(level, 3)], _heading(title))
                yield from self.blocks(inside, level + bool(title))
            case Text(cell, _):
                yield line(cell)
            case Facts(rows):
                yield _facts(rows)
            case Items(cells, numbered):
                kind = "enumerate" if numbered else "itemize"
                listed = _LINES.join(Latex(r"\item %s") % guarded(line(cell)) for cell in cells)
                made = Latex("\\begin{%s}\n\\raggedright\n%s\n\\end{%s}")
                yield made % (kind, listed, kind)
            case Formula():
                yield from self._formula(self._shortened(block))
            case Table():
                yield table_latex(block, _inline, line, self.asked)
            case Diagram(graph):
                from edgesym.render.diagram import tikz

                yield _DIAGRAM % tikz(graph)
            case Picture(name, caption, _):
                yield _FIGURE % (_file(name), line(caption))
            case Bibliography(sources):
                yield _bibliography(sources)

    def _shortened(self, formula: Formula) -> Formula:
        """An equation with what it repeats named, where it is longer than a few lines."""
        return shortened(formula, share=self.measure / _MEASURE)

    def _aligns(self, formula: Formula) -> bool:
        """Whether an equation fits a line with its unit and has nothing said below it."""
        plain = isinstance(formula.left, str) and len(formula.sides) == 1
        if not plain or formula.where or formula.branch or not isinstance(formula.sides[0], Math):
            return False
        equal = _equal(formula.left, formula.sides[0])
        return width_of(f"{equal} {_unit(formula.unit)}") + 2 * _SET_IN <= self.measure

    def _formula(self, formula: Formula) -> Iterator[Latex]:
        """An equation in lines that break at sums; what letters of it stand for below it."""
        lines = self._equation(formula)
        yield _display(lines) if lines else Latex("%s:") % line(formula.left)
        for side in formula.sides:
            if not isinstance(side, Math | Notation):
                yield Latex("{\\raggedright\\leftskip=1.5em $=$ %s\\par}") % line(side)
        if formula.where:
            named = [each for one in formula.where for each in self._equation(one)]
            yield Latex("where\n%s") % _display(named)
        if formula.branch:
            yield Latex("where %s.") % branch_latex(formula)

    def _equation(self, formula: Formula) -> list[Latex]:
        """What an equation is of, and its sides that are mathematics, as lines of a display."""
        unit = Latex(r"\;%s") % _unit(formula.unit) if formula.unit else _NOTHING
        lines: list[Latex] = []
        for side in symbolic(formula):
            named = not lines and bool(formula.left)
            lead = Latex("%s%s = ") % (_math(formula.left), unit) if named else Latex("= ")
            lines += self._lines(side, lead, formula, first=not lines)
        return lines

    def _lines(
        self, side: Math | Notation, lead: Latex, formula: Formula, *, first: bool
    ) -> Iterator[Latex]:
        """A side of an equation as lines of a display.

        Raises:
            OutputError: lines of a width were asked for, and a piece is wider.
        """
        rest = self.measure - _SET_IN
        room = (self.measure if first else rest) - width_of(lead)
        alone = room < rest / 2
        for inline in (False, True):
            parts = _broken(_math(side, inline=inline), rest if alone else room, rest)
            wide = max(width_of(f"a {part}") for part in parts) - width_of("a ")
            over = wide - rest
            if over <= 0:
                break
        if self.asked and over > 0:
            least = math.ceil(self.measure + over)
            raise OutputError(
                f"--width {self.measure:.0f}pt: a piece of {plain_text(formula.left)} that is no "
                f"sum is wider; give at least {least}pt"
            )
        start = Latex("& %s%s") % (_NOTHING if first else _INDENT, lead)
        yield start if alone else start + parts[0]
        for part in parts if alone else parts[1:]:
            yield Latex("& %s{}%s") % (_INDENT, part)


def _broken(formula: Latex, first: float, rest: float) -> list[Latex]:
    """A formula on lines; see :func:`edgesym.document.breaking.broken`."""
    return [Latex(part) for part in broken(formula, first, rest)]  # noqa: S704 - parts of LaTeX


def _facts(rows: Sequence[tuple[str, Cell]]) -> Latex:
    """Labels beside what is said of each."""
    return _FACTS % _LINES.join(
        Latex(r"%s & %s \\") % (guarded(breakable_name(label)), line(cell, inline=True))
        for label, cell in rows
    )


def _heading(title: Cell) -> Latex:
    """A heading, with what stands for it in the bookmarks of a PDF where it has mathematics."""
    if any(isinstance(span, Math | Notation) for span in spans_of(title)):
        return Latex(r"\texorpdfstring{%s}{%s}") % (line(title), plain_text(title))
    return line(title)


def _file(name: str) -> Latex:
    """The name of a file beside the document: letters, digits, dots and dashes."""
    return Latex(_NO_FILE.sub("-", name))  # noqa: S704 - nothing else is left of it


def _bibliography(sources: Sequence[Source]) -> Latex:
    """Sources by number, with their addresses; the heading is that of the section."""
    return _SOURCES % _LINES.join(
        Latex(r"\bibitem{%s} %s") % (one.key, _source(one)) for one in sources
    )


def _source(source: Source) -> Latex:
    pieces = (
        address_latex(text) if is_url else breakable_text(text) for text, is_url in source.pieces()
    )
    told = _NOTHING.join(pieces)
    if source.url and source.url not in source.text:
        told += Latex(" %s") % address_latex(source.url)
    if source.uses:
        told += Latex(r" {\small (%s)}") % breakable_name(", ".join(source.uses))
    return told


def _math(span: Span, *, inline: bool = False) -> Latex:
    """What stands in a formula of an expression, a number, or a name."""
    match span:
        case Math(expression):
            return formula_latex(expression, inline=inline)
        case Notation(_, formula):
            return Latex(formula)  # noqa: S704 - what a notation is
        case str():
            return Latex(r"\mathrm{%s}") % span
        case Code(text):
            return Latex(r"\text{\ttfamily %s}") % breakable_text(text)
    return Latex(r"\text{%s}") % line(span)


def _starts_with_table(blocks: Sequence[Block]) -> bool:
    """Whether one of the first two blocks of a section is a table, or begins with one."""
    return any(
        isinstance(block, Table | Facts)
        or (isinstance(block, Section) and _starts_with_table(block.blocks))
        for block in blocks[:2]
    )


def _display(lines: Sequence[Latex]) -> Latex:
    return Latex("\\begin{align*}\n%s\n\\end{align*}") % Latex(" \\\\\n").join(lines)


def _aligned(formulas: Sequence[Formula]) -> Latex:
    return _display(
        [
            Latex("%s &= %s%s")
            % (
                _math(one.left),
                _math(one.sides[0]),
                Latex(" && %s") % _unit(one.unit) if one.unit else _NOTHING,
            )
            for one in formulas
        ]
    )


def _equal(*sides: Span, inline: bool = False) -> Latex:
    """Sides of an equation in a line."""
    return Latex(" = ").join(_math(side, inline=inline) for side in sides)


def _unit(unit: str) -> Latex:
    return Latex(r"\text{[%s]}") % unit if unit else _NOTHING


def _inline(formula: Formula) -> Latex:
    """An equation in a line of a table, without the lines that put numbers in."""
    formula = shortened(formula)
    both = (formula.left, *symbolic(formula))
    equal = Latex("$%s$") % _equal(*(side for side in both if side != ""), inline=True)
    numbers = (Latex(" $=$ %s") % line(side) for side in formula.sides if isinstance(side, Amount))
    first = _NOTHING.join((equal, *numbers))
    parts = Latex(", ").join((first, *(_inline(named) for named in formula.where)))
    return parts + Latex(", where %s") % branch_latex(formula) if formula.branch else parts
