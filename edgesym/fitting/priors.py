"""What is assumed of the coefficients of a fit before a row is seen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from edgesym.data import shipped
from edgesym.fits.levels import LEVELS

__all__ = ["Priors", "priors"]


@dataclass(frozen=True, slots=True, eq=False)
class Priors:
    """The priors of a fit.

    Attributes:
        centres: logarithm of each number before any term is added, by word.
        deviations: standard deviation of the coefficients of each level, by word; a word that a
            level does not have is none of its terms.
        scatter: of rows around the fit, by phase, where few say.
    """

    centres: Mapping[str, float]
    deviations: Mapping[str, Mapping[str, float]]
    scatter: Mapping[str, float]


@cache
def priors() -> Priors:
    """The priors that ship."""
    table = shipped("fitting", "priors")
    return Priors(
        {word: math.log(value) for word, value in table["centre"].items()},
        {level: dict(table[level]) for level in LEVELS},
        dict(table["scatter"]),
    )
