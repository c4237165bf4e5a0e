"""Predicting rows that were left out, by fits of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from edgesym.fits.fit import ClassFit
from edgesym.fitting.classes import by_class, fit_class
from edgesym.fitting.folds import SPLITS, folds
from edgesym.fitting.predict import Predictions, beside_seconds, predictions
from edgesym.fitting.sample import Sample

__all__ = ["cross_validate"]

_PARTS = 5
#: Devices of a class beside the one that is left out, from which on the class is well known.
_MANY = 2


def cross_validate(
    samples: Sequence[Sample], fits: Mapping[str, ClassFit]
) -> dict[str, list[Predictions]]:
    """Predictions of rows that were left out: cells, models and devices, each by the rest.

    Args:
        samples: the rows.
        fits: the fits of all of them, whose scatter the intervals have.

    Returns:
        by what was left out; ``device of many`` is of classes with two other devices or more.
    """
    found: dict[str, list[Predictions]] = {}
    for name, rows in by_class(samples).items():
        beside = beside_seconds(rows, fits)
        for split in SPLITS:
            for train, test in folds(rows, split, _PARTS):
                kept = [rows[i] for i in train]
                bare = fit_class(name, kept, beside[train], "")
                fit = replace(bare, scatter=fits[name].scatter)
                predicted = predictions(fit, [rows[i] for i in test], beside[test])
                found.setdefault(split, []).append(predicted)
                if split == "device" and len({each.place.device for each in kept}) >= _MANY:
                    found.setdefault("device of many", []).append(predicted)
    return found
