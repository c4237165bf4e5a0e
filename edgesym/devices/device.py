"""A device: its figures, where each comes from, and overriding them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sympy

from edgesym.data import load_toml, shipped, stems
from edgesym.errors import ConfigError, DeviceError, UnitError, UnknownNameError
from edgesym.formats import Format
from edgesym.symbols import TABLE, symbol
from edgesym.units import human, parse, to_base

__all__ = ["FIGURES", "Device", "Figure", "device_names", "find_device"]

#: The figures of a device: words of the symbol table, each with its unit there.
FIGURES = (
    "memory_size",
    "memory_bandwidth",
    "storage_bandwidth",
    "link_bandwidth",
    "network_bandwidth",
    "compute_utilisation",
    "memory_utilisation",
    "storage_utilisation",
    "link_utilisation",
    "network_utilisation",
    "launch_overhead",
    "energy_per_flop",
    "energy_per_byte",
    "idle_power",
)
#: The figures without which a step has no time; a launch_overhead of 0 is the bare roofline.
REQUIRED = (
    "memory_size",
    "memory_bandwidth",
    "compute_utilisation",
    "memory_utilisation",
    "launch_overhead",
)
KINDS = ("stated", "measured", "derived", "assumed", "override")
_MAY_BE_ZERO = ("launch_overhead", "energy_per_flop", "energy_per_byte", "idle_power")
_ROW = {"value", "unit", "kind", "condition", "source"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a device in its base unit.

    Attributes:
        kind: stated by the vendor, measured, derived by arithmetic, assumed, or an override.
        condition: the arithmetic, or what the number holds for.
        source: where it comes from.
    """

    value: float
    unit: str
    kind: str
    condition: str
    source: str

    def __str__(self) -> str:
        """The number with a readable unit."""
        return human(self.value, self.unit)


@dataclass(frozen=True, slots=True)
class Device:
    """A device.

    Attributes:
        id: how it is named on the command line.
        name: its name in prose.
        peaks: peak rate by arithmetic dtype, dense, FLOP/s.
        figures: the figures it has, by word.
    """

    id: str
    name: str
    summary: str
    peaks: Mapping[str, Figure]
    figures: Mapping[str, Figure]

    def arithmetic(self, weights: Format, wanted: str = "") -> str:
        """The dtype that the device computes in for weights of a format.

        Raises:
            DeviceError: it has no peak for any dtype that would do.
        """
        suitable = (wanted,) if wanted else weights.arithmetic
        for dtype in suitable:
            if dtype in self.peaks:
                return dtype
        raise DeviceError(
            f"{self.name} has no peak rate for {' or '.join(suitable)}; it has "
            f"{', '.join(self.peaks)}. Give one with --set peak.{suitable[0]}=..., "
            f"or choose one with --compute"
        )

    def values(self, dtype: str) -> dict[sympy.Symbol, float]:
        """The number of each device symbol, computing in ``dtype``."""
        known = {symbol(word): figure.value for word, figure in self.figures.items()}
        return {**known, symbol("peak_flops"): self.peaks[dtype].value}

    def with_settings(self, settings: Iterable[str]) -> Device:
        """The device with figures overridden by texts such as ``memory_bandwidth=20GB/s``.

        Raises:
            DeviceError, UnitError, UnknownNameError: a text that is no setting.
        """
        changed = self
        for setting in settings:
            name, sign, text = setting.partition("=")
            if not sign:
                raise DeviceError(
                    f"--set {setting}: write it as figure=value, such as memory_bandwidth=20GB/s"
                )
            changed = changed._with_figure(name.strip(), text)
        return changed

    def _with_figure(self, name: str, text: str) -> Device:
        prefix, _, dtype = name.partition(".")
        is_peak = prefix == "peak" and dtype
        if name not in FIGURES and not is_peak:
            known = [*FIGURES, *(f"peak.{d}" for d in self.peaks)]
            raise UnknownNameError("device figure", name, known)
        unit = TABLE["peak_flops" if is_peak else name].unit
        value = _in_unit(f"--set {name}", lambda: parse(text, unit))
        figure = _checked(name, value, unit, "override", "", "--set")
        if is_peak:
            return replace(self, peaks={**self.peaks, dtype: figure})
        return replace(self, figures={**self.figures, name: figure})


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
    missing = {"value", "unit", "source"} - row.keys()
    if missing or row.keys() - _ROW:
        odd = sorted(missing) or sorted(row.keys() - _ROW)
        raise DeviceError(f"{where}: {'missing' if missing else 'unknown'} {', '.join(odd)}")
    if isinstance(row["value"], bool) or not isinstance(row["value"], int | float):
        raise ConfigError(f"{where}: value {row['value']!r} must be a number")
    kind = str(row.get("kind", "stated"))
    if kind not in KINDS:
        raise UnknownNameError(f"kind of {where}:", kind, KINDS)
    if not math.isfinite(row["value"]):
        raise DeviceError(f"{where}: value {row['value']} must be finite")
    value = _in_unit(where, lambda: to_base(row["value"], str(row["unit"]), unit))
    return _checked(where, value, unit, kind, str(row.get("condition", "")), str(row["source"]))


def _in_unit(where: str, read: Callable[[], float]) -> float:
    """A number read from text, with errors that name where the text stands."""
    try:
        return read()
    except UnitError as error:
        raise UnitError(f"{where}: {error}") from error


def _checked(where: str, value: float, unit: str, kind: str, condition: str, source: str) -> Figure:
    name = where.rpartition(" ")[2]
    floor_ok = value > 0 or (value == 0 and name in _MAY_BE_ZERO)
    if not floor_ok or not math.isfinite(value):
        raise DeviceError(f"{where} = {value:g} {unit}: must be positive")
    if name.endswith("_utilisation") and value > 1:
        raise DeviceError(f"{where} = {value:g}: a utilisation lies between 0 and 1")
    return Figure(value, unit, kind, condition, source)
