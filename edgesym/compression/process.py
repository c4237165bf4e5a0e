"""Running a step in a process of its own, and what its end means."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from edgesym.compression.job import Job

__all__ = ["step"]


def step(name: str, job: Job) -> dict[str, Any]:
    """What a step of a job found; with ``state`` and ``reason`` where it did not end well.

    The process is in a session of its own, so that an interrupt from the terminal reaches this
    one alone, which then ends it.
    """
    job.place.mkdir(parents=True, exist_ok=True)
    path, log = job.place / "job.json", job.place / f"{name}.log"
    path.write_text(job.written(), "utf-8")
    found = path.with_name(f"{name}.json")
    found.unlink(missing_ok=True)
    command = [sys.executable, "-m", "edgesym.compression.worker", name, str(path)]
    threads = str(job.threads)
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    with log.open("wb") as file:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdout=file, stderr=file, env=environment, start_new_session=True
        )
        try:
            code = child.wait()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    if found.is_file():
        answer: dict[str, Any] = json.loads(found.read_text("utf-8"))
        return answer
    return _ended(code, log)


def _ended(code: int, log: Path) -> dict[str, Any]:
    """What it means that a process left nothing."""
    if code < 0:
        name = signal.Signals(-code).name
        return {"state": "failed", "reason": f"the process was ended by {name}"}
    lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    return {"state": "failed", "reason": lines[-1] if lines else f"the process ended with {code}"}
