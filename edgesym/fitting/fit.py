"""Fitting efficiencies to files of measurements, and to a few rows of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgesym.errors import ConfigError
from edgesym.fits.fit import ClassFit, Rows, find_fit
from edgesym.fitting.classes import coefficients_of, fit_classes
from edgesym.fitting.design import Prior
from edgesym.fitting.predict import beside_seconds
from edgesym.fitting.priors import priors
from edgesym.fitting.sample import Sample, samples
from edgesym.fitting.solve import solve
from edgesym.validation.corpus import Measurement

__all__ = ["LEAST_ROWS", "Fits", "fit_rows", "refit"]

#: Rows below which a fit from nothing says no more than what was assumed before.
LEAST_ROWS = 8


@dataclass(frozen=True, slots=True)
class Fits:
    """Fits of classes of devices.

    Attributes:
        fits: by class.
        used: the rows that they were fitted to.
        rows: how many rows were given.
    """

    fits: dict[str, ClassFit]
    used: tuple[Sample, ...]
    rows: int


def fit_rows(rows: Sequence[Measurement], made: str) -> Fits:
    """The fits of all classes that rows are of, from nothing.

    Raises:
        ConfigError: too few rows can be mapped, or scipy is not installed.
    """
    used = tuple(samples(rows))
    if len(used) < LEAST_ROWS:
        raise ConfigError(
            f"{len(used)} of {len(rows)} rows are of times that can be mapped (edgesym validate "
            f"says why the others are not), and a fit needs {LEAST_ROWS}; give more, or "
            "--device and --runtime, which fit these rows with the shipped fit as a prior"
        )
    return Fits(fit_classes(used, made), used, len(rows))


def refit(
    rows: Iterable[Measurement], device: str = "", runtime: str = "", made: str = "edgesym fit"
) -> Fits:
    """The shipped fits, changed by rows of one's own.

    The prior of each class is its shipped fit with all of its covariance, so that few rows move
    what is least sure of it: the coefficients of the device. Without a shipped fit it is that of
    a fit from nothing, whose standard errors stay wide.

    Args:
        rows: the measurements.
        device: only rows on this device, by its name in edgesym.
        runtime: only rows in this runtime.
        made: the command, for the file.

    Raises:
        ConfigError: no row is left, or scipy is not installed.
    """
    given = list(rows)
    used = tuple(
        each
        for each in samples(given)
        if each.place.device == (device or each.place.device)
        and each.place.runtime == (runtime or each.place.runtime)
    )
    if not used:
        where = " ".join(filter(None, (device and f"on {device}", runtime and f"in {runtime}")))
        raise ConfigError(
            f"none of {len(given)} rows is a time {where or 'that can be mapped'}; edgesym "
            "validate --corpus FILE.csv says what each row was taken for"
        )
    shipped = {each.device_class for each in used} | {
        each.beside.device_class for each in used if each.beside
    }
    fits = {name: fit for name in shipped if (fit := find_fit(name)) is not None}
    changed = {}
    for name in dict.fromkeys(each.device_class for each in used):
        own = [each for each in used if each.device_class == name]
        changed[name] = _changed(name, own, fits, made)
    return Fits(changed, used, len(given))


def _changed(name: str, rows: Sequence[Sample], fits: dict[str, ClassFit], made: str) -> ClassFit:
    """A class's fit with rows added."""
    assumed, old = priors(), fits.get(name)
    prior = None if old is None else _prior(old)
    solution = solve(rows, assumed, beside_seconds(rows, fits), prior)
    bare = coefficients_of(name, rows, solution, made)
    if old is None:
        return bare
    return replace(
        bare,
        centres={**bare.centres, **old.centres},
        scatter={**bare.scatter, **old.scatter},
        rows=_joined(old.rows, bare.rows),
        sources=tuple(sorted({*old.sources, *bare.sources})),
    )


def _prior(fit: ClassFit) -> Prior:
    """A fit as the prior of another."""
    size = len(fit.coefficients)
    covariance = np.zeros((size, size))
    for i, row in enumerate(fit.covariance):
        covariance[i, : i + 1] = covariance[: i + 1, i] = row
    # what is written has four digits: what these leave of the smallest directions is no variance
    values, axes = np.linalg.eigh(covariance)
    kept = np.maximum(values, 1e-4 * values.max() / size)
    keys = tuple((each.word, each.level, each.key) for each in fit.coefficients)
    mean = np.array([each.value for each in fit.coefficients])
    return Prior(keys, mean, (axes / np.sqrt(kept)).T)


def _joined(old: Sequence[Rows], new: Sequence[Rows]) -> tuple[Rows, ...]:
    """What a fit stands on, with rows added."""
    found = {(each.device, each.runtime): each for each in old}
    for each in new:
        before = found.get((each.device, each.runtime), Rows(each.device, each.runtime, 0, ()))
        models = tuple(sorted({*before.models, *each.models}))
        found[each.device, each.runtime] = replace(
            each, rows=before.rows + each.rows, models=models
        )
    return tuple(found[key] for key in sorted(found))
