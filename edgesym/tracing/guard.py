"""What the process that runs a model's code may not do: take much memory, or use the network.

It is a guard against accidents, not a prison: the code runs as the user, and reads and writes
the user's files. On Linux the process has no network at all where the kernel lets a user give up
theirs (``unshare(2)``); elsewhere Python's own sockets refuse, and other programs do not.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError
from edgesym.plain import plain_line

__all__ = ["BYTES", "guard"]

#: Memory that the process may take: the largest of transformers' models takes 3 GiB.
BYTES = 16 * 2**30
#: CLONE_NEWUSER and CLONE_NEWNET of linux/sched.h.
_USER, _NET = 0x10000000, 0x40000000
#: What Python tells its audit hooks of sockets (the audit events table of its documentation).
_ASKS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")


def guard() -> tuple[str, ...]:
    """Guard this process from now on; nothing takes it back.

    Returns:
        A line for each guard that this system refuses: the code runs without it.
    """
    refused = (_limit_memory(), _leave_network())
    sys.addaudithook(_refuse)
    return tuple(filter(None, refused))


def _limit_memory() -> str:
    try:
        import resource  # there is none on Windows

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        limit = BYTES if most == resource.RLIM_INFINITY else min(BYTES, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))
    except (ImportError, ValueError, OSError) as error:  # a system without limits: it is said
        return _without("a limit of memory", error)
    return ""


def _leave_network() -> str:
    if not sys.platform.startswith("linux"):
        return ""
    user, group = os.geteuid(), os.getegid()
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if library.unshare(_USER | _NET) != 0:
            return _without("to shut the network off", os.strerror(ctypes.get_errno()))
        own = Path("/proc/self")
        own.joinpath("uid_map").write_text(f"{user} {user} 1")
        own.joinpath("setgroups").write_text("deny")
        own.joinpath("gid_map").write_text(f"{group} {group} 1")
    except (OSError, AttributeError) as error:  # a system that shuts nobody off: it is said
        return _without("to shut the network off", error)
    return ""


def _without(what: str, why: object) -> str:
    return f"this system refuses {what} ({plain_line(str(why), 200)}); the code runs without"


def _refuse(event: str, given: tuple[Any, ...]) -> None:
    if event in _ASKS and not _is_local(given):
        raise ConfigError(
            "the code asks for the network, which it does not get while it is traced; "
            "download what it needs beforehand"
        )


def _is_local(given: tuple[Any, ...]) -> bool:
    """Whether a socket speaks to a process of this machine, by a path."""
    return any(isinstance(part, bytes) or (isinstance(part, str) and "/" in part) for part in given)
