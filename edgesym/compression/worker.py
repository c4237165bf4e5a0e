"""One technique in a process of its own: ``python -m edgesym.compression.worker STEP JOB.json``.

The step is ``make`` (build, compress, write) or ``run`` (load and measure, under the memory limit).
What it found is left as JSON beside the job.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from edgesym.compression.job import Job
from edgesym.measuring.process import job_of, leave

__all__ = ["ENGINES", "main"]

#: What techniques call an engine -> the module that makes and runs their files.
ENGINES = {
    "torch": "torch_engine",
    "llama.cpp": "llama_cpp_engine",
    "llm-compressor": "llm_compressor_engine",
}


def main(step: str, path: Path) -> None:
    """Do a step of a job; leave what was found in ``STEP.json`` beside it."""
    job = Job.read(job_of(path))
    leave(step, path, lambda: _engine(job, step))


def _engine(job: Job, step: str) -> dict[str, Any]:
    """The step of the engine that the technique is made and run with."""
    engine = import_module(f"edgesym.compression.libraries.{ENGINES[job.engine]}")
    found: dict[str, Any] = getattr(engine, step)(job)
    return found


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
