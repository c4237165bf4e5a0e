"""One technique in a process of its own: ``python -m edgesym.compression.worker STEP JOB.json``.

The step is ``make`` (build, compress, write) or ``run`` (load and measure, under the memory limit).
What it found is left as JSON beside the job.
"""

from __future__ import annotations

import json
import sys
import traceback
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

from edgesym.compression.job import Job

__all__ = ["ENGINES", "main"]

#: What techniques call an engine -> the module that makes and runs their files.
ENGINES = {
    "torch": "torch_engine",
    "llama.cpp": "llama_cpp_engine",
    "llm-compressor": "llm_compressor_engine",
}
#: What allocators say when they get no memory, where they raise no MemoryError.
_NO_MEMORY = ("allocate memory", "not enough memory", "bad_alloc", "bad alloc", "out of memory")


def main(step: str, path: Path) -> None:
    """Do a step of a job; leave what was found in ``STEP.json`` beside it."""
    job = Job.read(path.read_text("utf-8"))
    warnings.simplefilter("ignore")
    try:
        found: dict[str, Any] = _engine(job, step)
    except Exception as error:  # noqa: BLE001 - whatever a library raises is a row of the table
        traceback.print_exc()
        found = {"state": _state(error), "reason": _told(error)}
    path.with_name(f"{step}.json").write_text(json.dumps(found), "utf-8")


def _engine(job: Job, step: str) -> dict[str, Any]:
    """The step of the engine that the technique is made and run with."""
    engine = import_module(f"edgesym.compression.libraries.{ENGINES[job.engine]}")
    found: dict[str, Any] = getattr(engine, step)(job)
    return found


def _state(error: Exception) -> str:
    short = isinstance(error, MemoryError) or any(x in str(error).lower() for x in _NO_MEMORY)
    return "out of memory" if short else "failed"


def _told(error: Exception) -> str:
    """The first line of an error, with its kind."""
    line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
