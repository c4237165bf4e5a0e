"""Timing, for every benchmark."""

import time
from collections.abc import Callable

from edgesym.architectures.model import Model
from edgesym.ledger import ledger
from edgesym.quantities.registry import computed

__all__ = ["forget", "seconds"]


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
    model._built.clear()
    ledger.cache_clear()
    computed.cache_clear()
