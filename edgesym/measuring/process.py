"""Running a step in a process of its own, and what its end means."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from edgesym.files.read import is_file, read_bytes, read_text

__all__ = ["in_process", "job_of", "leave", "usable_threads"]

#: Who reads how many threads to run on: OpenMP, MKL, OpenBLAS, Accelerate.
_THREADS = ("OMP", "MKL", "OPENBLAS", "VECLIB_MAXIMUM")
#: Bytes of what one process leaves for another.
_LARGEST = 2**28
#: PR_SET_PDEATHSIG of linux/prctl.h.
_PDEATHSIG = 1
#: What allocators say when they get no memory, where they raise no MemoryError.
_NO_MEMORY = ("allocate memory", "not enough memory", "bad_alloc", "bad alloc", "out of memory")


def usable_threads() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_process(
    module: str, name: str, folder: Path, job: str, threads: int, most: float | None = None
) -> dict[str, Any]:
    """What a step of a job found; with ``state`` and ``reason`` where it did not end well.

    The module is run as ``python -m MODULE STEP JOB.json`` and ends in :func:`leave`. The process
    is in a session of its own, so that an interrupt from the terminal reaches this one alone, which
    then ends it.

    Args:
        folder: where the job and what was found are left; made if it is not there.
        job: as text.
        threads: that numerical libraries are told to run on.
        most: seconds after which the process is ended; None for no limit.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, log = folder / "job.json", folder / f"{name}.log"
    path.write_text(job, "utf-8")
    found = path.with_name(f"{name}.json")
    found.unlink(missing_ok=True)
    command = [sys.executable, "-m", module, name, str(path)]
    environment = {
        **os.environ,
        **{f"{library}_NUM_THREADS": str(threads) for library in _THREADS},
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    with log.open("wb") as file:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdout=file, stderr=file, env=environment, start_new_session=True
        )
        try:
            code = child.wait(most)
        except subprocess.TimeoutExpired:  # the row tells it
            return {"state": "failed", "reason": f"took longer than {most:g} s, and was ended"}
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    if is_file(found):
        answer: dict[str, Any] = json.loads(read_text(found, "answer", _LARGEST))
        return answer
    return _ended(code, log)


def job_of(path: Path) -> str:
    """The text of a job, in the process that is for it."""
    return read_text(path, "job", _LARGEST)


def leave(name: str, path: Path, step: Callable[[], dict[str, Any]]) -> None:
    """Do a step in the process that is for it; leave what it found, or how it ended."""
    warnings.simplefilter("ignore")
    _die_with_parent()
    try:
        found = step()
    except Exception as error:  # noqa: BLE001 - whatever a library raises is a row of the answer
        traceback.print_exc()
        found = {"state": _state(error), "reason": _told(error)}
    path.with_name(f"{name}.json").write_text(json.dumps(found), "utf-8")


def _die_with_parent() -> None:
    """End this process when the one that asked ends, however it does (Linux, prctl(2))."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with suppress(OSError, AttributeError):  # it then outlives a parent that is killed
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)


def _ended(code: int, log: Path) -> dict[str, Any]:
    """What it means that a process left nothing."""
    if code < 0:
        name = signal.Signals(-code).name
        return {"state": "failed", "reason": f"the process was ended by {name}"}
    lines = read_bytes(log, "log", _LARGEST).decode(errors="replace").strip().splitlines()
    return {"state": "failed", "reason": lines[-1] if lines else f"the process ended with {code}"}


def _state(error: Exception) -> str:
    short = isinstance(error, MemoryError) or any(x in str(error).lower() for x in _NO_MEMORY)
    return "out of memory" if short else "failed"


def _told(error: Exception) -> str:
    """The first line of an error, with its kind."""
    line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {line}" if line else type(error).__name__
