"""Reading a device from its file, shipped or the user's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgesym.data import load_toml, shipped, stems
from edgesym.devices.device import Device
from edgesym.devices.figure import FIGURES, KINDS, REQUIRED, Figure, checked
from edgesym.devices.spread import EXACT, Spread
from edgesym.errors import ConfigError, DeviceError, UnitError, UnknownNameError
from edgesym.symbols import TABLE
from edgesym.units import to_base

__all__ = ["device_names", "find_device"]

_NEEDED = {"value", "unit", "source"}
_ROW = _NEEDED | {"kind", "condition", "std", "range"}


def device_names() -> list[str]:
    """The devices that edgesym ships data for."""
    return list(stems("devices/data"))


def find_device(name: str) -> Device:
    """A device by name, or from a user's TOML file.

    Raises:
        UnknownNameError: neither a name nor a file.
        ConfigError, DeviceError, UnitError: a file that is no device.
    """
    if name.endswith(".toml"):
        path = Path(name)
        return _read(path.stem, load_toml(path), name)
    if name not in device_names():
        raise UnknownNameError(
            "device", name, device_names(), "Or give the path of a device file ending in .toml"
        )
    return _read(name, shipped("devices/data", name), name)


def _read(name: str, table: Mapping[str, Any], origin: str) -> Device:
    peaks = table.get("peak")
    if not isinstance(peaks, Mapping) or not peaks:
        raise DeviceError(
            f"{origin}: no peak rate; add a table [peak.fp32] with value, unit and source"
        )
    for key in table.keys() - {"name", "summary", "peak"} - set(FIGURES):
        raise UnknownNameError(
            f"key of device {origin}:", key, ["name", "summary", "peak", *FIGURES]
        )
    for key in REQUIRED:
        if key not in table:
            raise DeviceError(
                f"{origin}: {key} is missing; add a table [{key}] with value, unit and source"
            )
    return Device(
        name,
        str(table.get("name", name)),
        str(table.get("summary", "")),
        {dtype: _figure(f"peak.{dtype}", "FLOP/s", row, origin) for dtype, row in peaks.items()},
        {
            word: _figure(word, TABLE[word].unit, table[word], origin)
            for word in FIGURES
            if word in table
        },
    )


def _figure(name: str, unit: str, row: Any, origin: str) -> Figure:
    where = f"{origin}: {name}"
    if not isinstance(row, Mapping):
        raise DeviceError(f"{where} is {row!r}; write a table with value, unit and source")
    missing = _NEEDED - row.keys()
    if missing or row.keys() - _ROW:
        odd = sorted(missing) or sorted(row.keys() - _ROW)
        raise DeviceError(f"{where}: {'missing' if missing else 'unknown'} {', '.join(odd)}")
    kind = str(row.get("kind", "stated"))
    if kind not in KINDS:
        raise UnknownNameError(f"kind of {where}:", kind, KINDS)
    value = _number(where, "value", row["value"], str(row["unit"]), unit)
    condition, source = str(row.get("condition", "")), str(row["source"])
    return checked(where, Figure(value, unit, kind, condition, source, _spread(where, row, unit)))


def _spread(where: str, row: Mapping[str, Any], unit: str) -> Spread:
    """The spread that a row states as ``std`` or as ``range``."""
    if "std" in row and "range" in row:
        raise DeviceError(f"{where}: std and range both say how far it spreads; give one")
    written = str(row["unit"])
    if "std" in row:
        return Spread(_number(where, "std", row["std"], written, unit))
    if "range" not in row:
        return EXACT
    bounds = row["range"]
    if not isinstance(bounds, list) or len(bounds) != 2:
        raise ConfigError(f"{where}: range {bounds!r} must be two numbers, [low, high]")
    low, high = (_number(where, "range", bound, written, unit) for bound in bounds)
    return Spread.between(low, high)


def _number(where: str, key: str, number: Any, written: str, unit: str) -> float:
    """A number of a row, from the unit it is written in to the base unit."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ConfigError(f"{where}: {key} {number!r} must be a number")
    if isinstance(number, float) and not math.isfinite(number):
        raise DeviceError(f"{where}: {key} {number} must be finite")
    try:
        return to_base(number, written, unit)
    except UnitError as error:
        raise UnitError(f"{where}: {error}") from error
