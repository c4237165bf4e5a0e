"""The sources of a document: numbered where they are cited first, with what they are used for."""

from __future__ import annotations

from edgesym.document.nodes import Cite
from edgesym.document.source import Source

__all__ = ["References"]


class References:
    """Sources as they are cited, one after the other.

    >>> references = References()
    >>> references.cite("a datasheet", "memory_size").number
    1
    >>> references.cite("a datasheet", "peak.fp32").number, references.cite("a page").number
    (1, 2)
    >>> references.sources[0].uses
    ('memory_size', 'peak.fp32')
    """

    def __init__(self) -> None:
        self._uses: dict[str, dict[str, None]] = {}

    def cite(self, text: str, use: str = "") -> Cite:
        """A reference to a source, with what is taken from it."""
        uses = self._uses.setdefault(text, {})
        if use:
            uses[use] = None
        number = list(self._uses).index(text) + 1
        return Cite(number, Source(number, text).key)

    @property
    def sources(self) -> tuple[Source, ...]:
        """What was cited, in order."""
        return tuple(
            Source(number, text, tuple(uses))
            for number, (text, uses) in enumerate(self._uses.items(), 1)
        )
