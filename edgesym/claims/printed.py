"""Printed numbers: their digits, ranges, bounds, prefixes and units.

GB is 10^9 bytes and GiB 2^30, as everywhere (edgesym.units); nothing is taken for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from edgesym.errors import ConfigError, EdgesymError, nearest
from edgesym.units import UNITS as KNOWN

__all__ = ["Printed", "Unit", "read_printed", "swapped", "tolerance_of", "unit_powers", "written"]

#: Powers of base units: bytes a second are ``(("B", 1), ("s", -1))``.
Unit = tuple[tuple[str, int], ...]

_NUMBER = r"[-+]?(?:\d[\d,_]*)(?:\.\d+)?"
_POWER = (
    r"(?:\s*[eE]([-+]?\d{1,3})"
    r"|\s*(?:x|\*|\u00d7|\\times|\\cdot|\u00b7)\s*10\s*(?:\^|\*\*)\s*\{?\s*([-+]?\d{1,3})\s*\}?)?"
)
_TEXT = re.compile(
    rf"\s*(?:~|\u2248|\\approx|\\sim|about|around|roughly|approximately|circa|nearly)?\s*"
    rf"(?P<bound><=?|>=?|\u2264|\u2265|\\leq?|\\geq?|at most|at least|less than|more than|under"
    rf"|up to|over|below|above)?\s*"
    rf"(?P<one>{_NUMBER})(?P<pow1>{_POWER})"
    rf"(?:\s*(?:-|\u2013|--|\bto\b|\band\b)\s*(?P<two>{_NUMBER})(?P<pow2>{_POWER}))?"
    r"\s*(?P<unit>.*?)\s*\Z"
)
_LONGEST = 120
_BOUNDS = {
    **dict.fromkeys(("<=", "\u2264", "\\le", "\\leq", "at most", "up to"), "<="),
    **dict.fromkeys(("<", "less than", "under", "below"), "<"),
    **dict.fromkeys((">=", "\u2265", "\\ge", "\\geq", "at least"), ">="),
    **dict.fromkeys((">", "more than", "over", "above"), ">"),
}
#: What multiplies a count, by suffix or word.
_COUNTS = {
    **dict.fromkeys(("K", "k", "thousand"), 10**3),
    **dict.fromkeys(("M", "million", "Mio"), 10**6),
    **dict.fromkeys(("B", "G", "billion", "bn"), 10**9),
    **dict.fromkeys(("T", "trillion"), 10**12),
    **dict.fromkeys(("Q", "P", "quadrillion"), 10**15),
}
_PREFIXES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_PREFIXES |= {"E": 10**18, "Z": 10**21, "Y": 10**24}
_IEC = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}
_SECONDS = {"minute": 60, "min": 60, "hour": 3600, "h": 3600, "day": 86400, "week": 604800}
#: A year of 365.25 days, the Julian one (IAU).
_SECONDS |= {"year": 31557600, "second": 1, "sec": 1, "month": 31557600 // 12}
#: Words that count something, and say nothing of a unit.
_THINGS = (
    *("parameters", "params", "parameter", "tokens", "token", "elements", "weights", "layers"),
    *("heads", "sequences", "GPUs", "devices", "times", "x", "\u00d7", "fold", "-fold", "\\times"),
)


def _spelled() -> Iterator[tuple[str, Unit, Fraction]]:
    """Every way in which a unit is written: its powers and its factor."""
    for name, (base, factor) in KNOWN.items():
        yield name, unit_powers(base), factor
    rate, work = (("FLOP", 1), ("s", -1)), (("FLOP", 1),)
    for prefix, power in _PREFIXES.items():
        for word in ("FLOP", "FLOPs", "flop", "flops", "OP", "OPs"):
            yield f"{prefix}{word}", work, Fraction(power)
            yield f"{prefix}{word}/s", rate, Fraction(power)
        yield f"{prefix}FLOPS", rate if prefix else work, Fraction(power)
        yield f"{prefix}FLOP/s-days", work, Fraction(power * 86400)
        yield f"{prefix}FLOP/s-day", work, Fraction(power * 86400)
        yield f"{prefix}F-days", work, Fraction(power * 86400)
        for word in ("B", "byte", "bytes", "Byte", "Bytes"):
            yield f"{prefix}{word}", (("B", 1),), Fraction(power)
            yield f"{prefix}{word}/s", (("B", 1), ("s", -1)), Fraction(power)
        for word in ("bit", "bits", "b"):
            yield f"{prefix}{word}", (("B", 1),), Fraction(power, 8)
            yield f"{prefix}{word}/s", (("B", 1), ("s", -1)), Fraction(power, 8)
        yield f"{prefix}bps", (("B", 1), ("s", -1)), Fraction(power, 8)
        yield f"{prefix}Wh", (("J", 1),), Fraction(power * 3600)
    for prefix, size in _IEC.items():
        yield f"{prefix}B", (("B", 1),), Fraction(size)
        yield f"{prefix}B/s", (("B", 1), ("s", -1)), Fraction(size)
    for word, length in _SECONDS.items():
        yield word, (("s", 1),), Fraction(length)
        yield f"{word}s", (("s", 1),), Fraction(length)
    for word in ("\u00b5s", "\u03bcs", "\\mu s", "mus"):
        yield word, (("s", 1),), Fraction(1, 10**6)
    for word in ("tok/s", "token/s", "tokens/s", "tokens per second", "t/s", "/s"):
        yield word, (("s", -1),), Fraction(1)
    for word in ("%", "\\%", "percent", "per cent"):
        yield word, (), Fraction(1, 100)
    for word in _THINGS:
        yield word, (), Fraction(1)
    yield "", (), Fraction(1)


def unit_powers(unit: str) -> Unit:
    """The powers of the base units of ``B/s`` and the like; counts have none.

    >>> unit_powers("FLOP/s"), unit_powers("tokens/s"), unit_powers("W")
    ((('FLOP', 1), ('s', -1)), (('s', -1),), (('J', 1), ('s', -1)))
    """
    powers: dict[str, int] = {}
    for place, name in enumerate(unit.split("/")):
        for base, power in {"W": {"J": 1, "s": -1}}.get(name, {name: 1}).items():
            if base not in ("1", "tokens", "sequences"):
                powers[base] = powers.get(base, 0) + (-power if place else power)
    return tuple(sorted((name, p) for name, p in powers.items() if p))


_SPELLED: dict[str, tuple[Unit, Fraction]] = {
    name: (unit, factor) for name, unit, factor in reversed(tuple(_spelled()))
}


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number, or the two ends of a range, in base units.

    Attributes:
        low: the number, or the lower end.
        high: the same, or the upper end.
        slack: half of the last printed digit of either.
        bound: ``<=``, ``<``, ``>=``, ``>`` where it is one, or empty.
        unit: its unit as printed.
        factor: what that unit is of its base.
    """

    low: Fraction
    high: Fraction
    slack: tuple[Fraction, Fraction]
    bound: str = ""
    unit: str = ""
    factor: Fraction = Fraction(1)

    def fits(self, value: Fraction | float, tolerance: Fraction | None = None) -> bool:
        """Whether a value rounds to it, lies between its ends, or is within a tolerance."""
        match self.bound:
            case "<=" | "<":
                limit = self.high + (abs(self.high) * tolerance if tolerance else 0)
                return value < limit or (self.bound == "<=" and value == limit)
            case ">=" | ">":
                limit = self.low - (abs(self.low) * tolerance if tolerance else 0)
                return value > limit or (self.bound == ">=" and value == limit)
        low, high = self.slack
        if tolerance is not None:
            low, high = abs(self.low) * tolerance, abs(self.high) * tolerance
        return self.low - low <= value <= self.high + high


