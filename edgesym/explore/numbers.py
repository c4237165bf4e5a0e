"""The numbers that setups put into closed forms, as plain data: figures, spreads, memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from edgesym.analysis.uncertainty import known_spreads
from edgesym.fits.levels import is_bounded
from edgesym.render.mathml import mathml
from edgesym.scenario.setup import Setup
from edgesym.symbols import REAL, describe

__all__ = ["setup_data", "spread_data", "symbol_data"]

_RESERVE, _SIZE = "memory_reserve", "memory_size"


def setup_data(setup: Setup) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The numbers of a setup by who gives them, and what is to be said of it."""
    numbers: dict[str, dict[str, Any]] = {}
    for made, value in sorted(setup.values().items(), key=lambda item: str(item[0])):
        numbers.setdefault(describe(made).scope, {})[str(made)] = plain(value)
    machine = setup.machine
    said = {
        "title": setup.title,
        "dtype": setup.dtype,
        "reserve": machine.memory_reserve,
        "size": machine.figures[_SIZE].value,
        "lower": setup.lower_bound,
        "notes": list(setup.notes),
        "stands": list(dict.fromkeys(part.fit.stands for part in setup.fits)),
    }
    return numbers, said


def plain(value: Any) -> float | int | str:
    """A number as JSON holds it; infinity has no number there, and is a word.

    >>> plain(2), plain(0.5), plain(float("inf"))
    (2, 0.5, 'Infinity')
    """
    if isinstance(value, int) and abs(value) <= 2**53:
        return value
    number = float(value)
    return number if math.isfinite(number) else str(number).replace("inf", "Infinity")


def spread_data(setup: Setup) -> dict[str, Any]:
    """What an interval comes from: :mod:`edgesym.analysis.uncertainty` says how."""
    known = known_spreads(setup)
    return {
        "letters": [str(made) for made in known.spreads.stds],
        "stds": list(known.spreads.stds.values()),
        "together": [list(row) for row in known.spreads.together],
        "scatter": None if known.scatter is None else dict(known.scatter),
        "best": {str(made): value for made, value in known.best.items()},
    }


def symbol_data(symbols: Iterable[sympy.Symbol]) -> dict[str, Mapping[str, Any]]:
    """Letter -> what it means, in which unit, and which numbers it can be."""
    found: dict[str, Mapping[str, Any]] = {}
    for made in sorted(symbols, key=str):
        row = describe(made)
        found[str(made)] = {
            "word": row.word,
            "meaning": row.meaning,
            "unit": row.unit,
            "scope": row.scope,
            "whole": row.domain != REAL,
            "zero": row.may_be_zero,
            "share": row.is_share or is_bounded(row.word),
            "math": mathml(made),
            "latex": row.latex,
        }
    return found
