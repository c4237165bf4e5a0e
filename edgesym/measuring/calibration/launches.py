"""What it costs to start an operation, however small it is.

A runtime dispatches an operation and hands parts of it to its threads. Threads that spin take them
at once, threads that sleep have to be woken: a launch lies between the dispatch alone and the
dispatch with one waking. Which it is depends on the runtime and on what else the machine does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any

import numpy as np

from edgesym.measuring.calibration.rate import Rate
from edgesym.measuring.latency import Clock, seconds_of

__all__ = ["dispatch", "waking"]

#: Launches that one timing is over.
_MANY = 1000


def dispatch(
    runs: int, operation: Callable[[], Any] | None = None, clock: Clock = time.perf_counter
) -> Rate:
    """Seconds of a small operation; of NumPy unless another is given."""
    a, b = np.ones(16), np.ones(16)
    work = operation or (lambda: np.add(a, b, out=a))

    def many() -> None:
        for _ in range(_MANY):
            work()

    took = seconds_of(many, runs, clock=clock)
    return Rate.each(took, _MANY, "", f"{_MANY} in a row")


def waking(runs: int, clock: Clock = time.perf_counter) -> Rate:
    """Seconds to wake a thread that waits for a lock, by two that wake one another in turn."""

    def many() -> None:
        mine, others = Lock(), Lock()
        mine.acquire()
        others.acquire()

        def other() -> None:
            for _ in range(_MANY):
                others.acquire()
                mine.release()

        thread = Thread(target=other)
        thread.start()
        for _ in range(_MANY):
            others.release()
            mine.acquire()
        thread.join()

    took = seconds_of(many, runs, clock=clock)
    return Rate.each(took, 2 * _MANY, "", f"{2 * _MANY} in a row")
