"""A document as LaTeX: a fragment for a paper, or a whole document that compiles.

What a user's text holds is data: every character of it is escaped. Formulas break over lines,
tables over pages, and columns are as wide as the page allows.
"""

from __future__ import annotations

import math
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
from edgesym.render.latex_text import branch_latex, breakable_name, breakable_text, escape_latex
from edgesym.render.page import Page
from edgesym.render.words import amount_text, plain_text, spans_of

__all__ = ["latex_document", "write_latex"]

#: Before a heading: a page with room for less than it and some lines below it ends here. A table
#: goes to the next page where its head and its first row, which may be high, do not fit.
_ROOM, _OF_TABLES = 8, 16
_HEADINGS = ("section", "subsection", "subsubsection*", "paragraph")
#: What a fragment needs of the document that it is put in.
_NEEDS = r"% needs \usepackage{amsmath,array,booktabs,longtable}"
_NEEDS_NARROW = r"% needs \usepackage{amsmath,array,booktabs}"
#: Width of a line in points: A4 with margins of 20 mm.
_MEASURE = 170 / 25.4 * 72.27
#: How far lines of a formula behind the first are set in, in points, and with what.
_SET_IN, _INDENT = 20.0, r"\qquad "


def write_latex(document: Document, page: Page) -> str:
    """The document as LaTeX to be put into another: title as a section, no preamble.

    Raises:
        OutputError: a piece of a formula is wider than the lines that the page asks for.
    """
    title = [rf"\section*{{{line(document.title)}}}"] if document.title else []
    writer = _Writer(page.measure)
    needs = _NEEDS_NARROW if page.measure else _NEEDS
    return "\n\n".join([needs, *title, *writer.blocks(document.blocks, 1)]) + "\n"


