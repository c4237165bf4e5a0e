"""Numbers printed for named models, beside what an equation and our derivation give there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from edgesym.catalogue import REGISTRY
from edgesym.claims.derive import Subject, derive, names_of, total
from edgesym.claims.printed import (
    Printed,
    Unit,
    read_printed,
    swapped,
    tolerance_of,
    unit_powers,
    written,
)
from edgesym.claims.reference import rates, values_of
from edgesym.engine.evaluate import evaluate
from edgesym.errors import ConfigError, EdgesymError, nearest
from edgesym.symbols import TABLE, symbol

__all__ = ["KEYS", "Number", "compare_number", "quantities_in", "values_in"]

#: Keys of a row that are no words.
KEYS = ("model", "printed", "tolerance")
#: A model's nominal size in its name: 70b in llama-3.1-70b, but not 8x7b.
_NOMINAL = re.compile(r"(?<![\dx.a-z])(\d+(?:\.\d+)?)b(?![a-z\d])")
#: Quantities that scale with the parameters.
_OF_PARAMETERS = ("parameters", "weight", "storage", "footprint", "load_time")
_OF_USED = ("flops", "compute_time")
#: What a printed number may be off by, and how that is called.
_SLIPS = {
    Fraction(8): "bits and bytes are mixed",
    Fraction(1000): "a prefix is off by 1,000",
    Fraction(10**6): "a prefix is off by 10^6",
    Fraction(2): "it is twice, or half, of it",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number.

    Attributes:
        model: the card it is for.
        printed: as it stands.
        theirs: what the equation gives there; None where it has no value.
        ours: what the graph of that model gives.
        agrees: whether ours rounds to the printed digits, or is within the tolerance.
        follows: whether theirs does.
        why: what explains a number that does not agree; empty if nothing does.
        nominal: whether it agrees with the nominal size of the model, as 70B for 70.55B.
        unit: the base unit of both values.
        shown: ours in the printed unit.
    """

    model: str
    printed: str
    theirs: float | None
    ours: float | None
    agrees: bool
    follows: bool
    why: str = ""
    nominal: bool = False
    unit: str = "1"
    shown: str = "no value"

    @property
    def words(self) -> str:
        """What is said of one that does not agree."""
        why = f"; {self.why}" if self.why else ""
        return f"{self.printed} printed for {self.model}: the graph gives {self.shown}{why}"

    def as_json(self) -> dict[str, Any]:
        """The fields."""
        return {
            "model": self.model,
            "printed": self.printed,
            "theirs": self.theirs,
            "ours": self.ours,
            "unit": self.unit,
            "ours_rounds_to_it": self.agrees,
            "theirs_rounds_to_it": self.follows,
            "nominal": self.nominal,
            "why": self.why,
        }


def values_in(row: Mapping[str, Any], model: str) -> dict[sympy.Symbol, Any]:
    """The numbers of the symbols for a row: the model's, and those of its words.

    A word is given as a number, or as text with a unit: ``memory_bandwidth = "3.35 TB/s"``.

    Raises:
        ConfigError: a key that is no word, or a value that is no number of it.
    """
    values: dict[sympy.Symbol, Any] = dict(values_of(model))
    for word, given in row.items():
        if word in KEYS or word in REGISTRY:
            continue
        if word not in TABLE:
            close = nearest(word, TABLE)
            hint = f"; nearest: {', '.join(close)}" if close else ""
            raise ConfigError(f"numbers: {word} = {given!r} is no word of the table{hint}")
        values[symbol(word)] = _given(word, given, TABLE[word].unit)
        if word == "bytes_per_element":
            same = values[symbol(word)]
            values |= {symbol(w): same for w in TABLE if w.endswith("_bytes_per_element")}
    return values


def quantities_in(row: Mapping[str, Any]) -> dict[str, int | float | Fraction]:
    """The numbers that a row gives for quantities: ``parameters = "70B"``."""
    return {
        name: _given(name, given, REGISTRY[name].unit)
        for name, given in row.items()
        if name in REGISTRY
    }


