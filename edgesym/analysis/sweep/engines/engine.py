"""What an engine does: take tasks, which are batches of a case, and give their rows in order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from edgesym.analysis.sweep.best import Front, Rows, Top
from edgesym.analysis.sweep.job import Job
from edgesym.errors import ConfigError, EdgesymError, UnknownNameError

__all__ = ["ENGINES", "HERE", "Engine", "EngineError", "Means", "Task", "processors", "tasks"]

_ENGINES = "edgesym.analysis.sweep.engines"
#: Name -> the module and the class that is it.
ENGINES = {"threads": ("threads", "Threads"), "dask": ("cluster", "Cluster")}


class EngineError(EdgesymError):
    """What computes a sweep is gone; what is written stays."""


@dataclass(frozen=True, slots=True)
class Task:
    """Batches of a case that are computed in one go: from the first up to before the last."""

    case: int
    first: int
    last: int


def tasks(job: Job, start: int, span: int) -> Iterator[Task]:
    """The tasks from a batch on, in order, each of ``span`` batches or of what a case has left."""
    case, first = divmod(start, job.batches_of_case)
    for number in range(case, len(job.questions)):
        for place in range(first, job.batches_of_case, span):
            yield Task(number, place, min(place + span, job.batches_of_case))
        first = 0


class Engine(Protocol):
    """What computes tasks, several at once.

    An engine is made with a job, a number of workers or none, and the address of a scheduler or
    an empty one.

    Attributes:
        span: batches of a task.
    """

    span: int

    def __init__(self, job: Job, workers: int | None, scheduler: str) -> None:
        """Be ready for tasks of a job.

        Raises:
            ConfigError, UnknownNameError: it cannot be.
        """

    @property
    def ahead(self) -> int:
        """Tasks that are on the way at once."""

    def submit(self, task: Task, best: Top | Front | None) -> Any:
        """Begin a task, knowing the best rows so far: what stands for its rows."""

    def rows(self, begun: Any) -> Rows:
        """The rows of a task that was begun.

        Raises:
            EngineError: there is nothing left that computes.
        """

    def reuse(self, rows: Rows) -> None:
        """Rows that may be written over."""

    def close(self) -> None:
        """Drop what was begun."""


@dataclass(frozen=True, slots=True)
class Means:
    """By what means a sweep is computed.

    Attributes:
        engine: a key of ``ENGINES``.
        workers: threads, or processes of a cluster that Dask makes here; by itself if none.
        scheduler: the address of a Dask cluster that is there.
    """

    engine: str = "threads"
    workers: int | None = None
    scheduler: str = ""

    def opened(self, job: Job) -> Engine:
        """The engine of a job.

        Raises:
            ConfigError, UnknownNameError: no such engine, or it cannot run.
        """
        if self.engine not in ENGINES:
            raise UnknownNameError("engine", self.engine, ENGINES)
        if self.scheduler and self.engine != "dask":
            raise ConfigError(
                f"a scheduler ({self.scheduler}) is of the engine dask; give --engine dask too"
            )
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"workers = {self.workers} must be 1 or more")
        module, name = ENGINES[self.engine]
        made: type[Engine] = getattr(import_module(f"{_ENGINES}.{module}"), name)
        return made(job, self.workers, self.scheduler)


#: Threads of this process, as many as suit it.
HERE = Means()


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
