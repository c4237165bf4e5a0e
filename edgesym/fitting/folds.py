"""Rows in parts, each to be predicted by a fit of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from edgesym.fitting.sample import Sample

__all__ = ["SPLITS", "folds"]

Places = NDArray[np.intp]
#: What is left out together: a model in a format on a device in a runtime, with all its rows; a
#: model; or a device.
SPLITS = ("cell", "model", "device")
_SEED = 20261128


def folds(samples: Sequence[Sample], split: str, parts: int) -> Iterator[tuple[Places, Places]]:
    """Places of the rows to fit and of those to predict, part by part.

    A device is left out alone; of cells and models there are as many parts as asked for. Rows
    whose device and runtime is not left are not predicted, unless the device is what is left out.
    """
    names = [_name(each, split) for each in samples]
    known = sorted(set(names))
    if len(known) < 2:
        return
    parts = len(known) if split == "device" else min(parts, len(known))
    order = np.random.default_rng(_SEED).permutation(len(known))
    part_of = {known[at]: i % parts for i, at in enumerate(order)}
    part = np.array([part_of[name] for name in names])
    where = [(each.place.device, each.place.runtime) for each in samples]
    for i in range(parts):
        train = np.flatnonzero(part != i)
        there = {where[at] for at in train}
        test = [at for at in np.flatnonzero(part == i) if split == "device" or where[at] in there]
        if test:
            yield train, np.array(test)


def _name(sample: Sample, split: str) -> tuple[str, ...]:
    if split == "cell":
        return sample.cell
    return (sample.model,) if split == "model" else (sample.place.device,)
