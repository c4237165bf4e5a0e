"""A rate or a time that was sustained, with its spread over the repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from edgesym.measuring.latency import Latency

__all__ = ["Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """What was sustained.

    Attributes:
        value: per second, or seconds; median of the repeats.
        std: one standard deviation of them, from their quartiles.
        by: what did it, such as ``NumPy 2.4``.
        how: under which condition.
    """

    value: float
    std: float
    by: str
    how: str

    @classmethod
    def of(cls, amount: float, took: Latency, by: str, how: str) -> Self:
        """An amount over the seconds that it took, which spread as the seconds do.

        >>> Rate.of(8, Latency(2.0, 1.8, 2.2, 9, 1), "x", "y").value
        4.0
        """
        value = amount / took.median
        return cls(value, value * took.std / took.median, by, f"{how}, median of {took.runs}")

    def as_json(self) -> dict[str, Any]:
        """For the process that asked."""
        return asdict(self)

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Self:
        """What a process left."""
        return cls(**found)
