"""A document as LaTeX: a fragment for a paper, or a whole document that compiles.

What a user's text holds is data: every character of it is escaped. Formulas break over lines,
tables over pages, and columns are as wide as the page allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgesym.document.nodes import (
    Amount,
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
    Section,
    Span,
    Table,
    Text,
)
from edgesym.render.formulas import shortened, symbolic
from edgesym.render.latex_table import table_latex
from edgesym.render.latex_text import branch_latex, breakable_name, breakable_text, escape_latex
from edgesym.render.page import Page
from edgesym.render.words import amount_text, spans_of

__all__ = ["latex_document", "write_latex"]

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


def latex_document(document: Document) -> str:
    """The document as LaTeX that compiles."""
    from edgesym.render.frame import framed

    body = "\n\n".join(_blocks(document.blocks, 0))
    return framed("document.tex.j2", title=line(document.title), body=body)


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
                yield rf"\{_HEADINGS[min(level, 3)]}{{{line(title)}}}"
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
