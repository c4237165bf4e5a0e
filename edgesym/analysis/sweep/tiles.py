"""Tiles: a sweep in pieces that stay in cache, of which most axes are one number.

The last axes whose product is no longer than a chunk make the length of a tile, a part of the axis
before them its height; the axes before that are one number each. What depends on few axes is so
computed few times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgesym.analysis.sweep.space import Dimension
from edgesym.engine.backends import CHUNK
from edgesym.engine.compile import Input

__all__ = ["Tile", "Tiling", "tiling_of"]

#: Rows of a tile shorter than this are laid out one after another: a loop in NumPy has its price.
_SHORTEST = 256


@dataclass(frozen=True, slots=True)
class Tile:
    """A piece of a case.

    Attributes:
        first: the place of its first point within the case.
        rows: how many points it has.
        columns: the numbers of each axis, as given: one, or an array that broadcasts to ``shape``.
    """

    first: int
    rows: int
    shape: tuple[int, ...]
    columns: dict[Input, Any]

    def at(self, axis: Input, kept: NDArray[np.intp] | None) -> Any:
        """The numbers of an axis at some of the points, or at all."""
        column = np.asarray(self.columns[axis], dtype=np.float64)
        if kept is None:
            return np.broadcast_to(column, self.shape).reshape(-1)
        if column.ndim < 2 or self.shape[0] == 1:
            return np.broadcast_to(column, self.shape).reshape(-1)[kept]
        height, length = self.shape
        line = column.reshape(-1)
        return line[kept // length] if column.shape[0] == height else line[kept % length]


@dataclass(frozen=True, slots=True)
class Tiling:
    """How the dimensions of a space are cut.

    Attributes:
        split: the dimension that is cut; those before it are one number in a tile.
        height: numbers of that dimension in a tile.
        inner: the axes behind it, with their numbers at every point of a row.
        length: points of a row.
    """

    dimensions: tuple[Dimension, ...]
    split: int
    height: int
    inner: dict[Input, NDArray[np.float64]]
    length: int

    @property
    def cuts(self) -> int:
        """Into how many parts the dimension that is cut falls."""
        return -(-len(self.dimensions[self.split]) // self.height) if self.dimensions else 1

    @property
    def tiles(self) -> int:
        """Tiles of a case."""
        return prod(len(d) for d in self.dimensions[: self.split]) * self.cuts

    def tile(self, place: int) -> Tile:
        """The tile at a place."""
        if not self.dimensions:
            return Tile(0, 1, (1, 1), {})
        outer, cut = divmod(place, self.cuts)
        whole = self.dimensions[self.split]
        start, stop = cut * self.height, min((cut + 1) * self.height, len(whole))
        rows = (stop - start) * self.length
        shape = (stop - start, self.length)
        columns: dict[Input, Any] = {}
        left = outer
        for dimension in reversed(self.dimensions[: self.split]):
            left, at = divmod(left, len(dimension))
            for axis, numbers in zip(dimension.axes, dimension.numbers, strict=True):
                columns[axis] = numbers.part(at, at + 1)[0]
        for axis, numbers in zip(whole.axes, whole.numbers, strict=True):
            columns[axis] = numbers.part(start, stop)[:, None]
        columns |= {axis: numbers[None, :] for axis, numbers in self.inner.items()}
        if self.length == 1:
            shape = (1, stop - start)
            columns = {a: c.T if isinstance(c, np.ndarray) else c for a, c in columns.items()}
        elif self.length < _SHORTEST:
            flat = {
                axis: np.ascontiguousarray(np.broadcast_to(column, shape)).reshape(1, -1)
                for axis, column in columns.items()
                if isinstance(column, np.ndarray) and column.ndim == 2
            }
            columns, shape = {**columns, **flat}, (1, rows)
        return Tile((outer * len(whole) + start) * self.length, rows, shape, columns)


def tiling_of(dimensions: Sequence[Dimension], chunk: int = CHUNK) -> Tiling:
    """The tiling of dimensions, the last of which varies fastest."""
    lengths = [len(dimension) for dimension in dimensions]
    split, length = len(lengths), 1
    while split and length * lengths[split - 1] <= chunk:
        split -= 1
        length *= lengths[split]
    if split == 0 and lengths:
        # all of it is one tile: its first dimension is cut once
        length //= lengths[0]
        height = lengths[0]
    else:
        split -= 1
        height = max(1, chunk // length)
    inner: dict[Input, NDArray[np.float64]] = {}
    for place in range(max(split, 0) + 1, len(lengths)):
        each, around = prod(lengths[place + 1 :]), prod(lengths[split + 1 : place])
        for axis, numbers in zip(dimensions[place].axes, dimensions[place].numbers, strict=True):
            column = numbers.part(0, lengths[place])
            inner[axis] = np.tile(np.repeat(column, each), around)
    return Tiling(tuple(dimensions), max(split, 0), height, inner, length)
