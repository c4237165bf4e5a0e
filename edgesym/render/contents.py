"""The contents of a document: its headings, and where links to them go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from edgesym.document.nodes import Block, Cell, Document, Math, Notation, Section
from edgesym.render.words import plain_text, spans_of

__all__ = ["Heading", "contents"]

#: Levels of headings that contents list.
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading.

    Attributes:
        level: 1 for the sections of the document, 2 for those inside of them.
        anchor: what a link to it ends in, another for each; that which GitHub gives the heading.
    """

    title: Cell
    level: int
    anchor: str

    @property
    def is_listed(self) -> bool:
        """Whether contents list it: no deeper than three levels, and in words."""
        spans = spans_of(self.title)
        return self.level <= _DEEPEST and not any(isinstance(s, Math | Notation) for s in spans)


def contents(document: Document) -> list[Heading]:
    """Every heading of a document, in order.

    >>> made = Document("", (Section("On Pi 5", ()), Section("On Pi 5", ())), dict)
    >>> [heading.anchor for heading in contents(made)]
    ['on-pi-5', 'on-pi-5-1']
    """
    found: list[Heading] = []
    seen: dict[str, int] = {}
    for title, level in _titles(document.blocks, 1):
        slug = re.sub(r"[^\w\- ]", "", plain_text(title).lower()).replace(" ", "-") or "section"
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.append(Heading(title, level, f"{slug}-{count}" if count else slug))
    return found


def _titles(blocks: tuple[Block, ...], level: int) -> Iterator[tuple[Cell, int]]:
    for block in blocks:
        if isinstance(block, Section):
            if block.title:
                yield block.title, level
            yield from _titles(block.blocks, level + bool(block.title))
