"""Memory bandwidth as STREAM takes it, over arrays that no cache holds.

    copy   c = a         16 B an element of 8 B: one read, one written
    triad  c = 3 b + a   24 B: two read, one written
    read   a . a          8 B: read alone, as weights are

A write may read the line that it writes to first; as in STREAM, that is not counted.

References:
    McCalpin 1995, "Memory Bandwidth and Machine Balance in Current High Performance Computers".
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from edgesym.measuring.calibration.rate import Rate
from edgesym.measuring.latency import Clock, seconds_of

__all__ = ["array_bytes", "bandwidths"]

#: Bytes of an array: at least, at most, and times the largest cache (STREAM asks for 4).
_LEAST, _MOST, _CACHES = 64 * 2**20, 512 * 2**20, 4
#: Of what is free, what the three arrays may take.
_SHARE = 0.25
#: Elements of a block that stays in a core's second cache between the two passes of the triad.
_BLOCK = 2**15
_SCALAR = 3.0


def array_bytes(cache: int, free: int) -> int:
    """Bytes of each of the three arrays.

    >>> array_bytes(32 * 2**20, 8 * 2**30) // 2**20, array_bytes(0, 128 * 2**20) // 2**20
    (128, 10)
    """
    wanted = min(max(_LEAST, _CACHES * cache), _MOST)
    room = int(_SHARE * free / 3) if free else _LEAST
    return min(wanted, room) // 8 * 8


def bandwidths(
    size: int, threads: int, runs: int, budget: float, clock: Clock = time.perf_counter
) -> dict[str, Rate]:
    """B/s of each kind, by so many threads on as many parts of the arrays.

    Args:
        size: bytes of an array.
        runs, budget: of each kind, as of :func:`~edgesym.measuring.latency.timed`.
    """
    a, b, c = (np.full(size // 8, value) for value in (1.0, 2.0, 0.0))
    bounds = np.linspace(0, len(a), threads + 1).astype(int)
    parts = [slice(*pair) for pair in pairwise(bounds)]
    how = f"{threads} threads, arrays of {size // 2**20} MiB"

    def triad(part: slice) -> None:
        for first in range(part.start, part.stop, _BLOCK):
            at = slice(first, min(first + _BLOCK, part.stop))
            np.multiply(b[at], _SCALAR, out=c[at])
            np.add(c[at], a[at], out=c[at])

    kinds: dict[str, tuple[int, Callable[[slice], Any]]] = {
        "read": (8, lambda part: np.dot(a[part], a[part])),
        "copy": (16, lambda part: np.copyto(c[part], a[part])),
        "triad": (24, triad),
    }
    found = {}
    with ThreadPoolExecutor(threads) as pool:
        for kind, (each, work) in kinds.items():
            step = partial(_all, pool, work, parts)
            seconds = seconds_of(step, runs, budget=budget, clock=clock)
            found[kind] = Rate.of(each * len(a), seconds, f"NumPy {np.__version__}", how)
    return found


def _all(pool: Executor, work: Callable[[slice], Any], parts: list[slice]) -> None:
    """Work on every part, and wait for it."""
    for _ in pool.map(work, parts):
        pass
