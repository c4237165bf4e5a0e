"""Changes of a number in terms of itself: ``0.5*peak``, ``idle_power+1W``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from edgesym.domain import checked
from edgesym.errors import ExpressionError
from edgesym.units import parse, refuse_long

__all__ = ["Change", "read_change"]

_NAME = r"(?P<name>[A-Za-z_][\w.]*+)"
_FACTOR = r"(?P<factor>(?:\d[\d_]*+\.?\d*+|\.\d++)(?:[eE][+-]?\d{1,3})?)"
#: What is understood: a factor before or behind a name, or something added to it.
_FORMS = (
    re.compile(rf"\s*+{_FACTOR}\s*+(?P<sign>\*)\s*+{_NAME}\s*+\Z"),
    re.compile(rf"\s*+{_NAME}\s*+(?P<sign>[*/])\s*+{_FACTOR}\s*+\Z"),
    re.compile(rf"\s*+{_NAME}\s*+(?P<sign>[+-])\s*+(?P<added>[\d.].*+)\Z"),
)
#: A float of this size times another may be infinite, but is a float.
_LARGEST = Fraction(sys.float_info.max)
#: A name or a number with a sign behind it: meant as a change, whatever follows.
_STARTS = re.compile(r"\s*+(?:[A-Za-z_][\w.]*+\s*+[-+*/]|[\d._]++(?:[eE][+-]?\d++)?\s*+\*)")


@dataclass(frozen=True, slots=True)
class Change:
    """times x + plus, for whatever a number x was.

    Attributes:
        text: how it was written.
    """

    times: Fraction
    plus: Fraction
    text: str

    def of(self, number: float | Fraction) -> int | float | Fraction:
        """The number changed; exact where it was.

        >>> Change(Fraction(1, 2), Fraction(0), "0.5*hidden").of(4096)
        2048
        """
        if isinstance(number, float):
            return float(self.times) * number + float(self.plus)
        changed = self.times * number + self.plus
        return changed.numerator if changed.denominator == 1 else changed


@checked
def read_change(
    text: str, unit: str, is_it: Callable[[str], bool], *, bare: bool = False
) -> Change | None:
    """The change that a text states, or nothing where it is a plain number.

    >>> read_change("0.5*peak", "FLOP/s", lambda name: name == "peak").times
    Fraction(1, 2)
    >>> read_change("idle_power + 1W", "W", lambda name: name == "idle_power").plus
    Fraction(1, 1)
    >>> read_change("20GB/s", "B/s", lambda name: False) is None
    True

    Args:
        unit: the base unit of the number that is changed; what is added is in a unit of it.
        is_it: whether a name stands for the number itself.
        bare: whether what is added may go without a unit.

    Raises:
        ExpressionError: it names something, and is no change of the number itself.
        UnitError: what is added is no number in such a unit; a text too long for a number.
    """
    refuse_long(text)
    if not _STARTS.match(text):
        return None
    match = next((found for form in _FORMS if (found := form.match(text))), None)
    if match is None or not is_it(match["name"]):
        raise ExpressionError(
            f"{text.strip()!r} is neither a number nor a change of the number itself, written as "
            "0.5*NAME, NAME/2 or NAME+1 with its unit, NAME being what is set"
        )
    written = text.strip()
    sign = match["sign"]
    if sign in "*/":
        factor = Fraction(match["factor"].replace("_", ""))
        if factor == 0:
            raise ExpressionError(f"{written!r}: nothing is left of it, or it has no end")
        times = factor if sign == "*" else 1 / factor
        if times > _LARGEST:
            raise ExpressionError(f"{written!r} is larger than any number here can be")
        return Change(times, Fraction(0), written)
    added = Fraction(str(parse(match["added"], unit, bare=bare)))
    return Change(Fraction(1), added if sign == "+" else -added, written)
