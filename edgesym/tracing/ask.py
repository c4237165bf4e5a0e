"""Tracing in a process of its own, with a limit on its time."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError
from edgesym.measuring.process import in_process
from edgesym.plain import plain_line
from edgesym.tracing.job import Job

__all__ = ["SECONDS", "trace"]

#: How long a trace may take: the slowest of the models of transformers takes 20 s.
SECONDS = 300.0


def trace(job: Job, seconds: float = SECONDS) -> dict[str, Any]:
    """The data of the file of a traced model.

    The code runs in a process of its own: whatever it does, this one goes on.

    Raises:
        ConfigError: torch is missing, or the code cannot be traced; the text says why.
    """
    if importlib.util.find_spec("torch") is None:
        raise ConfigError(
            "tracing needs torch and transformers; install the extra: pip install 'edgesym[oracle]'"
        )
    with tempfile.TemporaryDirectory(prefix="edgesym-") as folder:
        worker = "edgesym.tracing.worker"
        found = in_process(worker, "trace", Path(folder), job.text(), 1, seconds)
    for said in found.get("unguarded", ()):
        sys.stderr.write(f"Warning: {plain_line(said)}\n")
    if "traced" not in found:
        reason = str(found.get("reason", "no answer")).removeprefix(f"{job.origin}: ")
        raise ConfigError(f"{job.origin}: cannot be traced: {reason}")
    made: dict[str, Any] = found["traced"]
    return made
