"""The nodes of a document: what an answer says, before a medium decides how it looks.

Spans stand in a line (:class:`Amount`, :class:`Math`, :class:`Notation`, :class:`Code`,
:class:`Mark`, :class:`Cite`, text), blocks below one another (:class:`Text`, :class:`Facts`,
:class:`Table`, :class:`Formula`, :class:`Items`, :class:`Diagram`, :class:`Picture`,
:class:`Bibliography`, :class:`Section`). A number keeps its unit and spread, a formula its
expression; only :mod:`edgesym.render` turns them into characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import sympy

    from edgesym.document.source import Source
    from edgesym.graph.block import Block as GraphBlock

__all__ = [
    "Amount",
    "Bibliography",
    "Block",
    "Cell",
    "Cite",
    "Code",
    "Column",
    "Columns",
    "Diagram",
    "Document",
    "Facts",
    "Formula",
    "Imprint",
    "Items",
    "Mark",
    "Math",
    "Notation",
    "Picture",
    "Row",
    "Section",
    "Span",
    "Table",
    "Text",
    "Tone",
    "table",
]

#: What a word says besides what it means.
Tone = Literal["", "good", "bad", "caution", "strong", "quiet"]


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit.

    Attributes:
        value: in the unit; None is written as nothing.
        std: one standard deviation, in the unit.
        form: how it is written: by default with the prefix that makes it readable, ``digits``
            in full, ``exact`` both ways, otherwise a format specification such as ``.1%``.
        digits: significant digits with a prefix.
        signed: whether a plus is written.
    """

    value: float | Fraction | None
    unit: str = "1"
    std: float = 0.0
    form: str = ""
    digits: int = 4
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Math:
    """An expression over the symbols of the table."""

    expression: sympy.Basic


@dataclass(frozen=True, slots=True)
class Notation:
    """Mathematics that is no expression: how it reads as text, and its LaTeX."""

    plain: str
    latex: str


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be taken literally."""

    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Words with a tone, which a medium that has colour shows."""

    text: str
    tone: Tone = "strong"


@dataclass(frozen=True, slots=True)
class Cite:
    """A reference to a source by its number in the :class:`Bibliography`, and by its key."""

    number: int
    key: str


Span = str | Amount | Math | Notation | Code | Mark | Cite
#: What stands in a cell, a heading or a sentence: a span, or spans one after the other.
Cell = Span | tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; a ``note`` is of less weight."""

    cell: Cell
    note: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels, and what is said of each."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        title: its header.
        kind: what stands in it.
        spare: whether a page that is too narrow may leave it out.
    """

    title: Cell
    kind: Literal["text", "number", "formula"] = "text"
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        below: what is said of this row.
        total: whether it sums up the rows above.
    """

    cells: tuple[Cell, ...]
    below: tuple[Text | Formula, ...] = ()
    total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under typed columns.

    Attributes:
        most: rows shown where one screen must do; the others are counted.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """An equation on lines of its own.

    Attributes:
        left: what it is of; a name or a symbol.
        sides: what that is equal to, one after the other: expressions, the same with numbers
            put in, the number.
        unit: of the left side; nothing for none.
        where: what letters of the sides stand for.
        branch: maxima, minima and roundings, and what they are there.
    """

    left: Span
    sides: tuple[Span, ...]
    unit: str = ""
    where: tuple[Formula, ...] = ()
    branch: tuple[tuple[Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences."""

    cells: tuple[Cell, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """The dataflow graph of a block, for media that can draw."""

    graph: GraphBlock


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, for media that can show one.

    Attributes:
        name: of its file, without ending; another in each picture of a document.
        caption: what it shows, as a sentence.
        shows: computes what is drawn: a chart, a map, a roofline.
    """

    name: str
    caption: Cell
    shows: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Bibliography:
    """Sources by number, each with what it is used for."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading, or without one; ``detail`` is what one screen can do without."""

    title: Cell
    blocks: tuple[Block, ...]
    detail: bool = False


Block = Text | Facts | Table | Formula | Items | Diagram | Picture | Bibliography | Section


@dataclass(frozen=True, slots=True)
class Imprint:
    """Of which day a document is, what made it, and the command that did.

    Attributes:
        date: ISO 8601; empty where none is told.
        maker: the program and its version.
        command: as it is typed; empty where there was none.
    """

    date: str
    maker: str
    command: str


@dataclass(frozen=True, slots=True)
class Document:
    """An answer as it is told, and as programs read it.

    Attributes:
        title: of the document.
        blocks: from top to bottom.
        answer: the answer as plain data, made when asked for; expressions as text.
        records: the answer as one flat table; without it, the first table of the document is.
        imprint: of a document that stands alone; media that have contents give it some.
    """

    title: Cell
    blocks: tuple[Block, ...]
    answer: Callable[[], Mapping[str, Any]]
    records: Callable[[], Table] | None = None
    imprint: Imprint | None = None

    @property
    def data(self) -> Mapping[str, Any]:
        """The answer for programs."""
        return self.answer()

    def briefly(self) -> Document:
        """The document that fits one screen: no details, and the first rows of long tables."""
        return replace(self, blocks=_brief(self.blocks))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of the document, in order."""
        return tuple(block for block in _all(self.blocks) if isinstance(block, Picture))

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the document cites, in order."""
        lists = (block for block in _all(self.blocks) if isinstance(block, Bibliography))
        return tuple(source for found in lists for source in found.sources)


#: Columns, those of text by their headers alone.
Columns = tuple[str | Column, ...]


def table(columns: Columns, rows: Any, most: int | None = None) -> Table:
    """A table of columns that are text unless said otherwise, and rows or their cells.

    >>> table(("part", Column("FLOPs", "number")), [("scores", Amount(12, "FLOP"))]).rows[0].cells
    ('scores', Amount(value=12, unit='FLOP', std=0.0, form='', digits=4, signed=False))
    """
    typed = tuple(c if isinstance(c, Column) else Column(c) for c in columns)
    return Table(typed, tuple(r if isinstance(r, Row) else Row(tuple(r)) for r in rows), most)


def _all(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Blocks and those inside of them."""
    for block in blocks:
        yield block
        if isinstance(block, Section):
            yield from _all(block.blocks)


def _brief(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Section):
            if not block.detail:
                kept.append(Section(block.title, _brief(block.blocks)))
        elif isinstance(block, Table):
            kept += _first_rows(block)
        else:
            kept.append(block)
    return tuple(kept)


def _first_rows(block: Table) -> list[Block]:
    """The first rows of a table without what is said of each, and how many follow."""
    body = [row for row in block.rows if not row.total]
    shown = body if block.most is None else body[: block.most]
    rows = (*shown, *(row for row in block.rows if row.total))
    more = len(body) - len(shown)
    said: list[Block] = [Text(f"and {more} more rows", note=True)] if more else []
    return [replace(block, rows=tuple(replace(row, below=()) for row in rows)), *said]