def _given(word: str, given: Any, unit: str) -> int | float | Fraction:
    if isinstance(given, str):
        found = read_printed(given, unit_powers(unit))
        if found.low != found.high or found.bound:
            raise ConfigError(f"numbers: {word} = {given!r} is not one number")
        given = int(found.low) if found.low.denominator == 1 else found.low
    if isinstance(given, bool) or not isinstance(given, int | float | Fraction):
        raise ConfigError(f"numbers: {word} = {given!r} is no word of the table with a number")
    return given


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
    row: Mapping[str, Any],
    quantity: str,
    unit: Unit,
    theirs: sympy.Expr,
    ours: Callable[[str], sympy.Expr],
    tolerance: str | float = "",
) -> Number:
    """One row of ``numbers`` of a claim.

    Args:
        row: ``model``, ``printed``, ``tolerance`` in place of the printed digits, and words.
        quantity: what the number is of.
        unit: its unit.
        theirs: the equation over the symbols of the table.
        ours: the derivation of a model.
        tolerance: that of the claim, where the row has none.

    Raises:
        ConfigError: the row lacks a key or a figure of a device, or has an unknown word.
    """
    if not {"model", "printed"} <= row.keys():
        raise ConfigError(f"numbers: {dict(row)!r} needs model and printed")
    model, text = str(row["model"]), str(row["printed"])
    values = values_in(row, model)
    printed = read_printed(text, unit)
    allowed = row.get("tolerance", tolerance)
    within = Fraction(str(tolerance_of(allowed))) if allowed else None

    def value(expression: sympy.Expr) -> float | None:
        try:
            return float(evaluate(expression, values))
        except (EdgesymError, ArithmeticError):  # without a number there is nothing beside it
            return None

    mine = ours(model)
    _require_figures(model, values.keys(), theirs, mine)
    claimed, derived = value(theirs), value(mine)
    agrees, follows = (v is not None and printed.fits(Fraction(v), within)
                       for v in (derived, claimed))  # fmt: skip
    found = Number(
        *(model, text, claimed, derived, agrees, follows),
        unit=written(unit).replace("a pure number", "1"),
        shown=_shown(derived, printed),
    )
    if agrees or derived is None:
        return found
    why, nominal = _explained(printed, Fraction(derived), quantity, model, within)
    return replace(found, why=why, nominal=nominal)


def _shown(value: float | None, printed: Printed) -> str:
    if value is None:
        return "no value"
    if not printed.unit and value == int(value):
        return f"{int(value):,}"
    tight = "" if printed.unit in ("K", "k", "M", "B", "T", "%", "x") else " "
    return f"{float(Fraction(value) / printed.factor):,.6g}{tight}{printed.unit}".strip()


def _explained(
    printed: Printed, ours: Fraction, quantity: str, model: str, within: Fraction | None
) -> tuple[str, bool]:
    """What explains a number that does not agree, and whether that is a nominal size."""
    other = swapped(printed.unit)
    if other and printed.fits(ours * printed.factor / other[1], within):
        name, factor = other
        right = f"{float(ours / factor):.5g} {name} are {float(ours / printed.factor):.5g}"
        return f"GB and GiB are mixed: {right} {printed.unit}", False
    size = _nominal(model)
    if size and _scales(quantity, model):
        real = _parameters(model)
        if printed.fits(ours * size / real, within):
            said = f"it is of the nominal {_billions(size)}, the model has {_billions(real)}"
            return said, True
    for factor, why in _SLIPS.items():
        if printed.fits(ours * factor, within) or printed.fits(ours / factor, within):
            return why, False
    return "", False


def _scales(quantity: str, model: str) -> bool:
    """Whether a quantity of a model is about in proportion to all of its parameters."""
    words: tuple[str, ...] = _OF_PARAMETERS
    if symbol("experts") not in values_of(model):  # of which a token uses a few
        words += _OF_USED
    names = [name for name in names_of(quantity) if not name.startswith("active")]
    return any(word in name for name in names for word in words)


def _nominal(model: str) -> Fraction:
    """The size in the name of a model; 0 where there is none.

    >>> _nominal("llama-3.1-70b"), _nominal("mixtral-8x7b")
    (Fraction(70000000000, 1), Fraction(0, 1))
    """
    match = _NOMINAL.search(model)
    return Fraction(match[1]) * 10**9 if match else Fraction(0)


@cache
def _parameters(model: str) -> Fraction:
    whole = total(derive(Subject("parameters", model=model)))
    return Fraction(evaluate(whole, values_of(model)))


def _billions(size: Fraction) -> str:
    return f"{float(size) / 1e9:.4g}B"
