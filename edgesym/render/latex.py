"""A document as LaTeX: a fragment for a paper, or a whole document that compiles.

What a user's text holds is data: every character of it is escaped. Formulas break over lines,
tables over pages, and columns are as wide as the page allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
    Section,
    Span,
    Table,
    Text,
)
from edgesym.document.source import Source
from edgesym.render.formulas import shortened, symbolic
from edgesym.render.latex_table import table_latex
from edgesym.render.latex_text import branch_latex, breakable_name, breakable_text, escape_latex
from edgesym.render.page import Page
from edgesym.render.words import amount_text, plain_text, spans_of

__all__ = ["latex_document", "write_latex"]

#: Before a heading: a page with room for less than it and some lines below it ends here.
_ROOM = "\\Needspace*{8\\baselineskip}\n"
_HEADINGS = ("section", "subsection", "subsubsection*", "paragraph")
#: What a fragment needs of the document that it is put in.
_NEEDS = r"% needs \usepackage{amsmath,array,booktabs,longtable}"
#: A formula as a paragraph that breaks after + and =.
_DISPLAY = (
    "{{\\par\\relpenalty=0 \\binoppenalty=0 \\raggedright\\leftskip=1.5em\\hangindent=1.5em "
    "$\\displaystyle {}$\\par}}"
)
#: Equations of fewer characters are set in one aligned display.
_ALIGNED = 90


def write_latex(document: Document, _: Page) -> str:
    """The document as LaTeX to be put into another: title as a section, no preamble."""
    title = [rf"\section*{{{line(document.title)}}}"] if document.title else []
    return "\n\n".join([_NEEDS, *title, *_blocks(document.blocks, 1)]) + "\n"


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
        "body": "\n\n".join(_blocks(blocks, 0)),
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


def _blocks(blocks: Sequence[Block], level: int) -> Iterator[str]:
    aligned: list[Formula] = []
    for block in blocks:
        if isinstance(block, Formula) and _aligns(block):
            aligned.append(block)
            continue
        if aligned:
            yield _aligned(aligned)
            aligned = []
        yield from _block(block, level)
    if aligned:
        yield _aligned(aligned)


def _block(block: Block, level: int) -> Iterator[str]:
    match block:
        case Section(title, inside):
            if title:
                yield rf"{_ROOM}\{_HEADINGS[min(level, 3)]}{{{_heading(title)}}}"
            yield from _blocks(inside, level + bool(title))
        case Text(cell, _):
            yield line(cell)
        case Facts(rows):
            yield _facts(rows)
        case Items(cells, numbered):
            kind = "enumerate" if numbered else "itemize"
            listed = "\n".join(rf"\item {line(cell)}" for cell in cells)
            yield f"\\begin{{{kind}}}\n\\raggedright\n{listed}\n\\end{{{kind}}}"
        case Formula():
            yield from _formula(shortened(block))
        case Table():
            yield table_latex(block, _inline, line)
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


def _math(span: Span, *, breakable: bool = True, inline: bool = False) -> str:
    """What stands in a formula of an expression, a number, or a name."""
    match span:
        case Math(expression):
            from edgesym.document.latex import latex

            return latex(expression, breakable=breakable, inline=inline)
        case Notation(_, formula):
            return formula
        case str():
            return rf"\mathrm{{{escape_latex(span)}}}"
        case Code(text):
            return rf"\text{{\ttfamily {breakable_text(text)}}}"
    return rf"\text{{{line(span)}}}"


def _aligns(formula: Formula) -> bool:
    """Whether an equation fits a line and has nothing said below it."""
    plain = isinstance(formula.left, str) and len(formula.sides) == 1
    if not plain or formula.where or formula.branch or not isinstance(formula.sides[0], Math):
        return False
    return len(str(formula.sides[0].expression)) + len(str(formula.left)) < _ALIGNED


def _aligned(formulas: Sequence[Formula]) -> str:
    lines = (
        f"{_math(f.left)} &= {_math(f.sides[0], breakable=False)}{_unit(f.unit)}" for f in formulas
    )
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _unit(unit: str) -> str:
    return rf" && \text{{[{escape_latex(unit)}]}}" if unit else ""


def _formula(formula: Formula) -> Iterator[str]:
    """An equation as paragraphs that break."""
    left = formula.left
    if isinstance(left, str) and left:
        unit = f" [{escape_latex(formula.unit)}]" if formula.unit else ""
        yield rf"\textbf{{{breakable_name(left)}}}{unit}"
    start = "" if isinstance(left, str) else f"{_math(left)} = "
    if sides := symbolic(formula):
        yield _DISPLAY.format(start + " = ".join(map(_math, sides)))
    for side in formula.sides:
        if not isinstance(side, Math | Notation):
            yield f"{{\\raggedright\\leftskip=1.5em $=$ {line(side)}\\par}}"
    for named in formula.where:
        yield from _formula(named)
    if formula.branch:
        yield f"where {branch_latex(formula)}."


def _inline(formula: Formula) -> str:
    """An equation in a line of a table, without the lines that put numbers in."""
    formula = shortened(formula)
    both = (formula.left, *symbolic(formula))
    equal = " = ".join(_math(side, inline=True) for side in both if side != "")
    numbers = "".join(f" $=$ {line(side)}" for side in formula.sides if isinstance(side, Amount))
    parts = [f"${equal}${numbers}", *(_inline(named) for named in formula.where)]
    return ", ".join(parts) + (f", where {branch_latex(formula)}" if formula.branch else "")
