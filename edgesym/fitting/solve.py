"""The coefficients that fit rows best: robust least squares, pulled towards their prior.

    min  sum over rows of w c^2 log(1 + (r / (c s))^2)  +  |R (x - mean)|^2

with r the logarithm of fitted over measured time and s the scatter of the row's runtime and phase,
which is what the fit itself leaves: fitted and measured again three times. A row far off pulls
little (Cauchy); the prior stays a square. Rows of one cell share errors: of n of them each counts
w = n^(-1/2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from edgesym.errors import ConfigError
from edgesym.fitting.design import Design, Key, Prior, prior_of
from edgesym.fitting.priors import Priors
from edgesym.fitting.sample import Floats, Sample
from edgesym.fitting.steps import Steps

__all__ = ["Solution", "solve"]

#: Rounds of fitting and of measuring the scatter; how far a row may lie, in its scatter, before it
#: pulls less; and the least scatter.
_ROUNDS, _LOOSE, _LEAST = 3, 1.0, 0.02
#: Rows that the scatter taken beforehand counts for, and half of a normal distribution's middle.
_BEFORE, _OF_MEDIAN = 6, 1.4826
_SHARED = 0.5
_TOLERANCE, _MOST = 1e-8, 200


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A fit of rows.

    Attributes:
        keys: which coefficients; ``values``, ``covariance`` and ``rows`` are in this order.
        rows: how many rows each enters.
        errors: of each row, the logarithm of fitted over measured time.
        scatter: by runtime and phase, a standard deviation of them.
    """

    keys: tuple[Key, ...]
    values: Floats
    covariance: Floats
    rows: tuple[int, ...]
    errors: Floats
    scatter: dict[tuple[str, str], float]


def solve(
    samples: Sequence[Sample],
    priors: Priors,
    beside: Floats | None = None,
    known: Prior | None = None,
) -> Solution:
    """The fit of the rows of a class.

    Args:
        samples: the rows.
        priors: what is assumed of coefficients.
        beside: seconds that each takes on the processor beside the device.
        known: coefficients of an earlier fit, which are its priors here; those that the rows have
            besides begin with ``priors``.

    Raises:
        ConfigError: there are no rows, or scipy is not installed.
    """
    try:
        from scipy.optimize import least_squares
    except ImportError:
        raise ConfigError("a fit needs scipy: pip install 'edgesym[fit]'") from None
    if not samples:
        raise ConfigError("no row to fit")
    steps = Steps(samples, beside)
    design, prior = _start(samples, steps.words, priors, known)
    measured = np.log([each.seconds for each in samples])
    weight = np.sqrt(_weights(samples))
    groups = _groups(samples)
    scatter = np.array([priors.scatter[each.phase] for each in samples])

    def residuals(x: Floats) -> Floats:
        times, _ = steps.times(design.logs(x)[0])
        off = weight * (times - measured) / scatter
        return np.concatenate([off, prior.root @ (x - prior.mean)])

    def jacobian(x: Floats) -> Floats:
        logs, slopes = design.logs(x)
        by = design.gradient(steps.times(logs)[1], slopes)
        return np.vstack([(weight / scatter)[:, None] * by, prior.root])

    values = prior.mean
    for _ in range(_ROUNDS):
        solved = partial(
            least_squares,
            residuals,
            values,
            jacobian,
            loss=_loss(len(samples)),
            x_scale="jac",
            ftol=_TOLERANCE,
            xtol=_TOLERANCE,
            gtol=_TOLERANCE,
            max_nfev=_MOST,
        )
        try:
            values = solved().x
        except np.linalg.LinAlgError:  # LAPACK may fail on a matrix in order; lsmr does not
            values = solved(tr_solver="lsmr").x
        used = scatter
        errors = steps.times(design.logs(values)[0])[0] - measured
        scatter = _scatter(errors, groups, priors)
    robust = 1 / (1 + (weight * errors / used / _LOOSE) ** 2)
    slopes = jacobian(values)
    slopes[: len(samples)] *= np.sqrt(robust)[:, None]
    covariance: Floats = np.linalg.inv(slopes.T @ slopes).astype(np.float64)
    rows = sum((design.columns[w] != 0).sum(axis=0) for w in design.words)
    each = {group: float(scatter[where[0]]) for group, where in groups.items()}
    return Solution(design.keys, values, covariance, tuple(map(int, rows)), errors, each)


def _start(
    samples: Sequence[Sample], words: Sequence[str], priors: Priors, known: Prior | None
) -> tuple[Design, Prior]:
    """The coefficients of the rows, those of an earlier fit first, and their prior."""
    places = [each.place for each in samples]
    design = Design(places, words, priors)
    if known is None:
        return design, prior_of(design.keys, priors)
    new = prior_of([key for key in design.keys if key not in set(known.keys)], priors)
    keys, n = known.keys + new.keys, len(known.keys)
    root = np.zeros((len(keys), len(keys)))
    root[:n, :n], root[n:, n:] = known.root, new.root
    mean = np.concatenate([known.mean, new.mean])
    return Design(places, words, priors, keys), Prior(keys, mean, root)


def _loss(rows: int) -> Callable[[Floats], Floats]:
    """Cauchy's of the residuals of rows, and the square of those of the prior."""

    def loss(squares: Floats) -> Floats:
        found = np.stack([squares, np.ones_like(squares), np.zeros_like(squares)])
        scaled = squares[:rows] / _LOOSE**2
        found[0, :rows] = _LOOSE**2 * np.log1p(scaled)
        found[1, :rows] = 1 / (1 + scaled)
        found[2, :rows] = -1 / (_LOOSE * (1 + scaled)) ** 2
        return found

    return loss


def _weights(samples: Sequence[Sample]) -> Floats:
    """What each row counts for."""
    cells = Counter((*each.cell, each.phase) for each in samples)
    return np.array([cells[(*each.cell, each.phase)] ** -_SHARED for each in samples])


def _groups(samples: Sequence[Sample]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for i, each in enumerate(samples):
        found.setdefault((each.place.runtime, each.phase), []).append(i)
    return found


def _scatter(errors: Floats, groups: dict[tuple[str, str], list[int]], priors: Priors) -> Floats:
    """The scatter of each row's runtime and phase, between what is seen and what was assumed."""
    found = np.empty_like(errors)
    for (_, phase), rows in groups.items():
        seen, before = _OF_MEDIAN * np.median(np.abs(errors[rows])), priors.scatter[phase]
        square = (len(rows) * seen**2 + _BEFORE * before**2) / (len(rows) + _BEFORE)
        found[rows] = max(_LEAST, np.sqrt(square))
    return found
