"""Fits of all classes that rows are of, with the scatter that rows left out show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from edgesym.fits.fit import ClassFit, Coefficient, Rows
from edgesym.fitting.folds import folds
from edgesym.fitting.predict import OF_90, Predictions, beside_seconds, predictions
from edgesym.fitting.priors import Priors, priors
from edgesym.fitting.sample import Floats, Sample
from edgesym.fitting.solve import Solution, solve

__all__ = ["by_class", "coefficients_of", "fit_class", "fit_classes", "with_scatter"]

#: Least scatter of rows around a fit, and the rows that that of all counts for in that of few.
_LEAST, _BEFORE = 0.02, 4
#: Deviations of devices that are new, in those of the prior: devices left out lay so far off.
_WIDER = 1.3
#: Share of the rows left out that their interval holds: above nine of ten, for models and devices
#: that are new lie further off than cells that are left out.
_HELD = 0.93
#: Parts that the rows of a class are divided into, each predicted by the others.
_PARTS = 5


def by_class(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    """The rows of each class; what is beside others comes first."""
    found: dict[str, list[Sample]] = {}
    for each in sorted(samples, key=lambda each: each.beside is not None):
        found.setdefault(each.device_class, []).append(each)
    last = {name for name, rows in found.items() if any(each.beside for each in rows)}
    return {name: found[name] for name in sorted(found, key=lambda name: (name in last, name))}


def fit_classes(samples: Sequence[Sample], made: str) -> dict[str, ClassFit]:
    """The fits of all classes that rows are of."""
    fits: dict[str, ClassFit] = {}
    for name, rows in by_class(samples).items():
        beside = beside_seconds(rows, fits)
        bare = fit_class(name, rows, beside, made)
        left_out = left_out_of(rows, beside)
        fits[name] = with_scatter(bare, left_out)
    return fits


def left_out_of(rows: Sequence[Sample], beside: Floats) -> list[Predictions]:
    """Predictions of each part of the rows by a fit of the others; cells stay whole."""
    found = []
    for train, test in folds(rows, "cell", _PARTS):
        fit = fit_class("", [rows[i] for i in train], beside[train], "")
        found.append(predictions(fit, [rows[i] for i in test], beside[test]))
    return found


def fit_class(name: str, rows: Sequence[Sample], beside: Floats, made: str) -> ClassFit:
    """The fit of the rows of one class, with the scatter that the priors have."""
    return coefficients_of(name, rows, solve(rows, priors(), beside), made)


def coefficients_of(name: str, rows: Sequence[Sample], solution: Solution, made: str) -> ClassFit:
    """A solution as the fit of a class."""
    assumed = priors()
    words = dict.fromkeys(word for word, _, _ in solution.keys)
    return ClassFit(
        device_class=name,
        made=made,
        centres={word: assumed.centres[word] for word in words},
        deviations=unseen(assumed),
        scatter={f"|{phase}": 2 * value for phase, value in assumed.scatter.items()},
        coefficients=tuple(_coefficients(solution)),
        covariance=[[float(x) for x in row[: i + 1]] for i, row in enumerate(solution.covariance)],
        rows=tuple(_stands_on(rows)),
        sources=tuple(sorted({each.source for each in rows if each.source})),
        places={key: i for i, key in enumerate(solution.keys)},
    )


def unseen(assumed: Priors) -> dict[str, dict[str, float]]:
    """What a coefficient that a fit does not have adds: of devices more than those seen differ."""
    return {
        level: {w: s * (_WIDER if level.startswith("device") else 1.0) for w, s in by.items()}
        for level, by in assumed.deviations.items()
    }


def _coefficients(solution: Solution) -> Iterator[Coefficient]:
    stds = np.sqrt(np.diag(solution.covariance))
    for key, value, std, rows in zip(
        solution.keys, solution.values, stds, solution.rows, strict=True
    ):
        yield Coefficient(*key, float(value), float(std), rows)


def _stands_on(samples: Sequence[Sample]) -> Iterator[Rows]:
    found: dict[tuple[str, str], list[str]] = {}
    for each in samples:
        found.setdefault((each.place.device, each.place.runtime), []).append(each.model)
    for (device, runtime), models in sorted(found.items()):
        yield Rows(device, runtime, len(models), tuple(sorted(set(models))))


def with_scatter(fit: ClassFit, left_out: Sequence[Predictions]) -> ClassFit:
    """The fit with the scatter at which 90 % of rows that were left out lie in their interval.

    Of a runtime and phase with few rows it is drawn to that of all runtimes.
    """
    assumed = priors()
    spare: dict[str, list[float]] = {}
    for found in left_out:
        each = found.errors**2 / OF_90**2 - found.variance
        for sample, square in zip(found.samples, each, strict=True):
            for key in (f"|{sample.phase}", f"{sample.place.runtime}|{sample.phase}"):
                spare.setdefault(key, []).append(float(square))
    scatter = {}
    for phase, value in assumed.scatter.items():
        seen = spare.get(f"|{phase}", [])
        scatter[f"|{phase}"] = _drawn(seen, (2 * value) ** 2)
    for key, squares in spare.items():
        if not key.startswith("|"):
            scatter[key] = _drawn(squares, scatter["|" + key.rpartition("|")[2]] ** 2)
    return replace(fit, scatter=scatter)


def _drawn(squares: Sequence[float], before: float) -> float:
    """The scatter of some rows, on a scale of ratios between their own and what was assumed."""
    if not squares:
        return float(np.sqrt(before))
    n, own = len(squares), max(float(np.quantile(squares, _HELD)), _LEAST**2)
    return float(np.exp((n * np.log(own) + _BEFORE * np.log(before)) / (n + _BEFORE) / 2))
