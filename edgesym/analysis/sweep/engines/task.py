"""What a worker of a cluster runs: batches of a case."""

from __future__ import annotations

import numpy as np

from edgesym.analysis.sweep.best import Front, Rows, Top
from edgesym.analysis.sweep.points import Points
from edgesym.architectures.fingerprint import code_version
from edgesym.errors import ConfigError

__all__ = ["rows_of"]


def rows_of(points: Points, version: str, first: int, last: int, best: Top | Front | None) -> Rows:
    """The rows of batches, from the first up to before the last; with ``best`` those that matter.

    Raises:
        ConfigError: this is not the edgesym that asks.
    """
    if version != code_version():
        raise ConfigError(
            "a worker of the cluster runs another edgesym than asks; install the same on both"
        )
    parts = []
    for place in range(first, last):
        rows = points.batch(place, best)
        if rows and best is not None:
            best.add(rows)
        elif rows:
            parts.append(rows)
    if best is not None:
        return best.rows
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]} if parts else {}
