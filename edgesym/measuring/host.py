"""What the system says of this machine: processor, caches, memory, and the class it belongs to."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edgesym.data import shipped

__all__ = ["Host", "class_of", "free_memory", "load_of", "read_host", "said_of_load"]

_ROOT = Path("/")
#: Keys of /proc/cpuinfo that name the processor, the best first.
_NAMES = ("model name", "Model", "Hardware", "cpu model")
#: Of the threads: a load from which on others are in the way.
_BUSY = 0.5
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


def load_of() -> float | None:
    """Processes that wanted to run, on average of the last minute; None where none knows."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # None stands for not known
        return None


def said_of_load(load: float | None, threads: int) -> str:
    """That a machine does other things as well, where its load says so; else nothing.

    >>> said_of_load(3.14, 2)
    'its load was 3.1 before: it did other things as well; measure when it is idle'
    """
    if load is None or load < _BUSY * threads:
        return ""
    return f"its load was {load:.1f} before: it did other things as well; measure when it is idle"


@cache
def _guesses() -> dict[str, list[dict[str, str]]]:
    return shipped("measuring", "classes")


def class_of(kind: str, name: str, machine: str = "") -> tuple[str, str]:
    """The class of devices that a machine belongs to, and why: the first row that fits.

    >>> class_of("processor", "AMD Ryzen 7 7840U w/ Radeon 780M Graphics", "x86_64")[0]
    'x86-laptop-cpu'
    >>> class_of("accelerator", "NVIDIA GeForce RTX 4090")[0]
    'geforce'

    Args:
        kind: ``processor`` or ``accelerator``.
    """
    return next(
        (row["says"], row["why"])
        for row in _guesses()[kind]
        if re.search(row.get("name", ""), name, re.IGNORECASE)
        and re.search(row.get("machine", ""), machine, re.IGNORECASE)
    )


def _named(name: str, info: dict[str, str]) -> str:
    """The processor's name; of Arm, whose kernels give numbers, the part."""
    if not name and platform.system() == "Darwin" and platform.machine() == "arm64":
        return "Apple silicon"
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
    except (AttributeError, ValueError, OSError):  # 0 stands for not known
        return 0


def _caches(root: Path) -> Iterator[int]:
    for path in (root / "sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        if found := _CACHE.match(_text(path)):
            yield int(found[1]) * _FACTORS[found[2]]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:  # no text stands for not known
        return ""
