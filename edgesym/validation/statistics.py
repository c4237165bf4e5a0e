"""How far predictions lie from measurements, in numbers that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

__all__ = ["Statistics", "statistics"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Errors of a group of rows; an error is predicted / measured - 1, of speeds not of times.

    Attributes:
        rows: measurements there are.
        mapped: of them, those that were compared; the other numbers are of these.
        median_abs_error: half of the rows are nearer than this.
        p90_abs_error: nine of ten are.
        bias: the median of the errors with their sign.
        within_25: share of rows with an error of at most 25 %.
        coverage_90: share of rows that lie in their own 90 % interval, of those that have one.
        width_90: median factor by which the interval reaches up and down.
    """

    rows: int
    mapped: int
    median_abs_error: float | None
    p90_abs_error: float | None
    bias: float | None
    within_25: float | None
    coverage_90: float | None
    width_90: float | None

    def as_json(self) -> dict[str, float | None]:
        """The numbers by name."""
        return asdict(self)


def statistics(
    rows: int, errors: Sequence[float], covered: Sequence[bool], widths: Sequence[float]
) -> Statistics:
    """The statistics of some rows: the errors of those that were compared, and their intervals.

    Bytes that no figure of a device enters have no interval: ``covered`` and ``widths`` are of
    the rows that have.

    >>> statistics(4, [0.1, -0.3, 0.2], [True, False, True], [1.2, 1.2, 1.3]).median_abs_error
    0.2
    """
    if not errors:
        return Statistics(rows, 0, None, None, None, None, None, None)
    off = np.abs(errors)
    return Statistics(
        rows,
        len(errors),
        float(np.median(off)),
        float(np.percentile(off, 90)),
        float(np.median(errors)),
        float(np.mean(off <= _CLOSE)),
        float(np.mean(covered)) if covered else None,
        float(np.median(widths)) if widths else None,
    )


_CLOSE = 0.25
