"""Tracing, and counting, in a process of its own, with a limit on its time."""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError
from edgesym.measuring.process import in_process
from edgesym.oracle.steps import STEPS, Steps
from edgesym.oracle.torch_counts import Counted
from edgesym.plain import plain_line
from edgesym.tracing.job import Job

__all__ = ["SECONDS", "count", "trace"]

#: How long a trace may take: the slowest of the models of transformers takes 20 s.
SECONDS = 300.0
#: How long counts may take, whose steps a user may give.
_SECONDS_OF_COUNTS = 1800.0


def trace(job: Job, seconds: float = SECONDS) -> dict[str, Any]:
    """The data of the file of a traced model.

    The code runs in a process of its own: whatever it does, this one goes on.

    Raises:
        ConfigError: torch is missing, or the code cannot be traced; the text says why.
    """
    found = _found("tracing", "trace", job.text(), seconds)
    if "traced" not in found:
        raise ConfigError(f"{job.origin}: cannot be traced: {found.get('reason', 'no answer')}")
    made: dict[str, Any] = found["traced"]
    return made


def count(config: Mapping[str, Any], origin: str, steps: Steps = STEPS) -> Counted:
    """What :func:`edgesym.oracle.torch_counts.torch_counts` counts, in a process of its own.

    Raises:
        ConfigError: torch or transformers are missing, or know no such model.
    """
    job = json.dumps({"config": dict(config), "origin": origin, "steps": dict(steps)})
    found = _found("verifying", "count", job, _SECONDS_OF_COUNTS)
    if "counts" not in found:
        raise ConfigError(str(found.get("reason", f"{origin}: no answer")))
    return Counted(found["counts"], found["failed"], found["versions"])


def _found(what: str, step: str, job: str, seconds: float) -> dict[str, Any]:
    """What a step of :mod:`edgesym.tracing.worker` found; what it runs without is said."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
        raise ConfigError(
            f"{what} needs torch and transformers; install the extra: pip install 'edgesym[oracle]'"
        )
    with tempfile.TemporaryDirectory(prefix="edgesym-") as folder:
        worker = "edgesym.tracing.worker"
        found = in_process(worker, step, Path(folder), job, 1, seconds)
    for said in found.get("unguarded", ()):
        sys.stderr.write(f"Warning: {plain_line(said)}\n")
    return found
