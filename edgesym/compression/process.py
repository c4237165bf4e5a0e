"""Running a step of a technique in a process of its own."""

from __future__ import annotations

from typing import Any

from edgesym.compression.job import Job
from edgesym.measuring.process import in_process

__all__ = ["step"]


def step(name: str, job: Job) -> dict[str, Any]:
    """What a step of a job found; see :func:`edgesym.measuring.process.in_process`."""
    worker = "edgesym.compression.worker"
    return in_process(worker, name, job.place, job.written(), job.threads)
