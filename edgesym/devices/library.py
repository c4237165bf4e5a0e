"""The shipped devices: a file for each, or one for a family of like devices.

The file of a family has ``[family]``, what is the same in all its devices, and a table
``[devices.NAME]`` for each. There a number in place of a row takes the family's row of that
figure, with the ``source`` of the device.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edgesym.data import shipped, shipped_text, stems
from edgesym.files.parse import parse_toml

__all__ = ["device_names", "filled", "nicknames", "shipped_device"]

FOLDER = "devices/data"
_NAMING = re.compile(r"^\[devices\.(?P<name>[\w+-]+)\]$|^aliases = (?P<aliases>.*)$", re.MULTILINE)


def device_names() -> list[str]:
    """The devices that edgesym ships data for, sorted."""
    return sorted(_places())


def nicknames(name: str) -> tuple[str, ...]:
    """The aliases of a shipped device, the usual first; of others, nothing."""
    place = _places().get(name)
    return () if place is None else place.aliases


def shipped_device(name: str) -> Mapping[str, Any]:
    """The table of a shipped device, with what its family says."""
    return _devices(_places()[name].file)[name]


def filled(table: Mapping[str, Any], under: Mapping[str, Any], source: str = "") -> dict[str, Any]:
    """A table of figures over another, in which a number may stand in place of a row.

    A number, or its arithmetic, takes the row that lies under it, and the source where one is
    given; a table replaces what it says of that row.

    >>> filled({"memory_size": 12}, {"memory_size": {"value": 8, "unit": "GiB"}})
    {'memory_size': {'value': 12, 'unit': 'GiB'}}
    """
    own = {"source": source} if source else {}

    def over(row: Any, below: Any) -> Any:
        if not isinstance(below, Mapping):
            return row
        if not isinstance(row, Mapping):
            spread = {"std", "range"} if "value" in below else set()
            return {**{k: v for k, v in below.items() if k not in spread}, **own, "value": row}
        if "value" in below or "unit" in below or "unit" in row:
            return {**below, **own, **row}
        return {**below, **{key: over(inner, below.get(key)) for key, inner in row.items()}}

    return {**under, **{key: over(row, under.get(key)) for key, row in table.items()}}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a device stands, and what else it is called."""

    file: str
    aliases: tuple[str, ...]


@cache
def _places() -> dict[str, _Place]:
    """The place of each device by name, read off the lines that name it: no file is parsed."""
    found: dict[str, _Place] = {}
    for stem in stems(FOLDER):
        name = stem
        for line in _NAMING.finditer(shipped_text(FOLDER, stem)):
            name = line["name"] or name
            found[name] = _Place(stem, _aliases(line["aliases"]) if line["aliases"] else ())
        if name == stem:
            found.setdefault(stem, _Place(stem, ()))
    return found


def _aliases(text: str) -> tuple[str, ...]:
    """The aliases of a list: read as JSON where it is that too, in a tenth of the time."""
    try:
        return tuple(json.loads(text))
    except ValueError:  # no JSON: it is read as TOML
        return tuple(parse_toml(f"aliases = {text}", FOLDER)["aliases"])


@cache
def _devices(stem: str) -> dict[str, Mapping[str, Any]]:
    """The table of each device of a file, by name."""
    table = shipped(FOLDER, stem)
    if "devices" not in table:
        return {stem: table}
    family = table["family"]
    sources = {
        name: own.get("source", family.get("source", "")) for name, own in table["devices"].items()
    }
    return {
        name: _complete(filled(own, family, sources[name]), sources[name])
        for name, own in table["devices"].items()
    }


def _complete(table: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The table without rows of the family that the device gives no number for.

    A row without a source has that of the device.
    """

    def whole(row: Any) -> Any:
        if not isinstance(row, Mapping):
            return row
        if "unit" in row:
            return {"source": source, **row} if "value" in row else None
        return {key: kept for key, inner in row.items() if (kept := whole(inner)) is not None}

    about = {key: table[key] for key in ("variants",) if key in table}
    kept = {key: whole(row) for key, row in table.items() if key not in ("source", "variants")}
    return {key: row for key, row in kept.items() if row is not None} | about
