"""Threads of this process: NumPy and machine code let each other run."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from edgesym.analysis.sweep.best import Front, Rows, Top
from edgesym.analysis.sweep.engines.engine import Task, processors
from edgesym.analysis.sweep.job import Job

__all__ = ["Threads"]


class Threads:
    """By default one thread for each processor where machine code runs, else one.

    Rows that are written lend their memory to later ones: to be given new memory by the system
    takes about as long as to compute them.
    """

    span = 1

    def __init__(self, job: Job, workers: int | None, scheduler: str) -> None:
        """Be ready for tasks; see :class:`~edgesym.analysis.sweep.engines.engine.Engine`."""
        self._job, self._points = job, job.points(0)
        count = workers or (processors() if job.backend == "c" else 1)
        self._ahead = 2 * count + 2
        self._pool = ThreadPoolExecutor(max_workers=count)
        self._spare: list[Rows] = []

    @property
    def ahead(self) -> int:
        """Two tasks a thread, and some, so that a slow write does not hold it up."""
        return self._ahead

    def submit(self, task: Task, best: Top | Front | None) -> Future[Rows]:
        """Begin a task."""
        if task.case != self._points.number:
            self._points = self._job.points(task.case)
        room = self._spare.pop() if self._spare else None
        return self._pool.submit(self._points.batch, task.first, best, room)

    def rows(self, begun: Future[Rows]) -> Rows:
        """The rows of a task."""
        return begun.result()

    def reuse(self, rows: Rows) -> None:
        """Keep the memory of rows for later ones."""
        if self._points.keeps_all:
            self._spare.append(rows)

    def close(self) -> None:
        """Drop what was begun."""
        self._pool.shutdown(cancel_futures=True)
