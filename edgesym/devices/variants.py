"""Variants of a device: the sizes of memory and the numbers of cores that it is sold with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from edgesym.devices.library import filled
from edgesym.errors import DeviceError

__all__ = ["gib_of", "variant_names", "with_variant"]

_NAMED = re.compile(r"\b\d+ GB\b")
_SIZE = re.compile(r"(?<!\d)(\d++)\s*+Gi?B", re.IGNORECASE)


def variant_names(table: Mapping[str, Any]) -> list[str]:
    """What may follow the ``@`` of a device.

    >>> variant_names({"variants": {"24-core": {}}, "memory_variants": [32, 64]})
    ['24-core', '32GB', '64GB']
    """
    return [*table.get("variants", {}), *(f"{gib}GB" for gib in table.get("memory_variants", []))]


def gib_of(text: str) -> int | None:
    """The GiB of a size of memory such as ``24GB``; nothing where it is no such size."""
    found = _SIZE.fullmatch(text.strip())
    return int(found[1]) if found else None


def with_variant(table: Mapping[str, Any], called: str, origin: str) -> dict[str, Any]:
    """A device file in one of its variants; one that changes nothing is the device itself.

    >>> rows = {"memory_variants": [8, 16], "memory_size": {"value": 8, "unit": "GiB"}}
    >>> with_variant(rows, "16GB", "board")["memory_size"]
    {'value': 16, 'unit': 'GiB', 'condition': '16 GB variant'}
    >>> rows = {"variants": {"25W": {"power_limit": 25}}, "power_limit": {"value": 15}}
    >>> with_variant(rows, "25w", "board")["power_limit"]
    {'value': 25}

    Raises:
        DeviceError: it has no such variant.
    """
    wanted = called.strip().lower()
    variants = {name.lower(): rows for name, rows in table.get("variants", {}).items()}
    if wanted in variants:
        changed = dict(variants[wanted])
        return filled(changed, table, changed.pop("source", ""))
    gib = gib_of(called)
    if gib is None or gib not in table.get("memory_variants", []):
        there = ", ".join(f"@{each}" for each in variant_names(table)) or "no other size"
        raise DeviceError(
            f"{origin}@{called}: no such memory or variant; there is {there}. "
            f"Give another with --set memory_size=..."
        )
    if gib == table["memory_size"].get("value"):
        return dict(table)
    row = {**table["memory_size"], "value": gib, "unit": "GiB", "condition": f"{gib} GB variant"}
    named = _NAMED.sub(f"{gib} GB", str(table.get("name", origin)))
    name = named if _NAMED.search(named) else f"{named} ({gib} GB)"
    return {**table, "memory_size": row, "name": name}
