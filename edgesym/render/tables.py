"""Tables as text, Markdown or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from edgesym.errors import UnknownNameError

__all__ = ["TABLE_FORMATS", "render_table"]

Rows = Sequence[Sequence[str]]


def _text(headers: Sequence[str], rows: Rows) -> str:
    columns = list(zip(headers, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    left = [index == 0 or not _is_numeric(column[1:]) for index, column in enumerate(columns)]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if is_left else cell.rjust(width)
            for cell, width, is_left in zip(cells, widths, left, strict=True)
        )
        return "  ".join(padded).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(headers), rule, *(line(row) for row in rows)])


def _markdown(headers: Sequence[str], rows: Rows) -> str:
    columns = list(zip(headers, *rows, strict=True))
    rule = ["-:" if i and _is_numeric(column[1:]) else "-" for i, column in enumerate(columns)]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(headers), "|" + "|".join(rule) + "|", *(line(row) for row in rows)])


def _csv(headers: Sequence[str], rows: Rows) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return buffer.getvalue().rstrip("\n")


def _is_numeric(cells: Sequence[str]) -> bool:
    """Whether cells are numbers, with units or not, rather than formulas."""
    return all(not cell or (cell[0] in "-+.0123456789" and "*" not in cell) for cell in cells)


#: Format -> how a table is written in it.
TABLE_FORMATS: dict[str, Callable[[Sequence[str], Rows], str]] = {
    "text": _text,
    "markdown": _markdown,
    "csv": _csv,
}


def render_table(headers: Sequence[str], rows: Rows, style: str = "text") -> str:
    """A table with one header line; columns of numbers are set to the right.

    >>> print(render_table(["part", "FLOPs"], [["scores", "12"], ["values", "7"]]))
    part    FLOPs
    ------  -----
    scores     12
    values      7
    """
    if style not in TABLE_FORMATS:
        raise UnknownNameError("table format", style, TABLE_FORMATS)
    return TABLE_FORMATS[style](headers, rows)
