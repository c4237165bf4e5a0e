"""The memory of a process: how much it holds, and a limit on how much it may."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgesym.errors import ConfigError

__all__ = ["Memory", "limited"]

_STATUS = Path("/proc/self/status")


class Memory:
    """Memory that this process holds, beside what it held when this was made.

    Nothing is known on systems without ``/proc``: every figure is None there.
    """

    __slots__ = ("_before",)

    def __init__(self) -> None:
        """Begin to count here."""
        _forget_peak()
        self._before = _status()

    @property
    def resident(self) -> int | None:
        """Bytes of what the process itself wrote that are resident, more than before."""
        return self._more("RssAnon", "RssAnon")

    @property
    def peak(self) -> int | None:
        """The most that was resident since, more than before."""
        return self._more("VmHWM", "VmRSS")

    def _more(self, figure: str, since: str) -> int | None:
        now, before = _status().get(figure), self._before.get(since)
        return None if now is None or before is None else max(now - before, 0)


@contextmanager
def limited(most: int | None) -> Iterator[None]:
    """Let this process take so many bytes more than it has now, and no others, for a while.

    The limit is RLIMIT_DATA: what a program writes to. The interpreter and the libraries that are
    there before are not counted: a device would run an engine of its own instead.

    Args:
        most: bytes; None for no limit.

    Raises:
        ConfigError: this system cannot limit memory.
    """
    if most is None:
        yield
        return
    held = _status().get("VmData")
    if held is None or not sys.platform.startswith("linux"):
        raise ConfigError("--memory needs Linux to hold a measurement to its limit")
    import resource

    former = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (held + most, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, former)


def _status() -> dict[str, int]:
    """What the system says of this process, in bytes; nothing where it does not."""
    try:
        lines = _STATUS.read_text("ascii").splitlines()
    except OSError:  # nothing stands for not known
        return {}
    pairs = (line.partition(":")[::2] for line in lines if line.endswith(" kB"))
    return {name: int(value.split()[0]) * 1024 for name, value in pairs}


def _forget_peak() -> None:
    """Begin to look for the peak of resident memory from here (Linux, proc(5), clear_refs)."""
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:  # the peak is then that since the process began
        return
