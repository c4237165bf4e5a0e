"""Where the rows of a running sweep go: to memory, or to a file with a note of how far it is."""

from __future__ import annotations

import time

import numpy as np

from edgesym.analysis.sweep.best import Rows
from edgesym.analysis.sweep.engines.engine import Task
from edgesym.analysis.sweep.job import MOST_HELD, Job
from edgesym.analysis.sweep.journal import Journal
from edgesym.analysis.sweep.sinks.sink import Sink
from edgesym.errors import OutputError

__all__ = ["Held", "Written"]

#: Seconds between two notes of how far a sweep is.
_EVERY = 2.0


def _count(rows: Rows) -> int:
    return len(next(iter(rows.values()))) if rows else 0


class Held:
    """Rows in memory."""

    def __init__(self, job: Job) -> None:
        self.best = job.best()
        self.count = 0
        self._fields = len(job.fields)
        self._parts: list[Rows] = []

    def add(self, task: Task, rows: Rows) -> bool:
        """Rows of the next task; whether their memory may be written over: it is kept.

        Raises:
            OutputError: there are more than memory is to hold.
        """
        if not rows:
            return False
        if self.best is not None:
            self.best.add(rows)
            self.count = _count(self.best.rows)
            return False
        self.count += _count(rows)
        if self.count * self._fields > MOST_HELD:
            raise OutputError(
                f"more than {self.count:,} points meet the conditions, and memory is not to hold "
                "more; write them to a file, with --out, or keep the best, with --top"
            )
        rows["#case"] = np.full(_count(rows), task.case, dtype=np.int64)
        self._parts.append(rows)
        return False

    @property
    def rows(self) -> Rows:
        """All rows, in order."""
        if self.best is not None:
            return self.best.rows
        if not self._parts:
            return {}
        return {name: np.concatenate([p[name] for p in self._parts]) for name in self._parts[0]}


class Written:
    """Rows in a file; the best of them are written last."""

    def __init__(self, job: Job, journal: Journal, sink: Sink) -> None:
        self._job, self._journal, self._sink = job, journal, sink
        self.batches: int = journal.state.get("batches", 0)
        self.count: int = journal.state.get("rows", 0)
        self.best = job.best()
        if self.best is not None and (known := journal.best):
            self.best.add(known)
        self._last = time.monotonic()
        if not journal.state:
            self.save()

    def add(self, task: Task, rows: Rows) -> bool:
        """Rows of the next task; whether their memory may be written over."""
        if rows and self.best is not None:
            self.best.add(rows)
            self.count = _count(self.best.rows)
        elif rows:
            self._write(task.case, rows)
        self.batches += task.last - task.first
        if time.monotonic() - self._last > _EVERY:
            self.save()
        return bool(rows) and self.best is None

    def save(self) -> None:
        """Note how far the sweep is."""
        note = self._sink.note()
        best = None if self.best is None else self.best.rows
        state = {"batches": self.batches, "rows": self.count, "sink": note}
        self._journal.save(state, best)
        self._last = time.monotonic()

    def finish(self) -> None:
        """Write what is held, and give the file its name."""
        if self.best is not None and self.best.rows:
            rows = self.best.rows
            cases = rows["#case"]
            ends = np.flatnonzero(np.diff(cases)) + 1
            for part in np.split(np.arange(len(cases)), ends):
                kept = {name: column[part] for name, column in rows.items()}
                self._write(int(cases[part[0]]), kept)
            self.count = len(cases)
        else:
            self.save()
        self._sink.note()
        self._journal.give(self._sink.finish())

    def _write(self, case: int, rows: Rows) -> None:
        count = _count(rows)
        names = self._job.questions[case].case.names
        self._sink.write(names, rows, count)
        if self.best is None:
            self.count += count
