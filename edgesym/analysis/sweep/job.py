"""A sweep that is read and ready to run: its space, the question of every case, its columns."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from edgesym.analysis.sweep.answer import Sweep
from edgesym.analysis.sweep.best import Front, Rows, Top
from edgesym.analysis.sweep.points import BATCH, Points, points_of
from edgesym.analysis.sweep.question import Asked, Question, is_counted, unit_of
from edgesym.analysis.sweep.sinks.sink import Field
from edgesym.analysis.sweep.space import Space
from edgesym.analysis.sweep.store import sink_class
from edgesym.analysis.sweep.tiles import Tiling, tiling_of
from edgesym.engine.backends import CHUNK
from edgesym.errors import OutputError

__all__ = ["Job"]

#: Numbers that are held in memory where no file is written.
MOST_HELD = 5 * 10**7
#: The way of writing; what another way has begun is not gone on with.
_VERSION = 1


@dataclass(frozen=True)
class Job:
    """What is to be run.

    Attributes:
        top: how many of the best points are kept; 0 for a front, or for all.
    """

    space: Space
    asked: Asked
    questions: tuple[Question, ...]
    top: int
    backend: str

    @cached_property
    def tiling(self) -> Tiling:
        """How each case is cut; machine code is given longer pieces."""
        return tiling_of(self.space.dimensions, CHUNK * (4 if self.backend == "c" else 1))

    def case(self, number: int) -> tuple[int, Question, Tiling, str]:
        """A case, as :func:`~edgesym.analysis.sweep.points.points_of` takes it."""
        return number, self.questions[number], self.tiling, self.backend

    def points(self, number: int) -> Points:
        """A case ready to be computed."""
        return points_of(*self.case(number))

    @property
    def batches_of_case(self) -> int:
        """Batches of each case."""
        return -(-self.tiling.tiles // BATCH)

    def passed(self, batches: int) -> int:
        """Points in the first batches."""
        case, batch = divmod(batches, self.batches_of_case)
        first = self.tiling.tile(batch * BATCH).first if batch else 0
        return case * self.space.per_case + first

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The columns: names, axes, what follows them, quantities."""
        question = self.questions[0]
        numbers = (*question.inputs.values(), *question.ties)
        return (
            *(Field(name, "1", "name") for name in question.case.names),
            *(Field(a.name, a.unit, "whole" if is_counted(a) else "real") for a in numbers),
            *(Field(name, unit_of(name), "real") for name in self.asked.quantities),
        )

    @property
    def reduces(self) -> bool:
        """Whether few of the points are kept, or may be."""
        return bool(self.asked.by or self.asked.where)

    def best(self) -> Top | Front | None:
        """What finds the best points; none where all are kept."""
        if not self.asked.by:
            return None
        return Top(self.top) if self.top else Front()

    @cached_property
    def fingerprint(self) -> str:
        """One text for all that the rows follow from."""
        hashed = sha256()
        own = (_VERSION, CHUNK, BATCH, self.backend, self.top, self.asked, self.fields)
        hashed.update(repr((*own, self.space)).encode())
        for question in self.questions:
            program = question.program
            forms = [str(form) for form in program.outputs]
            hashed.update(repr((question.case, forms, program.fixed)).encode())
        return hashed.hexdigest()

    def refuse_endless(self, out: Path | None) -> None:
        """Refuse what no memory or disk holds, before anything is computed.

        Raises:
            OutputError: with the count, and what to do.
        """
        if self.reduces:
            return
        points, numbers = self.space.points, self.space.points * len(self.fields)
        remedy = "keep some of them, with --where, --top or --pareto"
        if out is None:
            if numbers > MOST_HELD:
                raise OutputError(
                    f"{points:,} points of {len(self.fields)} numbers are more than memory is to "
                    f"hold; {remedy}, or write them to a file, with --out"
                )
            return
        size = numbers * sink_class(out)[1]
        folder = next(parent for parent in out.absolute().parents if parent.exists())
        free = shutil.disk_usage(folder).free
        if size > free:
            raise OutputError(
                f"{points:,} points make {size / 1e9:,.0f} GB, where {free / 1e9:,.0f} GB are free "
                f"in {folder}; {remedy}, or take fewer numbers of an axis"
            )

    def answer(self, rows: Rows, path: Path | None = None, count: int | None = None) -> Sweep:
        """What was found, the rows of it in the order of the columns."""
        columns: dict[str, Any] = {}
        kept = len(next(iter(rows.values()))) if rows else 0
        cases = rows.get("#case", np.zeros(kept, dtype=np.int64))
        for field in self.fields if path is None else ():
            if field.kind == "name":
                names = np.array([q.case.names[field.name] for q in self.questions], dtype=object)
                columns[field.name] = names[cases]
            else:
                columns[field.name] = rows.get(field.name, np.empty(0))
        for column in columns.values():
            column.flags.writeable = False  # an answer is a value
        return Sweep(
            self.space.points,
            kept if count is None else count,
            self.fields,
            columns,
            tuple(map(str, self.questions[0].objectives)),
            self._shape,
            path,
        )

    @property
    def _shape(self) -> Mapping[str, int] | None:
        """The lengths of the axes, where every point is a row."""
        names = self.questions[0].case.names
        zipped = any(len(dimension.axes) > 1 for dimension in self.space.dimensions)
        if self.reduces or self.asked.ties or zipped or len(names) > 1:
            return None
        lengths = dict.fromkeys(names, len(self.space.cases))
        if self.questions[0].case.numbers:
            return None
        return lengths | {d.axes[0].name: len(d) for d in self.space.dimensions}
