"""How far a number may lie from its value: a standard deviation, or bounds."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from edgesym.errors import UnitError
from edgesym.units import parse, refuse_long

__all__ = ["EXACT", "Spread", "has_spread", "read_spread"]


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a number may lie from its value.

    Attributes:
        std: one standard deviation, in the unit of the number; 0 is exact.
        bounds: what the number lies between, where that is what is known.
    """

    std: float = 0.0
    bounds: tuple[float, float] | None = None

    @classmethod
    def between(cls, low: float, high: float) -> Spread:
        """Anywhere between two bounds: (high - low) / sqrt(12), a uniform distribution.

        >>> Spread.between(15, 17).std
        0.5773502691896258

        References:
            JCGM 100:2008 (GUM), 4.3.7.
        """
        return cls((high - low) / math.sqrt(12), (low, high))


EXACT = Spread()

_SIGN = re.compile(r"\+-|±|\.\.")
_UNIT = re.compile(r"(?<![A-Za-z/])[A-Za-z/]*\Z")


def has_spread(text: str) -> bool:
    """Whether a text gives a spread, such as ``16+-1GB/s``."""
    return bool(_SIGN.search(text))


def read_spread(text: str, unit: str) -> tuple[float, Spread]:
    """A number and its spread in the base unit; a side without a unit has the other's.

    Of two bounds the number is the middle.

    >>> read_spread("17+-0.5GB/s", "B/s")
    (17000000000.0, Spread(std=500000000.0, bounds=None))
    >>> read_spread("15..17 GB/s", "B/s")[0]
    16000000000.0
    >>> read_spread("20GB/s", "B/s")[1] == EXACT
    True

    Raises:
        UnitError: not such a number.
    """
    refuse_long(text)
    sign = _SIGN.search(text)
    if not sign:
        return parse(text, unit), EXACT
    left, right = text[: sign.start()], text[sign.end() :]
    try:
        first = parse(left + _missing_unit(left, right), unit)
        second = parse(right + _missing_unit(right, left), unit)
    except UnitError as error:
        raise UnitError(f"{error}; write a spread as 16+-1GB/s or 15..17GB/s") from error
    if sign[0] == "..":
        return (first + second) / 2, Spread.between(first, second)
    return first, Spread(second)


def _missing_unit(side: str, other: str) -> str:
    """The unit that a side takes from the other."""
    return "" if _unit(side) else _unit(other)


def _unit(side: str) -> str:
    found = _UNIT.search(side.rstrip())
    return found[0] if found else ""
