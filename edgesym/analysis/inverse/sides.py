"""The sides of a condition: sums and products of names and of numbers with their units.

Text is cut into pieces of our own first; what :func:`edgesym.expression.read` is handed are
names and signs alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from edgesym.analysis.inverse.measured import Measured, number, of_unit
from edgesym.catalogue import REGISTRY
from edgesym.errors import ExpressionError, UnitError, UnknownNameError, nearest
from edgesym.expression import read
from edgesym.scenario.names import ALIASES, BITS, symbol_of
from edgesym.scenario.setup import Setup
from edgesym.symbols import TABLE, describe, symbol
from edgesym.units import COUNTED, UNITS, canonical

__all__ = ["read_side"]

#: What conditions are mostly about.
_USUAL = ("memory_footprint", "time_per_output_token", "time_to_first_token", "tokens_per_second")
_MOST_PIECES = 60
_PIECE = re.compile(
    r"\s*(?:(?P<number>(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r"\s*(?P<unit>[A-Za-z_]\w*(?:/[A-Za-z_]\w*)?)?"
    r"|(?P<name>[A-Za-z_][\w.]*)|(?P<sign>[-+*/()]))"
)


def read_side(text: str, setup: Setup) -> Measured:
    """A side of a condition, with its unit.

    Raises:
        ExpressionError: not a formula.
        UnknownNameError: a name that is neither a quantity nor a symbol.
        UnitError: an unknown unit, or terms that are not measured alike.
    """
    names: dict[str, Any] = {}
    written: list[str] = []
    place = 0
    text = text.strip()
    while place < len(text):
        match = _PIECE.match(text, place)
        if not match or len(written) >= _MOST_PIECES:
            raise ExpressionError(f"{text!r}: {text[place : place + 20]!r} cannot be read here")
        place = match.end()
        if match["number"]:
            counted = match["unit"] in COUNTED and match.end("number") == match.start("unit")
            unit = match["unit"] if counted else _unit(match["unit"] or "")
            place -= len(match["unit"] or "") - len(unit)
            key = f"_{len(names)}"
            names[key] = number(match["number"], unit)
        elif match["name"]:
            key = f"_{len(names)}"
            names[key] = _named(match["name"], setup)
        else:
            key = match["sign"]
        written.append(key)
    try:
        found = read(" ".join(written), names, {})
    except ExpressionError as error:
        raise ExpressionError(
            f"{text!r} is not a formula; write sums, products and quotients of quantities, "
            "symbols and numbers with units"
        ) from error
    if not isinstance(found, Measured):
        raise ExpressionError(f"{text!r} is not a sum or product of quantities and numbers")
    return replace(found, text=" ".join(text.split()))


def _unit(text: str) -> str:
    """The unit that a text behind a number begins with; ``s`` in ``s/step_time``.

    Raises:
        UnitError: there is none.
    """
    first = text.partition("/")[0]
    if text in UNITS or not text:
        return text
    if first in UNITS:
        return first
    if first in REGISTRY or symbol_of(first) is not None:
        raise UnitError(f"{first} is no unit; put a * between a number and a name")
    canonical(first)
    return first


def _named(name: str, setup: Setup) -> Measured:
    """The quantity or the symbol of a name."""
    if name in REGISTRY:
        return of_unit(name, setup.expression(name), REGISTRY[name].unit)
    if name in BITS:
        return of_unit(name, 8 * symbol(BITS[name]), "1")
    made = symbol_of(name)
    if made is None:
        known = [*REGISTRY, *TABLE, *ALIASES, *BITS]
        few = known if nearest(name, known) else _USUAL
        raise UnknownNameError("quantity or symbol", name, few, "edgesym quantities lists all")
    return of_unit(name, made, describe(made).unit)
