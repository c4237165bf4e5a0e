"""A document as text for a terminal or a pipe, no wider than the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import StringIO
from typing import TYPE_CHECKING

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
    Section,
    Table,
    Text,
)
from edgesym.plain import clean
from edgesym.render.formulas import shortened
from edgesym.render.lines import (
    Atom,
    Line,
    atoms_of_amount,
    atoms_of_formula,
    atoms_of_words,
    broken,
    width_of,
)
from edgesym.render.page import Page
from edgesym.render.words import amount_text, imprint_rows, signs, spans_of

if TYPE_CHECKING:
    from edgesym.render.text_table import Piece

__all__ = ["write_text"]

#: Tone of a mark -> style.
_TONES = {
    "": "",
    "strong": "bold",
    "good": "green",
    "bad": "bold red",
    "caution": "yellow",
    "quiet": "dim",
}
_TITLE, _HEADING, _LABEL, _NOTE = "bold", "bold cyan", "cyan", "dim"
#: Whether there is Unicode -> what headings are underlined with, the outer and the inner ones.
_RULES = {True: "─╌", False: "-."}
#: A label is never set wider than this; what is said of a wider one starts on its own line.
_WIDEST_LABEL = 24
#: An equation with a longer left side is set in by as much.
_SET_IN = 4


def write_text(document: Document, page: Page) -> str:
    """The document as text."""
    writer = _Writer(page)
    title = [*writer.heading(document.title, _TITLE)] if document.title else []
    if document.imprint is not None:
        title += [[], *writer.facts(imprint_rows(document.imprint))]
    return _printed([*title, *writer.blocks(document.blocks, titled=bool(title))], page)


def _printed(pieces: Iterable[Piece], page: Page) -> str:
    """What a terminal is sent; without colours, blanks at the ends of lines are left out."""
    pieces = list(pieces)
    lines = [piece for piece in pieces if isinstance(piece, list)]
    if not page.colour and len(lines) == len(pieces):
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in lines)
    from rich.console import Console
    from rich.text import Text as Styled

    stream = StringIO()
    console = Console(
        file=stream,
        width=page.width,
        force_terminal=page.colour,
        force_jupyter=False,  # a notebook shows the answer itself, and not this too
        color_system="standard" if page.colour else None,
        no_color=not page.colour,
        legacy_windows=False,
        _environ={},
    )
    for piece in pieces:
        made = Styled.assemble(*piece) if isinstance(piece, list) else piece
        console.print(
            made, no_wrap=True, overflow="ignore", crop=False, markup=False, highlight=False
        )
    text = stream.getvalue()
    return text if page.colour else "\n".join(line.rstrip() for line in text.split("\n"))


class _Writer:
    """Turns blocks into lines."""

    def __init__(self, page: Page, set_in: str = "") -> None:
        self.page = page
        self.set_in = set_in

    def inside(self, indent: str) -> _Writer:
        """A writer of what is set in below."""
        return _Writer(self.page, self.set_in + indent)

    def atoms(self, cell: Cell, style: str = "") -> Iterator[Atom]:
        """A cell as pieces of text."""
        for span in spans_of(cell):
            match span:
                case Math(expression):
                    from edgesym.document.plain import plain

                    yield from atoms_of_formula(plain(expression), style)
                case Notation(text, _) | Code(text):
                    yield from atoms_of_formula(text, style)
                case Mark(text, tone):
                    yield from atoms_of_words(self._signs(text), style or _TONES[tone])
                case Cite(number, _):
                    yield Atom(f"[{number}]", style)
                case str():
                    yield from atoms_of_words(self._signs(span), style)
                case _:
                    yield from atoms_of_amount(self._signs(amount_text(span)), style)

    def _signs(self, text: str) -> str:
        return signs(text, unicode=self.page.unicode)

    def broken(self, cell: Cell, first: str = "", rest: str = "", style: str = "") -> list[Line]:
        """A cell in lines."""
        start, others = self.set_in + first, self.set_in + rest
        return broken(self.atoms(cell, style), self.page.width, start, others)

    def blocks(self, blocks: tuple[Block, ...], *, titled: bool, level: int = 0) -> Iterator[Piece]:
        """Blocks, a blank line between them unless they belong together."""
        before: Block | None = None
        for block in blocks:
            lines = list(self.block(block, level))
            if lines:
                if (before or titled) and not _close(before, block):
                    yield []
                yield from lines
                before = block

    def block(self, block: Block, level: int = 0) -> Iterator[Piece]:
        """The lines of a block."""
        match block:
            case Section(title, blocks):
                if title:
                    yield from self.heading(title, _HEADING, level)
                yield from self.blocks(blocks, titled=bool(title), level=level + bool(title))
            case Text(cell, note):
                yield from self.broken(cell, style=_NOTE if note else "")
            case Facts(rows):
                yield from self.facts(rows)
            case Items(cells, numbered):
                for index, cell in enumerate(cells, 1):
                    mark = f"[{index}] " if numbered else "- "
                    yield from self.broken(cell, mark, " " * len(mark))
            case Formula():
                yield from self.formula(shortened(block))
            case Table():
                from edgesym.render.text_table import table_pieces

                yield from table_pieces(block, self)
            case Bibliography(sources):
                for source in sources:
                    mark = f"[{source.number}] "
                    yield from self.broken(source.text, mark, " " * len(mark))
            case Diagram(graph):
                from edgesym.render.diagram import flows

                for part, inputs in flows(graph):
                    said = f"{part} from {', '.join(inputs)}" if inputs else part
                    yield from self.broken(said, "  ", "    ")

    def heading(self, title: Cell, style: str, level: int = 0) -> Iterator[Line]:
        """A heading; those of sections are underlined."""
        lines = self.broken(title, style=style)
        yield from lines
        if style == _HEADING:
            sign = _RULES[self.page.unicode][min(level, 1)]
            width = max(sum(len(text) for text, _ in line) for line in lines)
            yield [(self.set_in, ""), (sign * (width - len(self.set_in)), _NOTE)]

    def facts(self, rows: tuple[tuple[str, Cell], ...]) -> Iterator[Line]:
        """Labels in a column, and beside them what is said of each."""
        heads = [clean(label) for label, _ in rows]
        width = max((len(head) for head in heads if len(head) <= _WIDEST_LABEL), default=0)
        blank = " " * (width + 2)
        for head, (_, cell) in zip(heads, rows, strict=True):
            first, *others = self.broken(cell, blank, blank)
            if len(head) > width:
                yield from self.broken(head, style=_LABEL)
                yield from (first, *others)
                continue
            lead = [(self.set_in, ""), (head, _LABEL), (" " * (width + 2 - len(head)), "")]
            yield [*lead, *first[1:]]
            yield from others

    def formula(self, formula: Formula) -> Iterator[Line]:
        """Left = side, each further side below, and what letters and minima are there."""
        left = [*self.atoms(formula.left, "bold" if isinstance(formula.left, str) else "")]
        if formula.unit:
            left = [
                *left[:-1],
                Atom(left[-1].text, left[-1].style, " "),
                Atom(clean(f"[{formula.unit}]")),
            ]
        wide = width_of(left) + 1 > _SET_IN + 4
        indent = _SET_IN if wide else width_of(left) + 1 if left else 2
        for index, equal in enumerate(self._sides(formula, width_of(left))):
            if index or not left:
                start = " " * (indent if not wide else _SET_IN - 2)
                atoms = equal
            else:
                start = ""
                atoms = [*left[:-1], Atom(left[-1].text + " ", left[-1].style), *equal]
            rest = self.set_in + " " * (indent + 2 if not wide else _SET_IN)
            yield from broken(atoms, self.page.width, self.set_in + start, rest)
        inner = self.inside("  ")
        for named in formula.where:
            yield from inner.formula(named)
        if formula.branch:
            from edgesym.document.plain import plain

            pairs = ", ".join(f"{plain(node)} = {plain(taken)}" for node, taken in formula.branch)
            atoms = [Atom("where", "", " "), *atoms_of_formula(pairs)]
            yield from broken(atoms, self.page.width, self.set_in, self.set_in + "  ")

    def _sides(self, formula: Formula, left: int) -> list[list[Atom]]:
        """What stands on a line of its own: each side, but a number goes behind what is short."""
        room = self.page.width - len(self.set_in) - left - _SET_IN
        lines: list[list[Atom]] = []
        for side in formula.sides:
            equal = [Atom("= "), *self.atoms(side)]
            if lines and isinstance(side, Amount) and width_of(lines[-1] + equal) <= room:
                last = lines[-1].pop()
                lines[-1] += [Atom(last.text, last.style, " "), *equal]
            else:
                lines.append(equal)
        return lines


def _close(before: Block | None, block: Block) -> bool:
    """Whether a block follows another, or a title, without a blank line."""
    if before is None:
        return isinstance(block, Text | Formula | Items)
    if isinstance(before, Formula) and isinstance(block, Formula):
        return not (before.where or before.branch)
    return isinstance(block, Text) and block.note
