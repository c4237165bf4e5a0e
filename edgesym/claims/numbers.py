"""Numbers printed for named models, beside what an equation and our derivation give there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from edgesym.claims.reference import rates, values_of
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, EdgesymError
from edgesym.symbols import TABLE, symbol
from edgesym.units import canonical

__all__ = ["Number", "compare_number", "parse_printed"]

_TEXT = re.compile(r"\s*(\d[\d,_]*(?:\.\d+)?)(?:[eE]([+-]?\d{1,3}))?\s*(\S*)\s*\Z")
_COUNTS = {"": 1, "K": 10**3, "k": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12}


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number.

    Attributes:
        model: the card it is for.
        printed: as it stands.
        theirs: what the equation gives there; None where it has no value.
        ours: what the graph of that model gives.
        agrees: whether ours rounds to the printed digits.
        follows: whether theirs does.
    """

    model: str
    printed: str
    theirs: float | None
    ours: float | None
    agrees: bool
    follows: bool

    def as_json(self) -> dict[str, Any]:
        """The fields."""
        return {
            "model": self.model,
            "printed": self.printed,
            "theirs": self.theirs,
            "ours": self.ours,
            "ours_rounds_to_it": self.agrees,
            "theirs_rounds_to_it": self.follows,
        }


def parse_printed(text: str, unit: str) -> tuple[Fraction, Fraction]:
    """A printed number in the base unit, and half of its last digit.

    >>> parse_printed("15.66 GB", "B")
    (Fraction(15660000000, 1), Fraction(5000000, 1))
    >>> parse_printed("47B", "1")[0]
    Fraction(47000000000, 1)

    Raises:
        ConfigError: no such number, or a unit of another dimension.
    """
    match = _TEXT.match(text)
    if not match:
        raise ConfigError(f"printed = {text!r} is not a number with a unit, such as '15.66 GB'")
    digits, power, suffix = match[1].replace(",", "").replace("_", ""), int(match[2] or 0), match[3]
    if unit in ("1", "tokens", "FLOP") and suffix in _COUNTS:
        factor = Fraction(_COUNTS[suffix])
    else:
        base, factor = canonical(suffix or unit)
        if base != unit:
            raise ConfigError(f"printed = {text!r} is in {base}, where {unit} is needed")
    factor *= Fraction(10) ** power
    decimals = len(digits.partition(".")[2])
    return Fraction(digits) * factor, factor / 2 / 10**decimals


def _require_figures(model: str, known: Collection[sympy.Symbol], *sides: sympy.Expr) -> None:
    """Refuse a row without a figure of a device that one of the sides needs."""
    needed = {s for side in sides for s in side.free_symbols & rates() if s not in known}
    words = [word for word in TABLE if symbol(word) in needed]
    if words:
        remedy = " and ".join(f"{word} = ..." for word in words)
        raise ConfigError(
            f"numbers: the row for {model} has no {', no '.join(words)}, a figure of a device "
            f"that both sides are put in with; add {remedy}"
        )


def compare_number(
    row: Mapping[str, Any], unit: str, theirs: sympy.Expr, ours: Callable[[str], sympy.Expr]
) -> Number:
    """One row of ``numbers`` of a claim.

    Args:
        row: ``model``, ``printed``, and values of words.
        unit: unit of the quantity.
        theirs: the equation over the symbols of the table.
        ours: the derivation of a model.

    Raises:
        ConfigError: the row lacks a key or a figure of a device, or has an unknown word.
    """
    if not {"model", "printed"} <= row.keys():
        raise ConfigError(f"numbers: {dict(row)!r} needs model and printed")
    model = str(row["model"])
    values: dict[sympy.Symbol, Any] = dict(values_of(model))
    for word, given in row.items():
        if word in ("model", "printed"):
            continue
        if word not in TABLE or isinstance(given, bool) or not isinstance(given, int | float):
            raise ConfigError(f"numbers: {word} = {given!r} is no word of the table with a number")
        values[symbol(word)] = given
        if word == "bytes_per_element":
            values |= {symbol(w): given for w in TABLE if w.endswith("_bytes_per_element")}
    wanted, slack = parse_printed(str(row["printed"]), unit)

    def value(expression: sympy.Expr) -> float | None:
        try:
            return float(evaluate(expression, values))
        except (EdgesymError, ArithmeticError):
            return None

    mine = ours(model)
    _require_figures(model, values.keys(), theirs, mine)
    claimed, derived = value(theirs), value(mine)

    def close(number: float | None) -> bool:
        return number is not None and abs(Fraction(number) - wanted) <= slack

    return Number(model, str(row["printed"]), claimed, derived, close(derived), close(claimed))
