"""Names of devices as people write them: ``pi5``, ``RTX 4090``, ``apple-m2@24GB``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from edgesym.data import shipped, stems
from edgesym.errors import DeviceError, UnknownNameError

__all__ = ["aliases_of", "device_names", "is_device", "stem_of", "with_memory"]

FOLDER = "devices/data"
_BETWEEN = re.compile(r"[\s_-]+")
_NAMED = re.compile(r"\b\d+ GB\b")
_SIZE = re.compile(r"(\d+)\s*Gi?B", re.IGNORECASE)


def device_names() -> list[str]:
    """The devices that edgesym ships data for."""
    return list(stems(FOLDER))


def is_device(name: str) -> bool:
    """Whether a name, or a name and a size of memory, is that of a shipped device or a file.

    >>> [is_device(name) for name in ("raspberry-pi-5", "Pi 5", "board.toml", "q4_0")]
    [True, True, True, False]
    """
    return name.endswith(".toml") or _key(name.partition("@")[0]) in _stems()


def aliases_of(name: str) -> list[str]:
    """What a shipped device is called beside its name, the usual first; of others, nothing.

    >>> aliases_of("raspberry-pi-5@16GB")[0]
    'pi5'
    """
    stem = name.partition("@")[0]
    return list(shipped(FOLDER, stem).get("aliases", ())) if stem in device_names() else []


def stem_of(name: str) -> str:
    """The shipped device that a name means, without regard to case, spaces and dashes.

    >>> stem_of("RTX 4090"), stem_of("pi5")
    ('rtx-4090', 'raspberry-pi-5')

    Raises:
        UnknownNameError: no device is called so.
    """
    known = device_names()
    if name in known:
        return name
    found = _stems().get(_key(name))
    if found is None:
        remedy = "edgesym devices lists them all; or give the path of a device file ending in .toml"
        called = [*known, *(alias for aliases in _aliases().values() for alias in aliases)]
        raise UnknownNameError("device", name, called, remedy)
    return found


def with_memory(table: Mapping[str, Any], size: str, origin: str) -> dict[str, Any]:
    """A device file in another of the sizes of memory that it is sold with.

    >>> rows = {"memory_variants": [8, 16], "memory_size": {"value": 8, "unit": "GiB"}}
    >>> with_memory(rows, "16GB", "board")["memory_size"]
    {'value': 16, 'unit': 'GiB', 'condition': '16 GB variant'}

    Raises:
        DeviceError: it is not sold with that.
    """
    sizes = table.get("memory_variants", [])
    found = _SIZE.fullmatch(size.strip())
    if not found or int(found[1]) not in sizes:
        there = ", ".join(f"@{each}GB" for each in sizes) or "no other size"
        raise DeviceError(
            f"{origin}@{size}: no such memory; there is {there}. "
            f"Give another with --set memory_size=..."
        )
    gib = int(found[1])
    row = {**table["memory_size"], "value": gib, "unit": "GiB", "condition": f"{gib} GB variant"}
    named = _NAMED.sub(f"{gib} GB", str(table.get("name", origin)))
    name = named if _NAMED.search(named) else f"{named} ({gib} GB)"
    return {**table, "memory_size": row, "name": name}


def _key(name: str) -> str:
    """What is left of a name without case, spaces and dashes."""
    return _BETWEEN.sub("", name.strip().lower())


@cache
def _stems() -> dict[str, str]:
    """The device of each name and alias."""
    named = {_key(alias): stem for stem, aliases in _aliases().items() for alias in aliases}
    return named | {_key(stem): stem for stem in _aliases()}


@cache
def _aliases() -> dict[str, list[str]]:
    """The aliases of each shipped device."""
    return {stem: aliases_of(stem) for stem in device_names()}
