"""Limits of an input: processor time, memory; and what no input may reach: processes, the net."""

from __future__ import annotations

import atexit
import errno
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["Hang", "bounded_memory", "folder", "limits", "naming"]

#: Seconds by the clock after which an input that computes nothing waits for something.
_WAITING = 20.0
#: Bytes that inputs may take beyond what the process has.
_MEMORY = 3 * 2**30
#: What text must never start, as Python's audit hooks call it.
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "pty.spawn")
#: What lists the fonts of the system, for pictures.
_FONTS = "fc-list"
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.bind", "socket.gethostbyname")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Hang(BaseException):
    """An input took longer than it may; no handler of exceptions takes it for another."""


class _Guard:
    armed = False
    installed = False
    named: tuple[str, ...] = ()


@contextmanager
def limits(seconds: float) -> Iterator[None]:
    """An input's time: a hang raises, wherever it is; nothing is started, or written elsewhere."""
    _install()
    folder()

    def stop(*_: Any) -> None:
        raise Hang

    before = {number: signal.signal(number, stop) for number in (signal.SIGVTALRM, signal.SIGALRM)}
    # again and again: what is raised in a destructor is lost
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.5)
    signal.setitimer(signal.ITIMER_REAL, max(_WAITING, 10 * seconds), 5.0)
    _Guard.armed = True
    try:
        yield
    finally:
        _Guard.armed = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def bounded_memory(more: int = _MEMORY) -> Iterator[None]:
    """What the process may take is bounded meanwhile: an input that takes all is a MemoryError."""
    statm = Path("/proc/self/statm")
    if not statm.is_file():
        yield
        return
    pages = int(statm.read_text("ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + more
    wanted = most if soft == resource.RLIM_INFINITY else min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def naming(words: Sequence[str]) -> Iterator[None]:
    """Words that name files to write: a folder that one of them lies in cannot be written.

    Elsewhere nothing is to be written, and where something is, that is a finding.
    """
    _Guard.named = tuple(os.path.dirname(os.path.abspath(word)) for word in words)  # noqa: PTH100, PTH120 - they need be no paths
    try:
        yield
    finally:
        _Guard.named = ()


_FOLDERS: dict[int, Path] = {}


def folder() -> Path:
    """The folder of this process that inputs are written into."""
    process = os.getpid()
    if process not in _FOLDERS:
        _FOLDERS[process] = Path(tempfile.mkdtemp(prefix="edgesym-fuzz-"))
        atexit.register(shutil.rmtree, _FOLDERS[process], ignore_errors=True)
    return _FOLDERS[process]


def _install() -> None:
    if not _Guard.installed:
        _Guard.installed = True
        sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what no input may do, as the system would."""
    if not _Guard.armed:
        return
    if event in _NETWORK:
        raise ConnectionError(101, "the network is not there")
    if event in _FORBIDDEN and arguments[0] != _FONTS:
        raise AssertionError(f"an input starts a process: {event} {arguments!r:.200}")
    makes = event == "os.mkdir"
    opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
    if (makes or opens) and isinstance(arguments[0], str | bytes | os.PathLike):
        text = os.path.abspath(os.fsdecode(arguments[0]))  # noqa: PTH100 - pathlib is slower
        if text.startswith((str(folder()), os.devnull)) or "__pycache__" in text:
            return
        if text.startswith(_Guard.named):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), text)
        if opens:  # an empty folder of settings is what libraries make
            raise AssertionError(f"an input writes {text!r:.200}")
