"""Which coefficients enter which row: the design of a fit, and the coefficients' prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgesym.fits.levels import SHARPNESS, Place, is_bounded
from edgesym.fitting.priors import Priors
from edgesym.fitting.sample import Floats

__all__ = ["Design", "Key", "Prior", "prior_of"]

#: Word, level, and which of the level.
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Normal distributions of coefficients before a row is seen.

    Attributes:
        keys: which coefficients.
        mean: what they are expected to be.
        root: R with R' R the inverse of their covariance.
    """

    keys: tuple[Key, ...]
    mean: Floats
    root: Floats


def prior_of(keys: Sequence[Key], priors: Priors) -> Prior:
    """Independent coefficients around 0, with the deviations of their levels."""
    deviations = np.array([priors.deviations[level][word] for word, level, _ in keys])
    return Prior(tuple(keys), np.zeros(len(keys)), np.diag(1 / deviations))


class Design:
    """The coefficients of places, as the columns that a vector of coefficients multiplies."""

    def __init__(
        self,
        places: Sequence[Place],
        words: Sequence[str],
        priors: Priors,
        known: Sequence[Key] | None = None,
    ) -> None:
        """Columns for the ``known`` coefficients, or for all that the places have."""
        self.words, self.centres = tuple(words), priors.centres
        wanted = [
            {key: None for word in words for key in _keys(word, place, priors.deviations)}
            for place in places
        ]
        self.keys = tuple(
            dict.fromkeys(k for keys in wanted for k in keys) if known is None else known
        )
        at = {key: i for i, key in enumerate(self.keys)}
        self.columns = {word: np.zeros((len(places), len(self.keys))) for word in words}
        self.unseen = {word: np.zeros(len(places)) for word in words}
        for row, keys in enumerate(wanted):
            for word, level, name in keys:
                if (word, level, name) in at:
                    self.columns[word][row, at[word, level, name]] = 1.0
                else:
                    self.unseen[word][row] += priors.deviations[level][word] ** 2

    def logs(self, coefficients: Floats) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """The logarithm of each word in each row, and its derivative by the sum of its terms."""
        values, slopes = {}, {}
        for word in self.words:
            total = self.centres[word] + self.columns[word] @ coefficients
            values[word], slopes[word] = _held(word, total)
        return values, slopes

    def gradient(self, by: Mapping[str, Floats], slopes: Mapping[str, Floats]) -> Floats:
        """Derivatives by each coefficient from those by each logarithm."""
        parts = (self.columns[w] * (by[w] * slopes[w])[:, None] for w in self.words)
        found: Floats = np.sum(list(parts), axis=0)
        return found


def _keys(word: str, place: Place, deviations: Mapping[str, Mapping[str, float]]) -> list[Key]:
    return [(word, level, place.key(level)) for level, by in deviations.items() if word in by]


def _held(word: str, total: Floats) -> tuple[Floats, Floats]:
    """:func:`.levels.held` of a column."""
    if not is_bounded(word):
        return total, np.ones_like(total)
    softened = np.logaddexp(0.0, -SHARPNESS * total)
    return -softened / SHARPNESS, np.exp(-SHARPNESS * total - softened)
