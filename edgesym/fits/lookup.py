"""What a fit says of a device in a runtime: figures, how they vary together, on what they stand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from edgesym.devices.figure import Figure
from edgesym.devices.spread import Spread
from edgesym.domain import checked
from edgesym.fits.fit import ClassFit, find_fit
from edgesym.fits.levels import WORDS, Place, held
from edgesym.symbols import TABLE

__all__ = ["Fitted", "fitted", "place_in"]

_KIND, _PHASES = "fitted", ("decode", "prefill")


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What a fit says of a place.

    Attributes:
        figures: by word; ``compute_utilisation.attention`` is of kernels of attention.
        covariance: of the logarithms of two of them.
        scatter: by phase, one standard deviation of the logarithm of a time around its fit.
        rows: rows of the runtime on devices of the class.
        own: rows of them on the device itself.
        models: models that those on the device ran.
    """

    figures: Mapping[str, Figure]
    covariance: Mapping[tuple[str, str], float]
    scatter: Mapping[str, float]
    rows: int
    own: int
    models: frozenset[str]
    stands: str

    def correlation(self, one: str, other: str) -> float:
        """The correlation of two figures."""
        spread = math.sqrt(self.covariance[one, one] * self.covariance[other, other])
        return self.covariance[one, other] / spread if spread else 0.0

    def split(self, model: str) -> str:
        """``seen``, or what the fit has no rows of: the ``model`` there, or the ``device``."""
        if not self.own:
            return "device"
        return "seen" if model in self.models else "model"


@checked
@lru_cache(maxsize=1024)
def fitted(device_class: str, place: Place, folder: str = "") -> Fitted | None:
    """What the fit of a class says of a device in a runtime; None where the class has none.

    What the fit has no rows of adds its deviation to the variance.

    Raises:
        ConfigError: a file of the folder that is no fit.
    """
    fit = find_fit(device_class, folder)
    return None if fit is None else place_in(fit, place)


def place_in(fit: ClassFit, place: Place) -> Fitted:
    """What a fit says of a place of its class."""
    of_runtime = [each for each in fit.rows if each.runtime == place.runtime]
    own = [each for each in of_runtime if each.device == place.device]
    rows, mine = (sum(each.rows for each in found) for found in (of_runtime, own))
    stands = _stands(fit, place, rows, mine)
    terms = {word: _Terms.of(fit, word, place) for word in WORDS if word in fit.centres}
    names = {word: held(word, each.total) for word, each in terms.items()}
    covariance = {
        (one, other): names[one][1] * names[other][1] * _covariance(fit, one, other, terms)
        for one in terms
        for other in terms
    }
    figures = {
        word: _figure(word, math.exp(names[word][0]), covariance[word, word], stands, fit)
        for word in terms
    }
    scatter = {phase: _scatter(fit, place.runtime, phase) for phase in _PHASES}
    models = frozenset(model for each in own for model in each.models)
    return Fitted(figures, covariance, scatter, rows, mine, models, stands)


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of a word at a place: their sum, which they are, and the variance of the unseen."""

    total: float
    places: tuple[int, ...]
    unseen: float

    @classmethod
    def of(cls, fit: ClassFit, word: str, place: Place) -> _Terms:
        total, unseen = fit.centres[word], 0.0
        places = []
        for level, deviations in fit.deviations.items():
            at = fit.places.get((word, level, place.key(level)))
            if at is not None:
                places.append(at)
                total += fit.coefficients[at].value
            else:
                unseen += deviations.get(word, 0.0) ** 2
        return cls(total, tuple(places), unseen)


def _covariance(fit: ClassFit, one: str, other: str, terms: Mapping[str, _Terms]) -> float:
    known = sum(fit.covariance_of(i, j) for i in terms[one].places for j in terms[other].places)
    return max(known, 0.0) + terms[one].unseen if one == other else known


def _figure(word: str, value: float, variance: float, stands: str, fit: ClassFit) -> Figure:
    unit = TABLE[word.partition(".")[0]].unit
    spread = Spread(value * math.sqrt(variance))
    return Figure(value, unit, _KIND, stands, fit.made, spread)


def _scatter(fit: ClassFit, runtime: str, phase: str) -> float:
    return fit.scatter.get(f"{runtime}|{phase}", fit.scatter[f"|{phase}"])


def _stands(fit: ClassFit, place: Place, rows: int, own: int) -> str:
    """On which rows the figures stand, in words.

    The words are of the class where no row is of the runtime.
    """
    said = f"{rows} rows of {place.runtime} on devices of class {fit.device_class}"
    if not rows:
        known = ", ".join(_runtimes(fit))
        said = f"no row of {place.runtime}; {fit.count} of {known} on class {fit.device_class}"
    return f"{said}; {own or 'none'} of this device"


def _runtimes(fit: ClassFit) -> Iterable[str]:
    return dict.fromkeys(each.runtime for each in fit.rows)
