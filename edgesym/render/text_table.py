"""Tables as text: cells are wrapped so that the table fits, or rows are set below one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rich.box import Box
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text as Styled

from edgesym.document.nodes import Block, Cell, Column, Row, Table
from edgesym.render.lines import Atom, Line, atoms_of_words, broken, widest, width_of
from edgesym.render.page import Page
from edgesym.render.widths import capped
from edgesym.render.words import plain_text

__all__ = ["Layout", "Piece", "layout_of", "table_pieces"]

#: What is printed: a line, or a table set in.
Piece = Line | Padding

_GAP = 2
#: A column of sentences or formulas, which would be twice as wide, is not made narrower.
_NARROWEST = 14
_HEADER, _LABEL, _NOTE = "bold", "cyan", "dim"
#: A rule below the header and before totals, and no other lines.
_BOX = "    \n    \n ─  \n    \n ─  \n ─  \n    \n    \n"


class Writer(Protocol):
    """What writes the spans and the blocks of a page."""

    page: Page
    set_in: str

    def atoms(self, cell: Cell, style: str = "") -> Iterator[Atom]:
        """A cell as pieces of text."""

    def block(self, block: Block) -> Iterator[Piece]:
        """The lines of a block."""

    def inside(self, indent: str) -> Writer:
        """A writer of what is set in below."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The widths of columns; none where the rows must be set below one another."""

    widths: tuple[int, ...]

    @property
    def stacked(self) -> bool:
        """Whether a row is a list of its cells."""
        return not self.widths


def layout_of(natural: Sequence[int], least: Sequence[int], room: int) -> Layout:
    """Widths of columns that need so much, and at least so much, in the room there is.

    Columns that are wider than their share give way to others.

    >>> layout_of([10, 50], [10, 14], 40).widths, layout_of([30, 50], [30, 14], 40).stacked
    ((10, 28), True)
    """
    free = room - _GAP * (len(natural) - 1)
    if sum(natural) <= free:
        return Layout(tuple(natural))
    if sum(least) > free:
        return Layout(())
    widths = capped(natural, least, free)
    spare = free - sum(widths)
    grow = [i for i, width in enumerate(widths) if width < natural[i]][:spare]
    return Layout(tuple(width + (i in grow) for i, width in enumerate(widths)))


def table_pieces(table: Table, writer: Writer) -> Iterator[Piece]:
    """A table: header, rule, rows, and below each row what is said of it.

    Where it is too wide, sentences are wrapped; then spare columns are left out, the last first;
    then names and at last numbers are wrapped; and at the very last rows are set below one another.
    """
    columns, room = table.columns, writer.page.width - len(writer.set_in)
    sizes = [_size(table, place, writer) for place in range(len(columns))]
    for gives_way in (_is_sentence, _is_text, _is_any):
        least = [
            low if gives_way(column, wide) else wide
            for column, (wide, low) in zip(columns, sizes, strict=True)
        ]
        for kept in _narrower(columns):
            layout = layout_of([sizes[i][0] for i in kept], [least[i] for i in kept], room)
            if not layout.stacked:
                yield from _rows(_only(table, kept), layout, writer)
                yield from _left_out([c for i, c in enumerate(columns) if i not in kept], writer)
                return
    yield from _stacked(table, writer)


def _narrower(columns: Sequence[Column]) -> Iterator[list[int]]:
    """The places of all columns, and of those without one spare column after the other."""
    kept = list(range(len(columns)))
    yield kept
    for place in reversed([i for i in kept if columns[i].spare]):
        kept = [i for i in kept if i != place]
        yield kept


def _left_out(columns: Sequence[Column], writer: Writer) -> Iterator[Line]:
    if columns:
        names = ", ".join(plain_text(column.title) for column in columns)
        said = atoms_of_words(f"(for a wider page: {names})", _NOTE)
        yield from broken(said, writer.page.width, writer.set_in)


def _only(table: Table, kept: Sequence[int]) -> Table:
    """A table of some of its columns."""
    rows = (replace(row, cells=tuple(row.cells[i] for i in kept)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[i] for i in kept), rows=tuple(rows))


