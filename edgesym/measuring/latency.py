"""Seconds of what was run several times."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

__all__ = ["Clock", "Latency", "seconds_of"]

#: What tells the time, s.
Clock = Callable[[], float]
#: Standard deviation of a normal distribution in units of its interquartile range. Source:
#: 2 x the 0.75 quantile of a standard normal distribution.
_IQR = 1.349


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of a step, run several times.

    Attributes:
        median: of the runs, s.
        low, high: their quartiles, s.
        runs: that were timed.
        warm: runs before, that were not.
    """

    median: float
    low: float
    high: float
    runs: int
    warm: int

    @classmethod
    def of(cls, seconds: Iterable[float], warm: int) -> Self:
        """Median and quartiles of what was timed.

        >>> Latency.of([4, 1, 2, 3, 9], warm=1)
        Latency(median=3, low=2, high=4, runs=5, warm=1)
        """
        found = sorted(seconds)
        last = len(found) - 1
        low, median, high = (found[round(last * part)] for part in (0.25, 0.5, 0.75))
        return cls(median, low, high, len(found), warm)

    @property
    def std(self) -> float:
        """One standard deviation, from the quartiles: a run that was disturbed changes nothing."""
        return (self.high - self.low) / _IQR


def seconds_of(
    step: Callable[[], Any],
    runs: int,
    *,
    warm: int = 1,
    budget: float = math.inf,
    clock: Clock = time.perf_counter,
) -> list[float]:
    """Seconds of a step, of each run.

    Args:
        runs: how often, if the ``budget`` of seconds lasts; at least once.
        warm: runs before the clock.
    """
    for _ in range(warm):
        step()
    seconds: list[float] = []
    while len(seconds) < runs and (not seconds or sum(seconds) < budget):
        begun = clock()
        step()
        seconds.append(clock() - begun)
    return seconds
