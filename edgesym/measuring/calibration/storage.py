"""Reading a file from storage, not from the memory that the system remembers files in.

A file is written, flushed, and read past the page cache (O_DIRECT); where the file system does not
do that, the system is asked to forget the file before each read (posix_fadvise). Neither needs
root. A drive, or the host of a virtual machine, may have a cache of its own that nobody can look
behind.
"""

from __future__ import annotations

import mmap
import os
import time
from functools import partial
from pathlib import Path

from edgesym.measuring.calibration.rate import Rate
from edgesym.measuring.latency import Clock, seconds_of

__all__ = ["storage_read"]

#: Bytes of one read.
_CHUNK = 4 * 2**20


def storage_read(
    folder: Path, size: int, runs: int, budget: float, clock: Clock = time.perf_counter
) -> Rate | None:
    """B/s of reading a file in this folder; None where the page cache cannot be kept out.

    Raises:
        OSError: the folder cannot be written to, or is full.
    """
    path = folder / f".edgesym-storage-{os.getpid()}"
    try:
        with path.open("wb") as file:
            for _ in range(size // _CHUNK):
                file.write(os.urandom(_CHUNK))
            file.flush()
            os.fsync(file.fileno())
        for way, flags in _ways():
            try:
                step = partial(_read, path, flags)
                took = seconds_of(step, runs, warm=0, budget=budget, clock=clock)
            except OSError:  # the next way is tried, and named in the row
                continue
            return Rate.of(size // _CHUNK * _CHUNK, took, way, f"{size // 2**20} MiB")
        return None
    finally:
        path.unlink(missing_ok=True)


def _ways() -> list[tuple[str, int]]:
    """How to keep the page cache out, the surest first, with the flags to open the file by."""
    ways = [("O_DIRECT", os.O_DIRECT)] if hasattr(os, "O_DIRECT") else []
    return [*ways, ("posix_fadvise", 0)] if hasattr(os, "posix_fadvise") else ways


def _read(path: Path, flags: int) -> None:
    """Read a file from end to end into memory that is aligned to pages, as O_DIRECT needs."""
    handle = os.open(path, os.O_RDONLY | flags)
    try:
        if not flags:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        with mmap.mmap(-1, _CHUNK) as buffer:
            while os.readv(handle, [buffer]):
                pass
    finally:
        os.close(handle)
