"""The points of a case, batch by batch: computed, filtered, and those that may matter returned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from edgesym.analysis.sweep.best import Front, Rows, Top
from edgesym.analysis.sweep.question import Question, is_counted
from edgesym.analysis.sweep.tiles import Tile, Tiling
from edgesym.architectures.extents import conditions
from edgesym.engine.backends import Kernel
from edgesym.engine.compile import Input
from edgesym.symbols import COUNT, REAL, describe

__all__ = ["Points", "points_of"]

_RELATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<=": le,
    "<": lt,
    ">=": ge,
    ">": gt,
    "=": np.isclose,
}
#: What two extents have to be to one another -> whether numbers are.
_FITS: Mapping[str, Callable[[Any, Any], Any]] = {
    "at least": ge,
    "more than": gt,
    "a multiple of": lambda many, few: np.mod(many, few) == 0,
}
#: Tiles that are computed in one go, so that handing them over costs little.
BATCH = 16


@dataclass(frozen=True, slots=True)
class Points:
    """A case that is ready to be computed.

    Attributes:
        number: which case it is.
        backend: what computes.
        kernel: what computes a tile.
        given: the axis of each input of the kernel, in order.
        fitting: pairs of extents that have to fit one another, where one of them moves.
    """

    number: int
    question: Question
    tiling: Tiling
    backend: str
    kernel: Kernel
    given: tuple[Input, ...]
    fitting: tuple[tuple[sympy.Symbol, sympy.Symbol, str], ...]

    def __reduce__(self) -> tuple[Callable[..., Points], tuple[int, Question, Tiling, str]]:
        """What is pickled is what it is made of; it is made again where that arrives."""
        return points_of, (self.number, self.question, self.tiling, self.backend)

    @property
    def batches(self) -> int:
        """Into how many batches the case falls."""
        return -(-self.tiling.tiles // BATCH)

    def rows_in(self, batch: int) -> int:
        """Points of a batch."""
        first, last = (self.tiling.tile(place) for place in self._ends(batch))
        return last.first + last.rows - first.first

    @property
    def keeps_all(self) -> bool:
        """Whether every point is a row, unless only the best are."""
        return not (self.question.conditions or self.question.ties or self.fitting)

    def batch(self, place: int, best: Top | Front | None, room: Rows | None = None) -> Rows:
        """The rows that are kept of a batch; with ``best``, those that may be among the best.

        Args:
            room: rows of another batch whose memory may be written over.
        """
        first, last = self._ends(place)
        if best is None and self.keeps_all:
            return self._all(place, room)
        parts = []
        for at in range(first, last + 1):
            rows = self._tile(self.tiling.tile(at), best)
            if rows is not None:
                parts.append(rows)
        if not parts:
            return {}
        merged = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return merged if best is None else best.best_of(merged)

    def _ends(self, batch: int) -> tuple[int, int]:
        return batch * BATCH, min((batch + 1) * BATCH, self.tiling.tiles) - 1

    def _all(self, batch: int, room: Rows | None) -> Rows:
        """Every row of a batch, each number written once."""
        question, count = self.question, self.rows_in(batch)
        own, names = dict(question.case.numbers), question.asked.quantities
        rows: Rows = {}
        if room is not None and len(room[names[0]]) == count:
            rows = room
        else:
            rows |= {name: np.empty(count) for name in names}
            for axis in question.inputs.values():
                rows[axis.name] = np.empty(count, np.int64 if is_counted(axis) else np.float64)
        for axis, number in own.items():
            rows[axis.name][...] = number
        start, (first, last) = 0, self._ends(batch)
        for at in range(first, last + 1):
            tile = self.tiling.tile(at)
            part = slice(start, start + tile.rows)
            for name, column in zip(names, self._found(tile), strict=False):
                rows[name][part] = column.reshape(-1)
            for axis, numbers in tile.columns.items():
                rows[axis.name][part].reshape(tile.shape)[...] = numbers
            start = part.stop
        return rows

    def _found(self, tile: Tile) -> NDArray[np.float64]:
        """Everything of the program at the points of a tile."""
        columns = [np.asarray(axis.in_base(tile.columns[axis]), np.float64) for axis in self.given]
        found = np.empty((len(self.question.program.outputs), *tile.shape))
        self.kernel(columns, found)
        return found

    def _tile(self, tile: Tile, best: Top | Front | None) -> Rows | None:
        question = self.question
        flat = self._found(tile).reshape(len(question.program.outputs), -1)
        mask = self._mask(tile, flat)
        scores = None
        if best is not None:
            rows = question.rows_of_objectives
            signs = np.array([[objective.sign] for objective in question.objectives])
            scores = flat[rows.start : rows.stop] * signs
            among = best.mask(scores)
            mask = among if mask is None else mask & among
        kept = None if mask is None else np.flatnonzero(mask)
        if kept is not None and not kept.size:
            return None
        return self._rows(tile, flat, scores, kept)

    def _rows(
        self,
        tile: Tile,
        flat: NDArray[np.float64],
        scores: NDArray[np.float64] | None,
        kept: NDArray[np.intp] | None,
    ) -> Rows:
        question = self.question
        chosen: Any = slice(None) if kept is None else kept
        rows: Rows = {}
        own = dict(question.case.numbers)
        count = tile.rows if kept is None else kept.size
        for axis in question.inputs.values():
            column = np.full(count, own[axis]) if axis in own else tile.at(axis, kept)
            rows[axis.name] = column.astype(np.int64) if is_counted(axis) else column
        for axis, row in zip(question.ties, question.rows_of_ties, strict=True):
            column = flat[row][chosen]
            rows[axis.name] = column.astype(np.int64) if is_counted(axis) else column
        for name, column in zip(question.asked.quantities, flat, strict=False):
            rows[name] = column[chosen]
        if scores is not None:
            places = np.arange(tile.rows) if kept is None else kept
            rows["#case"] = np.full(count, self.number, dtype=np.int64)
            rows["#place"] = places + np.int64(tile.first)
            for place, score in enumerate(scores):
                rows[f"#{place}"] = score[chosen]
        return rows

    def _mask(self, tile: Tile, flat: NDArray[np.float64]) -> NDArray[np.bool_] | None:
        """Which points are models and meet the conditions; none where all are and do."""
        question, masks = self.question, []
        for left, relation, right in question.rows_of_conditions:
            masks.append(_RELATIONS[relation](flat[left], flat[right]))
        for axis, row in zip(question.ties, question.rows_of_ties, strict=True):
            row_of = describe(axis.symbol)
            if row_of.domain != REAL:
                masks.append(np.floor(flat[row]) == flat[row])
            masks.append(flat[row] >= (1 if row_of.domain == COUNT else 0))
        masks += self._fits(tile, flat)
        if not masks:
            return None
        found: NDArray[np.bool_] = np.logical_and.reduce(masks)
        return found

    def _fits(self, tile: Tile, flat: NDArray[np.float64]) -> Iterator[NDArray[np.bool_]]:
        """Whether extents of the model fit one another, where some of them are axes."""
        if not self.fitting:
            return
        question, own = self.question, dict(self.question.case.numbers)
        after: dict[sympy.Symbol, Any] = question.setup.values()
        for made, axis in question.inputs.items():
            after[made] = own[axis] if axis in own else np.asarray(tile.columns[axis])
        for axis, row in zip(question.ties, question.rows_of_ties, strict=True):
            after[axis.symbol] = flat[row].reshape(tile.shape)
        for many, few, how in self.fitting:
            with np.errstate(all="ignore"):
                fits = _FITS[how](after[many], after[few])
            yield np.broadcast_to(fits, tile.shape).reshape(-1)


def points_of(number: int, question: Question, tiling: Tiling, backend: str) -> Points:
    """A case ready to be computed.

    Raises:
        ConfigError, UnknownNameError: no such backend, or not here.
    """
    given = tuple(question.inputs[made] for made in question.program.symbols)
    tile = tiling.tile(0)
    varying = tuple(np.ndim(tile.columns[axis]) > 0 for axis in given)
    kernel = question.program.kernel(backend, varying)
    moving = {*question.inputs, *(tie.symbol for tie in question.ties)}
    fitting = conditions(question.setup.values(), moving)
    return Points(number, question, tiling, backend, kernel, given, fitting)
