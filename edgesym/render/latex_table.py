"""Tables as LaTeX: columns as wide as their cells, within the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgesym.document.nodes import Cell, Formula, Math, Row, Span, Table
from edgesym.render.latex_text import guarded
from edgesym.render.markup import Latex
from edgesym.render.widths import capped
from edgesym.render.words import plain_text, spans_of

__all__ = ["table_latex"]

#: Width of the text on A4 with margins of 20 mm, and what stands between columns, in mm.
_PAGE, _GAP = 170.0, 4.3
#: mm of a point.
_POINT = 25.4 / 72.27
#: Type size -> mm that a character takes, on average and with a little to spare.
_SIZES = {"small": 1.95, "footnotesize": 1.75}
#: A column is not made narrower than this many characters, if it is as wide.
_NARROWEST = 9

#: Kind of a column -> the command that sets it.
_SIDES = {"text": "raggedright", "formula": "raggedright", "number": "raggedleft"}

Write = Callable[..., Latex]

_AND = Latex(" & ")
_TABULAR = Latex(
    "{\\%s\n\\noindent\\begin{tabular}{@{}%s@{}}\n\\toprule\n%s \\\\\n\\midrule\n"
    "%s\n\\bottomrule\n\\end{tabular}\n}"
)
_LONGTABLE = Latex(
    "{\\%s\n\\begin{longtable}{@{}%s@{}}\n\\toprule\n%s \\\\\n\\midrule\n\\endhead\n"
    "%s\n\\bottomrule\n\\end{longtable}\n}"
)


@dataclass(frozen=True, slots=True)
class _Fit:
    """A type size, and the width of every column in mm."""

    size: str
    widths: tuple[float, ...]


def table_latex(
    table: Table, equation: Callable[[Formula], Latex], line: Write, measure: float = 0.0
) -> Latex:
    """The table as a ``longtable``, or as a ``tabular`` of a width, which columns of a paper take.

    Args:
        table: it.
        equation: writes what is said below a row, where it is a formula.
        line: writes a cell.
        measure: width of the ``tabular`` in points; 0 for a ``longtable`` of the page.
    """
    page = measure * _POINT if measure else _PAGE
    fit = _fit(table, page)
    specs = Latex("").join(
        Latex(r">{\%s\arraybackslash}p{%.1fmm}") % (_SIDES[column.kind], width)
        for column, width in zip(table.columns, fit.widths, strict=True)
    )
    head = guarded(_AND.join(line(column.title) for column in table.columns))
    across = (len(table.columns), page)
    rows = (text for row in table.rows for text in _row(row, across, equation, line))
    body = Latex("\n").join(rows)
    return (_TABULAR if measure else _LONGTABLE) % (fit.size, specs, head, body)


def _row(
    row: Row, across: tuple[int, float], equation: Callable[[Formula], Latex], line: Write
) -> list[Latex]:
    columns, page = across
    cells = _AND.join(line(cell, inline=True) for cell in row.cells)
    lines = [Latex(r"%s \\") % guarded(cells)]
    if row.total:
        lines.insert(0, Latex(r"\midrule"))
    for block in row.below:
        said = equation(block) if isinstance(block, Formula) else line(block.cell)
        spanning = Latex(r"\multicolumn{%d}{@{\quad}p{%.0fmm}@{}}{\raggedright %s} \\")
        lines.append(spanning % (columns, page - 8, said))
    return lines


def _fit(table: Table, page: float) -> _Fit:
    """The larger type size if all columns are as wide as they want in it, else the smaller."""
    titles = [column.title for column in table.columns]
    columns = list(zip(titles, *(row.cells for row in table.rows), strict=True))
    wanted = [max(map(_length, cells)) for cells in columns]
    room = page - _GAP * (len(wanted) - 1)
    for size, each in _SIZES.items():
        if sum(wanted) * each <= room:
            return _Fit(size, tuple(count * each for count in wanted))
    words = [max(map(_word, cells)) for cells in columns]
    least = [max(word, min(count, _NARROWEST)) for word, count in zip(words, wanted, strict=True)]
    return _Fit(size, tuple(_shared(wanted, least, room / each, each)))


def _shared(wanted: Sequence[int], least: Sequence[int], room: float, each: float) -> list[float]:
    """Widths that fill the room: the widest columns give way; all shrink if that is not enough."""
    if sum(least) > room:
        return [count * each * room / sum(least) for count in least]
    return [each * count for count in capped(wanted, least, room)]


def _length(cell: Cell) -> int:
    return max(_wide(plain_text(cell)), 2)


def _word(cell: Cell) -> int:
    """Width of the longest piece that does not break, in characters."""
    return max((_piece(span) for span in spans_of(cell)), default=2)


def _piece(span: Span) -> int:
    """That of a span: words break behind signs, formulas before those of sums alone."""
    if isinstance(span, Math):
        text = plain_text(span).replace("**", "").replace("*", "")
        return max(map(_wide, re.split(r" [-+] |, |/", text)), default=2)
    text = plain_text(span)
    for sign in "._*/(,-":
        text = text.replace(sign, f"{sign} ")
    return max(map(_wide, text.split()), default=2)


def _wide(text: str) -> int:
    """Characters, capitals as one and a half."""
    return len(text) + sum(map(str.isupper, text)) // 2
