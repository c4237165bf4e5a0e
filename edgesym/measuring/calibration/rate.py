"""A rate or a time that was sustained, with its spread over the repeats."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

__all__ = ["Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """What was sustained.

    Whatever else a machine does makes a run slower and none faster. So the fastest run counts, as
    in STREAM, and its distance from the median one is taken for a standard deviation.

    Attributes:
        value: per second, or seconds.
        std: one standard deviation.
        by: what did it, such as ``NumPy 2.4``.
        how: under which condition.
    """

    value: float
    std: float
    by: str
    how: str

    @classmethod
    def of(cls, amount: float, seconds: Sequence[float], by: str, how: str) -> Self:
        """An amount over the seconds that runs took.

        >>> Rate.of(8, [2.0, 1.0, 2.0], "x", "y")
        Rate(value=8.0, std=4.0, by='x', how='y, best of 3')
        """
        best, usual = amount / min(seconds), amount / statistics.median(seconds)
        return cls(best, best - usual, by, f"{how}, best of {len(seconds)}")

    @classmethod
    def each(cls, seconds: Sequence[float], count: int, by: str, how: str) -> Self:
        """Seconds of one thing, of runs that did it so many times.

        >>> Rate.each([4.0, 2.0, 4.0], 2, "x", "y").value
        1.0
        """
        best, usual = min(seconds) / count, statistics.median(seconds) / count
        return cls(best, usual - best, by, f"{how}, best of {len(seconds)}")

    def as_json(self) -> dict[str, Any]:
        """For the process that asked."""
        return asdict(self)

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Self:
        """What a process left."""
        return cls(**found)
