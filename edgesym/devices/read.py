"""Reading a device from its file, shipped or the user's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from edgesym.devices.classes import part_of, with_class
from edgesym.devices.device import Device, refuse_idle
from edgesym.devices.figure import BY_DTYPE, FIGURES, REQUIRED, Figure
from edgesym.devices.library import device_names, shipped_device
from edgesym.devices.names import meant
from edgesym.devices.rows import Rows
from edgesym.devices.variants import gib_of, with_variant
from edgesym.domain import checked
from edgesym.errors import DeviceError, UnknownNameError
from edgesym.files.read import is_file
from edgesym.fileschema import user_toml
from edgesym.units import human

__all__ = ["find_device"]

#: What figures of devices lie between, from a microcontroller to a rack.
_POSSIBLE = {
    "peak": (1e6, 1e18),
    "memory_bandwidth": (1e7, 1e14),
    "memory_size": (2.0**20, 2.0**50),
    "power_limit": (1e-3, 1e6),
}
_DRAWN = ("idle_power", "power_limit")
#: Devices remembered by name: more than are shipped, in some of their variants.
_REMEMBERED = 1024


@checked
def find_device(name: str) -> Device:
    """A device by one of its names, or from a user's TOML file.

    >>> find_device("M2").id, find_device("pi5@16GB").figures["memory_size"].value / 2**30
    ('apple-m2', 16.0)

    Raises:
        UnknownNameError: neither a name nor a file.
        ConfigError, DeviceError, UnitError: a file that is no device.
    """
    if name.endswith(".toml"):
        from edgesym.devices.schema import DeviceFile

        path = Path(name)
        own = user_toml(path, DeviceFile)
        stands = frozenset(own.keys() & set(FIGURES))
        return replace(_read(path.stem, own, name), stands=stands)
    return _shipped(name)


@lru_cache(maxsize=_REMEMBERED)
def _shipped(name: str) -> Device:
    """A device that is shipped, by one of its names and its variants: a value, read once."""
    called, *chosen = name.split("@")
    stem, said = meant(called)
    table: Mapping[str, Any] = shipped_device(stem)
    found = stem
    for variant in (*said, *chosen):
        changed = with_variant(table, variant, found)
        if changed != table:
            table, found = changed, f"{found}@{_short(variant)}"
    return _read(found, table, found)


def _short(variant: str) -> str:
    """A variant as it stands in the name of a device: ``24GB``, ``8-core``."""
    gib = gib_of(variant)
    return f"{gib}GB" if gib else variant.strip().lower()


def _read(name: str, own: Mapping[str, Any], origin: str) -> Device:
    table = with_class(own, origin)
    peaks = table.get("peak")
    if not peaks:
        raise DeviceError(
            f"{origin}: no peak rate; add a table [peak.fp32] with value, unit and source"
        )
    rows = Rows(origin, dict(_rows(table, peaks, origin)))
    for key in REQUIRED:
        of = [f"{key}.{dtype}" for dtype in peaks] if key in BY_DTYPE else [key]
        missing = [each for each in of if each not in rows.rows and key not in rows.rows]
        if missing:
            remedy = f"add a table [{key}] with value, unit and source"
            raise DeviceError(f"{origin}: {missing[0]} is missing; {remedy}")
    _refuse_impossible(rows, origin)
    return Device(
        name,
        table.get("name", name),
        table.get("summary", ""),
        {dtype: rows.figure("peak", dtype) for dtype in peaks},
        dict(_figures(rows, peaks)),
        tuple(table.get("runtimes", ())),
        _host(table, origin),
        table.get("class", ""),
        part_of(table),
        host_assumed="host" in table and "host" not in own,
        of_class=frozenset(rows.rows.keys() - _own_rows(own, peaks, origin)),
    ).consistent()


def _refuse_impossible(rows: Rows, origin: str) -> None:
    """Refuse figures that no device has, before others are computed from them."""
    for name in rows.rows:
        least, most = _POSSIBLE.get(name.partition(".")[0], (0.0, math.inf))
        figure = rows.figure(name, name.partition(".")[2]) if most < math.inf else None
        if figure and not least <= figure.value <= most:
            value, low, high = (human(n, figure.unit) for n in (figure.value, least, most))
            raise DeviceError(
                f"{origin}: {name} = {value} is no figure of a device: {low} to {high} are; "
                f"look at its unit"
            )
    given = [rows.figure(name) if name in rows.rows else None for name in _DRAWN]
    refuse_idle(origin, *given)


def _host(table: Mapping[str, Any], origin: str) -> str:
    """The device that a file names as the processor beside it; a file lies beside that one.

    Raises:
        UnknownNameError: neither a name nor a file.
    """
    host: str = table.get("host", "")
    if host.endswith(".toml"):
        path = Path(origin).parent / host
        if is_file(path):
            return str(path)
        raise DeviceError(f"{origin}: host = {host!r}: there is no file {path}")
    if host and host not in device_names():
        try:
            meant(host.partition("@")[0])
        except UnknownNameError as error:
            raise UnknownNameError(f"host of {origin}:", host, device_names()) from error
    return host


def _own_rows(own: Mapping[str, Any], peaks: Mapping[str, Any], origin: str) -> set[str]:
    """The rows that the file itself has; dtypes are those of the file and of its class."""
    ours = {f"peak.{dtype}" for dtype in own.get("peak", {})}
    return {n for n, _ in _rows(own, peaks, origin) if n in ours or not n.startswith("peak.")}


def _rows(
    table: Mapping[str, Any], peaks: Mapping[str, Any], origin: str
) -> Iterator[tuple[str, Any]]:
    """The rows of a file by name, those of a dtype as ``energy_per_flop.int8``."""
    yield from ((f"peak.{dtype}", row) for dtype, row in peaks.items())
    for word in FIGURES:
        if word not in table:
            continue
        row, inner = table[word], {}
        if word in BY_DTYPE and isinstance(row, Mapping):
            inner = {key: value for key, value in row.items() if isinstance(value, Mapping)}
            row = {key: value for key, value in row.items() if key not in inner}
        for dtype in inner:
            if dtype not in peaks:
                raise UnknownNameError(f"dtype of {origin}: {word}.", dtype, peaks)
        if row or not inner:
            yield word, row
        yield from ((f"{word}.{dtype}", own) for dtype, own in inner.items())


def _figures(rows: Rows, dtypes: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    """The figures by name; one for all dtypes where it is the same for all that have no own."""
    for word in FIGURES:
        if word not in BY_DTYPE:
            if word in rows.rows:
                yield word, rows.figure(word)
            continue
        own = {d: rows.figure(word, d) for d in dtypes if f"{word}.{d}" in rows.rows}
        others = [d for d in dtypes if d not in own] if word in rows.rows else []
        shared = {d: rows.figure(word, d) for d in others}
        if len(set(shared.values())) == 1:
            yield word, shared[others[0]]
            shared = {}
        yield from ((f"{word}.{d}", f) for d, f in (shared | own).items())