def _size(table: Table, place: int, writer: Writer) -> tuple[int, int]:
    """The width that a column needs, and the least that it can do with."""
    cells = [list(writer.atoms(row.cells[place])) for row in table.rows]
    cells.append(list(writer.atoms(table.columns[place].title)))
    wide = max(map(width_of, cells))
    return wide, max(_NARROWEST if wide > 2 * _NARROWEST else 0, *map(widest, cells))


def _is_sentence(column: Column, wide: int) -> bool:
    return _is_text(column, wide) and wide > 2 * _NARROWEST


def _is_text(column: Column, _: int) -> bool:
    return column.kind != "number"


def _is_any(_: Column, __: int) -> bool:
    return True


def _rows(table: Table, layout: Layout, writer: Writer) -> Iterator[Piece]:
    headers = [list(writer.atoms(column.title, _HEADER)) for column in table.columns]
    cells = [[list(writer.atoms(cell)) for cell in row.cells] for row in table.rows]
    grid = _grid(table.columns, layout, writer, headers)
    for row, atoms in zip(table.rows, cells, strict=True):
        if row.total and grid.row_count:
            grid.add_section()
        elif row.total:
            yield _rule(layout, writer)
        grid.add_row(*_wrapped(atoms, table.columns, layout))
        if row.below:
            yield Padding(grid, (0, 0, 0, len(writer.set_in)), expand=False)
            yield from _below(row, writer)
            grid = _grid(table.columns, layout, writer)
    if grid.row_count or not table.rows:
        yield Padding(grid, (0, 0, 0, len(writer.set_in)), expand=False)


def _grid(
    columns: Sequence[Column],
    layout: Layout,
    writer: Writer,
    headers: Sequence[Sequence[Atom]] = (),
) -> Grid:
    """An empty table of fixed columns, with or without a header."""
    box = Box(_BOX if writer.page.unicode else _BOX.replace("─", "-"), ascii=True)
    made = Grid(
        box=box, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), show_header=bool(headers)
    )
    titles = _wrapped(headers or [()] * len(columns), columns, layout)
    for column, width, title in zip(columns, layout.widths, titles, strict=True):
        made.add_column(
            title,
            width=width,
            justify="right" if column.kind == "number" else "left",
            no_wrap=True,
        )
    return made


def _rule(layout: Layout, writer: Writer) -> Line:
    sign, width = "─" if writer.page.unicode else "-", sum(layout.widths)
    return [(writer.set_in, ""), (sign * (width + _GAP * (len(layout.widths) - 1)), "")]


def _wrapped(
    cells: Sequence[Sequence[Atom]], columns: Sequence[Column], layout: Layout
) -> list[Styled]:
    """Cells in lines as wide as their columns."""
    return [
        Styled("\n").join(
            Styled.assemble(*line)
            for line in broken(cell, width, rest=_hanging(column, cell, width))
        )
        for cell, width, column in zip(cells, layout.widths, columns, strict=True)
    ]


def _hanging(column: Column, cell: Sequence[Atom], width: int) -> str:
    """What further lines of a cell begin with."""
    return "  " if column.kind == "formula" and widest(cell) + 2 <= width else ""


def _below(row: Row, writer: Writer) -> Iterator[Piece]:
    inner = writer.inside(" " * 4)
    for block in row.below:
        yield from inner.block(block)


def _stacked(table: Table, writer: Writer) -> Iterator[Piece]:
    """Each row as a list of header and cell; blank cells are left out."""
    titles = [plain_text(column.title) for column in table.columns]
    width = max(map(len, titles)) + _GAP
    blank = writer.set_in + " " * width
    for index, row in enumerate(table.rows):
        if index:
            yield []
        for place, (title, cell) in enumerate(zip(titles, row.cells, strict=True)):
            atoms = list(writer.atoms(cell, "" if place else _HEADER))
            if not width_of(atoms):
                continue
            label = [(writer.set_in, ""), (title.ljust(width), _LABEL)]
            if len(blank) + widest(atoms) > writer.page.width:
                yield label
                yield from broken(atoms, writer.page.width, writer.set_in + "  ")
                continue
            first, *others = broken(atoms, writer.page.width, blank)
            yield [*label, *first[1:]]
            yield from others
        yield from _below(row, writer)
