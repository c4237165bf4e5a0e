"""Timing, for every benchmark."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from edgesym.architectures.model import Model, _built
from edgesym.ledger import ledger
from edgesym.quantities.registry import computed

__all__ = ["forget", "in_turns", "seconds", "table"]

K = TypeVar("K", bound=Hashable)


def seconds(work: Callable[[], object], runs: int = 5) -> float:
    """The fastest of several runs."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def forget(model: Model) -> None:
    """Keep nothing of a model from before: neither blocks nor ledgers nor closed forms."""
    _built.cache_clear()
    ledger.cache_clear()
    computed.cache_clear()


def in_turns(work: Mapping[K, Callable[[], object]], runs: int = 7) -> dict[K, float]:
    """The fastest of several runs of each, one after the other, so that all meet the same load."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(runs):
        for name, run in work.items():
            best[name] = min(best[name], seconds(run, 1))
    return best


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the first to the left."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (heads, *rows)
    ]
    return "\n".join(lines) + "\n"
