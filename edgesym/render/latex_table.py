"""Tables as LaTeX: columns as wide as their cells, within the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgesym.document.nodes import Cell, Formula, Math, Row, Span, Table
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

Write = Callable[..., str]


@dataclass(frozen=True, slots=True)
class _Fit:
    """A type size, and the width of every column in mm."""

    size: str
    widths: tuple[float, ...]


def table_latex(
    table: Table, equation: Callable[[Formula], str], line: Write, measure: float = 0.0
) -> str:
    """The table as a ``longtable``, or as a ``tabular`` of a width, which columns of a paper take.

    Args:
        table: it.
        equation: writes what is said below a row, where it is a formula.
        line: writes a cell.
        measure: width of the ``tabular`` in points; 0 for a ``longtable`` of the page.
    """
    page = measure * _POINT if measure else _PAGE
    fit = _fit(table, page)
    specs = "".join(
        rf">{{\{_SIDES[column.kind]}\arraybackslash}}p{{{width:.1f}mm}}"
        for column, width in zip(table.columns, fit.widths, strict=True)
    )
    head = " & ".join(line(column.title) for column in table.columns)
    across = (len(table.columns), page)
    body = [text for row in table.rows for text in _row(row, across, equation, line)]
    if measure:
        return (
            f"{{\\{fit.size}\n\\noindent\\begin{{tabular}}{{@{{}}{specs}@{{}}}}\n\\toprule\n{head} "
            "\\\\\n\\midrule\n" + "\n".join(body) + "\n\\bottomrule\n\\end{tabular}\n}"
        )
    return (
        f"{{\\{fit.size}\n\\begin{{longtable}}{{@{{}}{specs}@{{}}}}\n\\toprule\n{head} \\\\\n"
        "\\midrule\n\\endhead\n" + "\n".join(body) + "\n\\bottomrule\n\\end{longtable}\n}"
    )


def _row(
    row: Row, across: tuple[int, float], equation: Callable[[Formula], str], line: Write
) -> list[str]:
    columns, page = across
    cells = " & ".join(line(cell, inline=True) for cell in row.cells)
    lines = [rf"{cells} \\"]
    if row.total:
        lines.insert(0, r"\midrule")
    for block in row.below:
        said = equation(block) if isinstance(block, Formula) else line(block.cell)
        lines.append(
            rf"\multicolumn{{{columns}}}{{@{{\quad}}p{{{page - 8:.0f}mm}}@{{}}}}"
            rf"{{\raggedright {said}}} \\"
        )
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
