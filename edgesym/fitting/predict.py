"""What a fit gives for a measured step: its time, how sure, and by which numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgesym.fits.fit import ClassFit
from edgesym.fits.levels import Place
from edgesym.fits.lookup import Fitted, place_in
from edgesym.fitting.priors import priors
from edgesym.fitting.sample import Floats, Sample
from edgesym.fitting.steps import Steps

__all__ = ["OF_90", "Predictions", "beside_seconds", "predictions"]

#: What 90 % of a normal distribution lies within, in standard deviations.
OF_90 = 1.645


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Predictions of some steps.

    Attributes:
        errors: logarithm of predicted over measured seconds.
        variance: of the prediction's logarithm, what the numbers give it.
        scatter: of measured steps around it, a standard deviation.
    """

    samples: tuple[Sample, ...]
    errors: Floats
    variance: Floats
    scatter: Floats

    @property
    def std(self) -> Floats:
        """Standard deviation of a measured step's logarithm around the predicted."""
        found: Floats = np.sqrt(self.variance + self.scatter**2)
        return found

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Whether each measurement lies in its 90 % interval."""
        found: NDArray[np.bool_] = np.abs(self.errors) <= OF_90 * self.std
        return found


def predictions(
    fit: ClassFit, samples: Sequence[Sample], beside: Floats | None = None
) -> Predictions:
    """What a fit gives for steps, which need not be those that it stands on."""
    steps = Steps(samples, beside)
    found: dict[Place, Fitted] = {each.place: place_in(fit, each.place) for each in samples}
    at = [found[each.place] for each in samples]
    words = [word for word in steps.words if word in fit.centres]
    logs = {word: np.log([each.figures[word].value for each in at]) for word in words}
    times, by = steps.times(logs)
    slopes = np.stack([by[word] for word in words])
    covariance = np.array(
        [[[each.covariance[one, other] for each in at] for other in words] for one in words]
    )
    variance = np.einsum("in,ijn,jn->n", slopes, covariance, slopes)
    scatter = np.array([f.scatter[s.phase] for f, s in zip(at, samples, strict=True)])
    errors = times - np.log([each.seconds for each in samples])
    return Predictions(tuple(samples), errors, np.maximum(variance, 0.0), scatter)


def beside_seconds(samples: Sequence[Sample], fits: Mapping[str, ClassFit]) -> Floats:
    """What each step takes on the processor beside the device, by the fit of that one's class.

    A class without a fit has what the priors begin with.
    """
    found = np.zeros(len(samples))
    for i, each in enumerate(samples):
        if (there := each.beside) is None:
            continue
        steps = Steps([there])
        fit = fits.get(there.device_class)
        figures = {} if fit is None else place_in(fit, there.place).figures
        logs = {
            word: np.array([np.log(figures[word].value) if word in figures else centre])
            for word, centre in priors().centres.items()
        }
        found[i] = np.exp(steps.times(logs)[0][0])
    return found
