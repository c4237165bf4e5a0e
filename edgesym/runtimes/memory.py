"""How a runtime holds a model in memory: what it copies, rounds up, sets aside and keeps alive."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy

from edgesym.graph.liveness import NEEDED, Holding
from edgesym.symbols import symbol

__all__ = ["CACHE_PAGE", "MICRO_BATCH", "TABLE_COPIES", "Memory"]

#: What a runtime gives numbers to.
MICRO_BATCH, CACHE_PAGE = symbol("micro_batch"), symbol("cache_page")
TABLE_COPIES = symbol("table_copies")


@dataclass(frozen=True, slots=True)
class Memory:
    """How a runtime holds a model in memory.

    Attributes:
        source: where all of it is from.
        holding: activations that live longer than they are needed.
        activation_bytes: of an element, where the runtime computes in a format of its own.
        mask_bytes: of an element of the mask that attention reads; none where it reads none.
        tokens: tokens run at once, with logits of each, that buffers are set aside for; 0 where
            buffers are those of the step itself.
        cache_page: tokens that a cache is allocated in multiples of.
        inputs: whether the host holds what a step of those tokens is given, embeddings and mask.
        table: whether the table of tokens is held for its own sake, beside what products read.
        appended: whether keys and values are appended by copying: a layer's are made anew beside
            those that it had, and no cache is set aside before.
        embedded: whether tokens as embedded live to the end of the step.
        routed: copies of the rows routed to experts that lie beside those that are combined.
        copied: formats of a tied table that products read a copy of, laid out otherwise.
    """

    source: str = ""
    holding: Holding = NEEDED
    activation_bytes: Fraction | None = None
    mask_bytes: Fraction | None = None
    tokens: int = 0
    cache_page: int = 1
    inputs: bool = False
    table: bool = False
    copied: frozenset[str] = frozenset()
    appended: bool = False
    embedded: bool = False
    routed: int = 0

    def values(self) -> dict[sympy.Symbol, int]:
        """The numbers of the symbols of its sizes."""
        tokens = {MICRO_BATCH: self.tokens} if self.tokens else {}
        return tokens | ({CACHE_PAGE: self.cache_page} if self.cache_page > 1 else {})

    def table_copies(self, table: str, *, tied: bool, apart: bool) -> int:
        """Copies of the table of tokens in a device's memory, beside what products read.

        Args:
            table: the table's format.
            tied: whether products read the table itself.
            apart: whether the device has a memory of its own: the table that is looked up
                stays in the host's.

        >>> Memory(table=True, copied=frozenset({"q6_k"})).table_copies(
        ...     "q6_k", tied=True, apart=False
        ... )
        1
        """
        if apart:
            return 0
        return int(table in self.copied) if tied else 1
