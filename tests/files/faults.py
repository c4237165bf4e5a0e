"""Faults of the system on purpose: the n-th step of writing below a folder fails, or ends it all.

A step is that a file is opened to be written, bytes are written to it, it is synced or renamed, or
a folder is made. Half of the bytes are written where writing them fails.
"""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from contextlib import contextmanager
from errno import EDQUOT, EIO, ENOSPC, EROFS
from pathlib import Path

__all__ = ["ENDS", "Faults", "killed", "refused"]

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def refused(number):
    """What the system refuses with an error of this number."""

    def fault():
        raise OSError(number, os.strerror(number))

    return fault


def interrupted():
    """Ctrl-C."""
    raise KeyboardInterrupt


def terminated():
    """The request to end, as it arrives between two steps."""
    os.kill(os.getpid(), signal.SIGTERM)


def killed():
    """The end, with nothing that is done after it."""
    os.kill(os.getpid(), signal.SIGKILL)


#: How it can end -> what happens, and the exit code that the command line ends with.
ENDS = {
    "a full disk": (refused(ENOSPC), 2),
    "a broken disk": (refused(EIO), 2),
    "no more quota": (refused(EDQUOT), 2),
    "read only": (refused(EROFS), 2),
    "Ctrl-C": (interrupted, 130),
    "the request to end": (terminated, 143),
}


class Faults:
    """The steps below a folder, the n-th of which fails."""

    def __init__(self, root: Path, n: int, fault: Callable[[], None]) -> None:
        self.root, self.n, self.fault = str(root), n, fault
        self.steps: list[str] = []

    @property
    def hit(self) -> bool:
        """Whether there was an n-th step."""
        return len(self.steps) >= self.n

    def step(self, what: str) -> bool:
        """Note a step; says whether it is the one."""
        self.steps.append(what)
        return len(self.steps) == self.n

    def of(self, path) -> bool:
        """Whether a path is below the folder."""
        if isinstance(path, int):
            return False
        return os.path.abspath(os.fsdecode(path)).startswith(self.root)  # noqa: PTH100

    @contextmanager
    def installed(self, monkeypatch):
        """Fail meanwhile."""
        with monkeypatch.context() as patched:
            self._patch(patched)
            yield self

    def _patch(self, patched) -> None:
        ours: dict[int, str] = {}
        real_open, real_fdopen, real_io = os.open, os.fdopen, io.open

        def opened(path, flags, *rest, **named):
            is_ours = self.of(path) and flags & _WRITING
            if is_ours and self.step(f"open {path}"):
                self.fault()
            handle = real_open(path, flags, *rest, **named)
            if is_ours:
                ours[handle] = os.fsdecode(path)
            return handle

        def streamed(handle, *rest, **named):
            stream = real_fdopen(handle, *rest, **named)
            return _Stream(stream, self) if ours.pop(handle, None) else stream

        def opened_by_name(path, mode="r", *rest, **named):
            is_ours = self.of(path) and set(mode) & set("wax+")
            if is_ours and self.step(f"open {path}"):
                self.fault()
            stream = real_io(path, mode, *rest, **named)
            return _Stream(stream, self) if is_ours and "b" in mode else stream

        def failing(name):
            real = getattr(os, name)

            def call(first, *rest, **named):
                if (name == "fsync" or self.of(first)) and self.step(f"{name} {first}"):
                    self.fault()
                return real(first, *rest, **named)

            return call

        patched.setattr(os, "open", opened)
        patched.setattr(os, "fdopen", streamed)
        patched.setattr(io, "open", opened_by_name)
        for name in ("fsync", "replace", "rename", "mkdir"):
            patched.setattr(os, name, failing(name))


class _Stream:
    """A stream whose writing may fail halfway."""

    def __init__(self, stream, faults: Faults) -> None:
        self._stream, self._faults = stream, faults

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.close()

    def write(self, data):
        """Write the bytes, or half of them."""
        if self._faults.step(f"write {len(data)}"):
            self._stream.write(bytes(data)[: len(data) // 2])
            self._stream.flush()
            self._faults.fault()
            return len(data)
        return self._stream.write(data)