def read_printed(text: str, unit: Unit) -> Printed:
    """A printed number in base units.

    >>> read_printed("15.66 GB", (("B", 1),)).low
    Fraction(15660000000, 1)
    >>> found = read_printed("60-70 %", ())
    >>> float(found.low), float(found.high)
    (0.6, 0.7)

    Raises:
        ConfigError: no such number, or a unit of another dimension.
    """
    match = _TEXT.match(text) if len(text) <= _LONGEST else None
    if not match:
        text = text[:_LONGEST]
        raise ConfigError(f"printed = {text!r} is not a number with a unit, such as '15.66 GB'")
    suffix = match["unit"].removeprefix("\\,").strip()
    factor = _factor(text, suffix, unit)
    ends = [_end(match["one"], match["pow1"] or match["pow2"] or "")]
    if match["two"]:
        ends.append(_end(match["two"], match["pow2"] or ""))
    (low, below), (high, above) = ends[0], ends[-1]
    if low > high:
        raise ConfigError(f"printed = {text!r} is a range that ends before it begins")
    bound = _BOUNDS.get(match["bound"] or "", "")
    return Printed(
        low * factor, high * factor, (below * factor, above * factor), bound, suffix, factor
    )


def _end(digits: str, power: str) -> tuple[Fraction, Fraction]:
    """A number and half of its last digit."""
    bare = digits.replace(",", "").replace("_", "")
    exponent = re.search(r"((?:[-+]|(?<![-+\d]))\d+)\Z", power.rstrip().removesuffix("}").rstrip())
    scale = Fraction(10) ** int(exponent[1]) if exponent else Fraction(1)
    decimals = len(bare.partition(".")[2])
    return Fraction(bare) * scale, scale / 2 / 10**decimals


