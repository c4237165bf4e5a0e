"""What the process that runs a model's code may not do: take much memory, or use the network.

It is a guard against accidents, not a prison: the code runs as the user, and reads and writes
the user's files. On Linux the process has no network at all where the kernel lets a user give up
theirs (``unshare(2)``); elsewhere Python's own sockets refuse, and other programs do not.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError

__all__ = ["BYTES", "guard"]

#: Memory that the process may take: the largest of transformers' models takes 3 GiB.
BYTES = 16 * 2**30
#: CLONE_NEWUSER and CLONE_NEWNET of linux/sched.h.
_USER, _NET = 0x10000000, 0x40000000
#: What Python tells its audit hooks of sockets (the audit events table of its documentation).
_ASKS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


def guard() -> None:
    """Guard this process from now on; nothing takes it back."""
    _limit_memory()
    _leave_network()
    sys.addaudithook(_refuse)


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # a system without limits has none
        import resource  # there is none on Windows

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        limit = BYTES if most == resource.RLIM_INFINITY else min(BYTES, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


def _leave_network() -> None:
    if not sys.platform.startswith("linux"):
        return
    user, group = os.geteuid(), os.getegid()
    with suppress(OSError, AttributeError):  # a system that shuts nobody off
        if ctypes.CDLL(None).unshare(_USER | _NET) == 0:
            own = Path("/proc/self")
            own.joinpath("uid_map").write_text(f"{user} {user} 1")
            own.joinpath("setgroups").write_text("deny")
            own.joinpath("gid_map").write_text(f"{group} {group} 1")


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    if event in _ASKS and not _is_local(given):
        raise ConfigError(
            "the code asks for the network, which it does not get while it is traced; "
            "download what it needs beforehand"
        )


def _is_local(given: tuple[Any, ...]) -> bool:
    """Whether a socket speaks to a process of this machine, by a path."""
    return any(isinstance(part, bytes) or (isinstance(part, str) and "/" in part) for part in given)
