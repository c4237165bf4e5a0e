"""Units: reading ``20GB/s``, and writing a number so that a person can read it.

Rates and decimal sizes are SI (1 GB = 10^9 B); memory sizes are IEC
(1 GiB = 2^30 B). The unit is always printed.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

from edgesym.domain import Count, Real, checked, checked_but, exact
from edgesym.errors import UnitError, nearest
from edgesym.plain import shown

__all__ = [
    "COUNTED",
    "UNITS",
    "canonical",
    "count",
    "human",
    "human_spread",
    "parse",
    "refuse_long",
    "to_base",
    "units_of",
]

_SI = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1)}
_SI |= {"k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12)}
_SI |= {"P": Fraction(10**15), "p": Fraction(1, 10**12)}
_IEC = {"Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40)}


def _table() -> dict[str, tuple[str, Fraction]]:
    """Every unit that is understood, as its base unit and its factor to it."""
    units: dict[str, tuple[str, Fraction]] = {
        "1": ("1", Fraction(1)),
        "tokens": ("tokens", Fraction(1)),
    }
    for prefix in ("", "k", "M", "G", "T"):
        units[f"{prefix}B"] = ("B", _SI[prefix])
        units[f"{prefix}B/s"] = ("B/s", _SI[prefix])
    for prefix, factor in _IEC.items():
        units[f"{prefix}B"] = ("B", factor)
        units[f"{prefix}B/s"] = ("B/s", factor)
    for prefix in ("", "k", "M", "G", "T", "P"):
        units[f"{prefix}FLOP"] = ("FLOP", _SI[prefix])
        units[f"{prefix}FLOP/s"] = ("FLOP/s", _SI[prefix])
        units[f"{prefix}OP/s"] = ("FLOP/s", _SI[prefix])
    for prefix in ("n", "u", "m", ""):
        units[f"{prefix}s"] = ("s", _SI[prefix])
    for prefix in ("p", "n", "u", "m", "", "k", "M", "G"):
        units[f"{prefix}J"] = ("J", _SI[prefix])
        units[f"{prefix}W"] = ("W", _SI[prefix])
    for prefix in ("p", "n", ""):
        units[f"{prefix}J/FLOP"] = ("J/FLOP", _SI[prefix])
        units[f"{prefix}J/B"] = ("J/B", _SI[prefix])
    units["FLOP/B"] = ("FLOP/B", Fraction(1))
    units["tokens/s"] = ("tokens/s", Fraction(1))
    return units


#: Unit -> (base unit, factor).
UNITS = _table()
_COUNTS = ("1", "tokens", "sequences")
#: Letter behind a count -> what it multiplies. Context lengths are named in multiples of 1,024:
#: a model of 128k takes 131,072 tokens (Llama 3 herd of models, arXiv:2407.21783, table 3;
#: ``max_position_embeddings`` of Llama 3.1 is 131072).
COUNTED = {"k": 2**10, "M": 2**20}
#: No part gives back what it took, so a text is read in one pass, whatever it holds.
_NUMBER = re.compile(
    r"\s*+([+-]?(?:\d[\d_]*+\.?\d*+|\.\d++)(?:[eE][+-]?\d{1,3})?)\s*+(\S*+)\s*+\Z", re.ASCII
)
#: Characters of a number with its unit: a double is written in 24, an exact one in some more.
_LONGEST = 120


@checked
def canonical(unit: str) -> tuple[str, Fraction]:
    """The base unit and the factor to it, for instance ``("B", 2**30)`` for GiB.

    Raises:
        UnitError: an unknown unit.
    """
    if unit not in UNITS:
        close = nearest(unit, UNITS)
        hint = f"; nearest: {', '.join(close)}" if close else f"; known: {', '.join(UNITS)}"
        raise UnitError(f"unknown unit {unit!r}{hint}")
    return UNITS[unit]


@checked_but("value")
def to_base(value: float, unit: str, expected: str) -> float:
    """``value`` in the base unit ``expected``.

    >>> to_base(17.07, "GB/s", "B/s")
    17070000000.0

    Raises:
        UnitError: an unknown unit, one of another dimension, or no number.
    """
    base, factor = canonical(unit)
    if base != expected:
        raise UnitError(f"unit {unit!r} measures {base}, where {expected} is needed")
    called = f"{shown(value)} {unit}"
    try:
        wanted = Fraction(str(exact(value))) * factor
    except ValueError as error:
        raise UnitError(f"{called} is no number that can be computed with") from error
    return _as_double(wanted, called)


def _as_double(wanted: Fraction, called: str) -> float:
    """The double next to a number.

    Raises:
        UnitError: it is larger than all of them, or closer to 0, and is not 0.
    """
    try:
        found = float(wanted)
    except OverflowError as error:
        raise UnitError(f"{called} is larger than any number here can be") from error
    if wanted and not found:
        raise UnitError(f"{called} is closer to 0 than any number here can be")
    return found


@checked
def count(text: str) -> int:
    """A whole number, which may be in k (1,024) or M (1,024 x 1,024).

    >>> count("8k"), count("1M"), count("1.5k"), count("512")
    (8192, 1048576, 1536, 512)

    Raises:
        UnitError: no whole number.
    """
    refuse_long(text)
    match = _NUMBER.match(text)
    number = Fraction(match[1].replace("_", "")) if match else Fraction(1, 2)
    factor = COUNTED.get(match[2], 0 if match[2] else 1) if match else 1
    if factor == 0 or (number * factor).denominator != 1:
        raise UnitError(
            f"{text.strip()!r} is not a whole number, nor one in k (1,024) or M (1,024 x 1,024) "
            "such as 8k = 8192"
        )
    return int(number * factor)


@checked
def refuse_long(text: str) -> None:
    """Refuse what is too long to be a number with its unit, before it is read.

    Raises:
        UnitError: more than 120 characters.
    """
    if len(text) > _LONGEST:
        raise UnitError(
            f"{text[:20]!r}... is of {len(text)} characters; a number with its unit has "
            f"{_LONGEST} at most: write it as a power of ten, such as 1e12"
        )


@checked
def units_of(base: str) -> list[str]:
    """The units that are multiples of a base unit, in the order of the table.

    >>> units_of("s")
    ['ns', 'us', 'ms', 's']
    """
    return [unit for unit, (of, _) in UNITS.items() if of == base]


@checked
def parse(text: str, expected: str, *, bare: bool = False) -> float:
    """A number with its unit, in the base unit ``expected``.

    A count, a ratio and 0 need no unit, and nothing does where ``bare`` is true. A count may
    be in k or M (:data:`COUNTED`).

    >>> parse("20GB/s", "B/s"), parse("50 ms", "s"), parse("0", "s"), parse("0.5", "1")
    (20000000000.0, 0.05, 0.0, 0.5)
    >>> parse("128k", "tokens")
    131072.0

    Raises:
        UnitError: not a number, no unit, an unknown one, or one of another dimension.
    """
    refuse_long(text)
    match = _NUMBER.match(text)
    if not match:
        raise UnitError(f"{text!r} is not a number with a unit (for example 20GB/s)")
    counted = COUNTED.get(match[2]) if expected in _COUNTS else None
    value = _as_double(Fraction(match[1].replace("_", "")) * (counted or 1), repr(text))
    if counted:
        return value
    if value and not (match[2] or bare or expected in _COUNTS):
        units = ", ".join(units_of(expected))
        raise UnitError(f"{text.strip()} has no unit; write one behind it: {units}")
    return to_base(value, match[2] or expected, expected)


@checked
def human(value: Real, unit: str, digits: Count = 4) -> str:
    """A number with the prefix that makes it readable; bytes in IEC units.

    >>> human(2471493632, "FLOP"), human(2471493632, "B"), human(0.00042, "s")
    ('2.471 GFLOP', '2.302 GiB', '420 us')
    """
    if not math.isfinite(value):
        return f"{value} {unit}"
    factor, name = _prefixed(value, unit)
    return f"{_significant(value / factor, digits)} {name}".removesuffix(" 1")


@checked
def human_spread(value: Real, std: Real, unit: str) -> str:
    """A number with its standard deviation, both in the unit that suits the number.

    The standard deviation has two digits, and the number as many decimals (GUM 7.2.6).

    >>> human_spread(0.05559, 0.00231, "s"), human_spread(0.67, 0.044, "1")
    ('55.6 +- 2.3 ms', '0.670 +- 0.044')
    """
    if not 0 < std < math.inf:
        return human(value, unit)
    factor, name = _prefixed(max(abs(value), std), unit)
    decimals = 1 - math.floor(math.log10(std / factor))
    numbers = (f"{round(x / factor, decimals):,.{max(decimals, 0)}f}" for x in (value, std))
    return f"{' +- '.join(numbers)} {name}".removesuffix(" 1")


def _prefixed(value: float, unit: str) -> tuple[float, str]:
    """The factor and the name of the unit that makes a number readable."""
    if unit == "B":
        prefixes = {"": Fraction(1), **_IEC}
    elif unit == "s":
        prefixes = {p: f for p, f in _SI.items() if f <= 1 and p != "p"}
    elif unit in ("1", "tokens", "FLOP/B", "tokens/s"):
        return 1.0, unit
    else:
        # every prefix that can be read back; a fraction of a byte or FLOP has none
        prefixes = {p: f for p, f in _SI.items() if f"{p}{unit}" in UNITS}
    if not prefixes:
        canonical(unit)  # it is none
    if value == 0:
        return 1.0, unit
    fitting = [(f, p) for p, f in prefixes.items() if abs(value) >= float(f)]
    factor, prefix = max(fitting, default=min((f, p) for p, f in prefixes.items()))
    return float(factor), f"{prefix}{unit}"


def _significant(value: float, digits: int) -> str:
    if value == int(value) and abs(value) < 10**15:
        return f"{int(value):,}" if abs(value) >= 10**6 else str(int(value))
    rounded = f"{value:.{digits}g}"
    if "e" in rounded and 1e-4 <= abs(value) < 1e9:
        return f"{value:.0f}" if abs(value) > 1 else f"{value:.6f}"
    return rounded