def _factor(text: str, suffix: str, unit: Unit) -> Fraction:
    counted, _, thing = suffix.partition(" ")
    countable = unit in ((), (("FLOP", 1),))
    if countable and counted in _COUNTS and thing in ("", *_THINGS, "FLOP", "FLOPs"):
        return Fraction(_COUNTS[counted])
    if suffix == "" and unit:
        return Fraction(1)
    if suffix not in _SPELLED:
        close = nearest(suffix, _SPELLED)
        hint = f"; nearest: {', '.join(close)}" if close else ""
        raise ConfigError(f"printed = {text!r}: unknown unit {suffix!r}{hint}")
    found, factor = _SPELLED[suffix]
    if found != unit and not (found == () and factor == 1 and suffix in _THINGS and countable):
        raise ConfigError(
            f"printed = {text!r} is in {written(found)}, where {written(unit)} is needed"
        )
    return factor


def written(unit: Unit) -> str:
    """A unit in words.

    >>> written((("B", 1), ("s", -1))), written(())
    ('B/s', 'a pure number')
    """
    above = " ".join(n if p == 1 else f"{n}^{p}" for n, p in unit if p > 0)
    below = "".join(f"/{n}" if p == -1 else f"/{n}^{-p}" for n, p in unit if p < 0)
    return f"{above or 1 if below else above}{below}" or "a pure number"


def tolerance_of(text: str | float) -> float:
    """A relative tolerance: ``"5 %"``, ``"0.05"`` or 0.05.

    Raises:
        ConfigError: no number from 0 to 1, exclusively.
    """
    try:
        found = float(read_printed(str(text), ()).low)
    except EdgesymError:  # refused below
        found = -1.0
    if isinstance(text, bool) or not 0 < found < 1:
        raise ConfigError(f"tolerance = {text!r}; write a part of the number, such as '5 %'")
    return found


def swapped(unit: str) -> tuple[str, Fraction] | None:
    """The unit that a size in it may have been meant in: GiB for GB, GB for GiB.

    >>> swapped("GB")
    ('GiB', Fraction(1073741824, 1))
    """
    other = unit.replace("iB", "B", 1) if "iB" in unit else unit.replace("B", "iB", 1)
    other = other.replace("kiB", "KiB")
    found = _SPELLED.get(other)
    return (other, found[1]) if found and other != unit else None
