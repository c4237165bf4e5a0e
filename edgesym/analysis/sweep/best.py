"""What is kept of a sweep: all, the best few by one objective, or the front of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Front", "Rows", "Top", "joined", "taken"]

#: Columns of kept points by name, among them ``#case`` and ``#place``; scores are ``#0``, ``#1``...
Rows = dict[str, NDArray[Any]]
#: Points of a front that others are first held against.
_PIVOTS = 4


def taken(rows: Mapping[str, NDArray[Any]], at: Any) -> Rows:
    """Some of the rows."""
    return {name: column[at] for name, column in rows.items()}


def joined(one: Rows, other: Rows) -> Rows:
    """Rows below one another."""
    if not one:
        return other
    return {name: np.concatenate([one[name], other[name]]) for name in one}


@dataclass(slots=True)
class Top:
    """The best points by one objective; of equal ones the first."""

    count: int
    rows: Rows = field(default_factory=dict)
    least: float = -np.inf

    def bound(self) -> Top:
        """What later rows have to be better than, without the rows."""
        return replace(self, rows={})

    def mask(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points may be among the best."""
        found: NDArray[np.bool_] = np.greater(scores[0], self.least)
        return found

    def best_of(self, rows: Rows) -> Rows:
        """Those of the rows that may be among the best."""
        if len(rows["#0"]) <= self.count:
            return rows
        least = np.partition(rows["#0"], -self.count)[-self.count]
        kept = taken(rows, rows["#0"] >= least)
        return taken(kept, _ranked(kept)[: self.count])

    def add(self, rows: Rows) -> None:
        """Rows of a later part of the sweep."""
        self.rows = joined(self.rows, rows)
        self.rows = taken(self.rows, _ranked(self.rows)[: self.count])
        if len(self.rows["#0"]) == self.count:
            self.least = float(self.rows["#0"][-1])


@dataclass(slots=True)
class Front:
    """The points that none is better than in one objective without being worse in another.

    Of points that are equal in all of them the first is kept.
    """

    rows: Rows = field(default_factory=dict)
    pivots: tuple[tuple[float, ...], ...] = ()

    def bound(self) -> Front:
        """What later rows have to be better than, without the rows."""
        return replace(self, rows={})

    def mask(self, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points may be on the front."""
        found: NDArray[np.bool_] = np.logical_not(np.isnan(scores).any(axis=0))
        for pivot in self.pivots:
            above = scores[0] > pivot[0]
            for score, least in zip(scores[1:], pivot[1:], strict=True):
                above |= score > least
            found &= above
        return found

    def best_of(self, rows: Rows) -> Rows:
        """Those of the rows that may be on the front."""
        return taken(rows, _front(_scores(rows), rows["#case"], rows["#place"]))

    def add(self, rows: Rows) -> None:
        """Rows of a later part of the sweep."""
        self.rows = self.best_of(joined(self.rows, rows))
        scores = _scores(self.rows)
        places = np.linspace(0, scores.shape[1] - 1, _PIVOTS + 2)[1:-1].astype(int)
        order = np.argsort(-scores[0], kind="stable")[np.unique(places)]
        self.pivots = tuple(map(tuple, scores[:, order].T.tolist()))


def _ranked(rows: Rows) -> NDArray[np.intp]:
    return np.lexsort((rows["#place"], rows["#case"], -rows["#0"]))


def _scores(rows: Rows) -> NDArray[np.float64]:
    names = [name for name in rows if name[1:].isdigit() and name[0] == "#"]
    return np.stack([rows[name] for name in names])


def _front(
    scores: NDArray[np.float64], case: NDArray[Any], place: NDArray[Any]
) -> NDArray[np.intp]:
    """The places of the front, in the order of the sweep.

    Sorted by the first objective, and by the others where that is equal, a point is on the front
    if none before it is as good in all the others.
    """
    order = np.lexsort((place, case, *(-scores[::-1])))
    ranked = scores[:, order]
    if len(scores) == 1:
        kept = order[:1]
    elif len(scores) == 2:
        best = np.maximum.accumulate(ranked[1])
        kept = order[np.concatenate([[True], ranked[1][1:] > best[:-1]])]
    else:
        chosen: list[int] = []
        left = np.arange(ranked.shape[1])
        while left.size:
            first = left[0]
            chosen.append(int(first))
            left = left[(ranked[:, left] > ranked[:, [first]]).any(axis=0)]
        kept = order[chosen]
    return np.sort(kept)