def latex_document(
    document: Document, page: Page | None = None, templates: Path | None = None
) -> str:
    """The document as LaTeX that compiles.

    Raises:
        ConfigError: a template of a user's own is missing or wrong.
    """
    from edgesym.render.frame import framed

    imprint = document.imprint
    command = imprint.command if imprint else ""
    blocks = _shown(document.blocks, page or Page())
    parts = {
        "title": line(document.title),
        "maker": escape_latex(imprint.maker if imprint else "edgesym"),
        "date": escape_latex(imprint.date if imprint else ""),
        "imprint": rf"Made by: \texttt{{{breakable_text(command)}}}" if command else "",
        "contents": r"\tableofcontents" if imprint else "",
        "body": "\n\n".join(_Writer().blocks(blocks, 0)),
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


def line(cell: Cell, *, inline: bool = False) -> str:
    """A cell in a line; ``inline`` writes fractions with a slash, for tables."""
    return "".join(_span(span, inline=inline) for span in spans_of(cell))


def _span(span: Span, *, inline: bool) -> str:
    match span:
        case str():
            return breakable_name(span) if inline else escape_latex(span)
        case Math() | Notation():
            return f"${_math(span, inline=inline)}$"
        case Code(text):
            return rf"\texttt{{{breakable_text(text)}}}"
        case Cite(_, key):
            return rf"\cite{{{key}}}"
        case Mark(text, tone):
            words = escape_latex(text)
            return rf"\textbf{{{words}}}" if tone in ("strong", "bad") else words
    return escape_latex(amount_text(span))


class _Writer:
    """Turns blocks into LaTeX for lines of a width.

    Args:
        measure: points that no line may be wider than; 0 for those of a page of its own.
    """

    def __init__(self, measure: float = 0.0) -> None:
        self.asked = measure
        self.measure = measure or _MEASURE

    def blocks(self, blocks: Sequence[Block], level: int) -> Iterator[str]:
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

    def _block(self, block: Block, level: int) -> Iterator[str]:
        match block:
            case Section(title, inside):
                if title:
                    lines = _OF_TABLES if _starts_with_table(inside) else _ROOM
                    head = rf"\{_HEADINGS[min(level, 3)]}{{{_heading(title)}}}"
                    yield f"\\Needspace*{{{lines}\\baselineskip}}\n{head}"
                yield from self.blocks(inside, level + bool(title))
            case Text(cell, _):
                yield line(cell)
            case Facts(rows):
                yield _facts(rows)
            case Items(cells, numbered):
                kind = "enumerate" if numbered else "itemize"
                listed = "\n".join(rf"\item {line(cell)}" for cell in cells)
                yield f"\\begin{{{kind}}}\n\\raggedright\n{listed}\n\\end{{{kind}}}"
            case Formula():
                yield from self._formula(self._shortened(block))
            case Table():
                yield table_latex(block, _inline, line, self.asked)
            case Diagram(graph):
                from edgesym.render.diagram import tikz

                yield (
                    "\\begin{center}\n\\begin{adjustbox}{max totalheight=0.85\\textheight, "
                    f"max width=\\textwidth}}\n\\begin{{tikzpicture}}\n{tikz(graph)}\n"
                    "\\end{tikzpicture}\n\\end{adjustbox}\n\\end{center}"
                )
            case Picture(name, caption, _):
                yield (
                    "\\begin{figure}[H]\n\\centering\n"
                    "\\includegraphics[max width=\\textwidth, max totalheight=0.8\\textheight]"
                    f"{{{name}}}\n\\caption{{{line(caption)}}}\n\\end{{figure}}"
                )
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
        sides = f"{_math(formula.left)} = {_math(formula.sides[0])} {_unit(formula.unit)}"
        return width_of(sides) + 2 * _SET_IN <= self.measure

    def _formula(self, formula: Formula) -> Iterator[str]:
        """An equation in lines that break at sums; what letters of it stand for below it."""
        lines = self._equation(formula)
        yield _display(lines) if lines else f"{line(formula.left)}:"
        for side in formula.sides:
            if not isinstance(side, Math | Notation):
                yield f"{{\\raggedright\\leftskip=1.5em $=$ {line(side)}\\par}}"
        if formula.where:
            named = [each for one in formula.where for each in self._equation(one)]
            yield f"where\n{_display(named)}"
        if formula.branch:
            yield f"where {branch_latex(formula)}."

    def _equation(self, formula: Formula) -> list[str]:
        """What an equation is of, and its sides that are mathematics, as lines of a display."""
        unit = rf"\;{_unit(formula.unit)}" if formula.unit else ""
        lines: list[str] = []
        for side in symbolic(formula):
            lead = "= " if lines or not formula.left else f"{_math(formula.left)}{unit} = "
            lines += self._lines(side, lead, formula, first=not lines)
        return lines

    def _lines(
        self, side: Math | Notation, lead: str, formula: Formula, *, first: bool
    ) -> Iterator[str]:
        """A side of an equation as lines of a display.

        Raises:
            OutputError: lines of a width were asked for, and a piece is wider.
        """
        rest = self.measure - _SET_IN
        room = (self.measure if first else rest) - width_of(lead)
        alone = room < rest / 2
        for inline in (False, True):
            parts = broken(_math(side, inline=inline), rest if alone else room, rest)
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
        indent = "" if first else _INDENT
        if alone:
            yield f"& {indent}{lead}"
            yield from (f"& {_INDENT}{{}}{part}" for part in parts)
            return
        yield f"& {indent}{lead}{parts[0]}"
        yield from (f"& {_INDENT}{{}}{part}" for part in parts[1:])


def _facts(rows: Sequence[tuple[str, Cell]]) -> str:
    """Labels beside what is said of each."""
    body = "\n".join(
        rf"{breakable_name(label)} & {line(cell, inline=True)} \\" for label, cell in rows
    )
    return (
        "\\begin{longtable}{@{}>{\\raggedright\\arraybackslash}p{34mm}"
        ">{\\raggedright\\arraybackslash}p{126mm}@{}}\n\\toprule\n"
        f"{body}\n\\bottomrule\n\\end{{longtable}}"
    )


def _heading(title: Cell) -> str:
    """A heading, with what stands for it in the bookmarks of a PDF where it has mathematics."""
    words = escape_latex(plain_text(title))
    if any(isinstance(span, Math | Notation) for span in spans_of(title)):
        return rf"\texorpdfstring{{{line(title)}}}{{{words}}}"
    return line(title)


def _bibliography(sources: Sequence[Source]) -> str:
    """Sources by number, with their addresses; the heading is that of the section."""
    items = "\n".join(rf"\bibitem{{{one.key}}} {_source(one)}" for one in sources)
    return (
        "{\\renewcommand{\\section}[2]{}\n\\begin{thebibliography}{99}\n\\raggedright\n"
        f"{items}\n\\end{{thebibliography}}}}"
    )


def _source(source: Source) -> str:
    pieces = (
        rf"\url{{{text}}}" if is_url else breakable_text(text) for text, is_url in source.pieces()
    )
    told = "".join(pieces)
    if source.url and source.url not in source.text:
        told += rf" \url{{{source.url}}}"
    uses = rf" {{\small ({breakable_name(', '.join(source.uses))})}}" if source.uses else ""
    return told + uses


def _math(span: Span, *, inline: bool = False) -> str:
    """What stands in a formula of an expression, a number, or a name."""
    match span:
        case Math(expression):
            from edgesym.document.latex import latex

            return latex(expression, inline=inline)
        case Notation(_, formula):
            return formula
        case str():
            return rf"\mathrm{{{escape_latex(span)}}}"
        case Code(text):
            return rf"\text{{\ttfamily {breakable_text(text)}}}"
    return rf"\text{{{line(span)}}}"


def _starts_with_table(blocks: Sequence[Block]) -> bool:
    """Whether one of the first two blocks of a section is a table, or begins with one."""
    return any(
        isinstance(block, Table | Facts)
        or (isinstance(block, Section) and _starts_with_table(block.blocks))
        for block in blocks[:2]
    )


def _display(lines: Sequence[str]) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _aligned(formulas: Sequence[Formula]) -> str:
    lines = (
        f"{_math(f.left)} &= {_math(f.sides[0])}{f' && {_unit(f.unit)}' if f.unit else ''}"
        for f in formulas
    )
    return _display([*lines])


def _unit(unit: str) -> str:
    return rf"\text{{[{escape_latex(unit)}]}}" if unit else ""


def _inline(formula: Formula) -> str:
    """An equation in a line of a table, without the lines that put numbers in."""
    formula = shortened(formula)
    both = (formula.left, *symbolic(formula))
    equal = " = ".join(_math(side, inline=True) for side in both if side != "")
    numbers = "".join(f" $=$ {line(side)}" for side in formula.sides if isinstance(side, Amount))
    parts = [f"${equal}${numbers}", *(_inline(named) for named in formula.where)]
    return ", ".join(parts) + (f", where {branch_latex(formula)}" if formula.branch else "")
