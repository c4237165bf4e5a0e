"""What the system says of this machine: processor, caches, memory, and the class it belongs to."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from edgesym.data import shipped

__all__ = ["Host", "class_of", "free_memory", "read_host"]

_ROOT = Path("/")
#: Keys of /proc/cpuinfo that name the processor, the best first.
_NAMES = ("model name", "Model", "Hardware", "cpu model")
_CACHE = re.compile(r"(\d+)([KMG]?)")
_FACTORS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True, slots=True)
class Host:
    """A machine as its system describes it; 0 or empty where that does not say.

    Attributes:
        cpu: name of the processor.
        machine: instruction set, such as ``x86_64``.
        features: extensions of the instruction set, lower case.
        cache: bytes of the largest cache.
        memory: bytes of memory that the system manages.
        free: bytes of it that a program may still take.
    """

    cpu: str
    machine: str
    features: frozenset[str]
    cache: int
    memory: int
    free: int


def read_host(root: Path = _ROOT, machine: str = "") -> Host:
    """The machine that this runs on.

    Args:
        root: of the file system, for tests.
        machine: its instruction set; by default what Python says.

    References:
        proc(5), sysfs-devices-system-cpu (Linux, Documentation/ABI).
    """
    info = dict(_pairs(root / "proc/cpuinfo"))
    memory = _meminfo(root)
    names = (info.get(key, "") for key in _NAMES)
    features = f"{info.get('flags', '')} {info.get('Features', '')}".lower().split()
    return Host(
        _named(next(filter(None, names), ""), info) or platform.processor(),
        machine or platform.machine(),
        frozenset(features),
        max(_caches(root), default=0),
        memory.get("MemTotal") or _pages(),
        memory.get("MemAvailable", 0),
    )


def free_memory(root: Path = _ROOT) -> int | None:
    """Free memory in bytes; None where the system does not say."""
    return _meminfo(root).get("MemAvailable")


@cache
def _guesses() -> list[dict[str, Any]]:
    guesses: list[dict[str, Any]] = shipped("measuring", "classes")["class"]
    return guesses


def class_of(name: str, machine: str = "") -> tuple[str, str]:
    """The class of devices that a processor or accelerator belongs to, and why.

    The first row of ``classes.toml`` whose patterns match decides; empty where none does.

    >>> class_of("AMD Ryzen 5 7600X 6-Core Processor", "x86_64")[0]
    'x86-desktop-cpu'
    """
    for row in _guesses():
        named = re.search(row.get("name", ""), name, re.IGNORECASE)
        if named and re.search(row.get("machine", ""), machine, re.IGNORECASE):
            return str(row["says"]), str(row["why"])
    return "", ""


def _named(name: str, info: dict[str, str]) -> str:
    """The processor's name; of Arm, whose kernels give numbers, the part."""
    return name or (f"Arm part {info['CPU part']}" if "CPU part" in info else "")


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Keys and values of a file such as /proc/cpuinfo; the last of a key holds."""
    for line in _text(path).splitlines():
        key, sign, value = line.partition(":")
        if sign:
            yield key.strip(), value.strip()


def _meminfo(root: Path) -> dict[str, int]:
    rows = (value.split() for _, value in _pairs(root / "proc/meminfo"))
    keys = (key for key, _ in _pairs(root / "proc/meminfo"))
    return {
        key: int(row[0]) * 1024
        for key, row in zip(keys, rows, strict=True)
        if len(row) == 2 and row[0].isdigit()
    }


def _pages() -> int:
    """Bytes of memory where there is no /proc: pages times their size (POSIX sysconf)."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0


def _caches(root: Path) -> Iterator[int]:
    for path in (root / "sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        if found := _CACHE.match(_text(path)):
            yield int(found[1]) * _FACTORS[found[2]]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
