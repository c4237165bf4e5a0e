"""Reading a runtime from its file, shipped or the user's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from edgesym.data import load_toml, shipped, stems
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.formats import formats
from edgesym.graph.kernels import Absorb, Fuse, Fusion
from edgesym.graph.meaning import Purpose
from edgesym.runtimes.runtime import Runtime

__all__ = ["find_runtime", "runtime_names"]

_FOLDER = "runtimes/data"
_MOST_LAUNCHES = 1000
_KEYS = {
    *("name", "summary", "source", "whole", "fuse", "absorb"),
    *("launches", "arithmetic", "formats"),
}
_FUSE, _ABSORB = (
    {"kernel", "purposes", "chain", "siblings", "source"},
    {"purposes", "into", "source"},
)


def runtime_names() -> list[str]:
    """The runtimes that edgesym ships data for."""
    return list(stems(_FOLDER))


def find_runtime(name: str) -> Runtime:
    """A runtime by name, or from a user's TOML file.

    >>> find_runtime("unfused").fusion.fuse
    ()

    Raises:
        UnknownNameError: neither a name nor a file.
        ConfigError: a file that is no runtime.
    """
    if name.endswith(".toml"):
        path = Path(name)
        return _read(path.stem, load_toml(path), name)
    return _shipped(name)


@cache
def _shipped(name: str) -> Runtime:
    if name not in runtime_names():
        raise UnknownNameError(
            "runtime", name, runtime_names(), "Or give the path of a runtime file ending in .toml"
        )
    return _read(name, shipped(_FOLDER, name), name)


def _read(name: str, table: Mapping[str, Any], origin: str) -> Runtime:
    _refuse(table, _KEYS, f"runtime {origin}")
    for key in ("name", "summary", "source"):
        if not isinstance(table.get(key), str):
            raise ConfigError(f"runtime {origin}: {key} is missing; give it as text")
    fusion = Fusion(
        tuple(_fuse(row, origin) for row in _rows(table, "fuse", origin)),
        tuple(_absorb(row, origin) for row in _rows(table, "absorb", origin)),
        bool(table.get("whole", False)),
    )
    return Runtime(
        name,
        table["name"],
        table["summary"],
        table["source"],
        fusion,
        tuple(_launches(_table(table, "launches", origin), origin)),
        tuple(_arithmetic(_table(table, "arithmetic", origin), origin)),
        frozenset(_format(text, origin) for text in _list(table, "formats", origin)),
    )


def _fuse(row: Mapping[str, Any], origin: str) -> Fuse:
    _refuse(row, _FUSE, f"runtime {origin}: fuse")
    kernel = row.get("kernel")
    if not isinstance(kernel, str) or not kernel.isidentifier():
        raise ConfigError(f"runtime {origin}: fuse: kernel = {kernel!r} must be a plain name")
    chain, siblings = (bool(row.get(key, key == "chain")) for key in ("chain", "siblings"))
    return Fuse(kernel, _purposes(row, "purposes", origin), chain, siblings)


def _absorb(row: Mapping[str, Any], origin: str) -> Absorb:
    _refuse(row, _ABSORB, f"runtime {origin}: absorb")
    return Absorb(_purposes(row, "purposes", origin), _purposes(row, "into", origin))


def _purposes(row: Mapping[str, Any], key: str, origin: str) -> frozenset[Purpose]:
    return frozenset(_purpose(text, origin) for text in _list(row, key, origin))


def _purpose(text: Any, origin: str) -> Purpose:
    known = [str(purpose) for purpose in Purpose]
    if text not in known:
        raise UnknownNameError(f"purpose in runtime {origin}:", str(text), known)
    return Purpose(text)


def _launches(rows: Mapping[str, Any], origin: str) -> Iterator[tuple[Purpose, Fraction]]:
    """Whole numbers, or texts such as "1/2" where two operations are started as one."""
    for name, given in rows.items():
        try:
            count = Fraction(given) if isinstance(given, int | str) else Fraction(-1)
        except (ValueError, ZeroDivisionError):
            count = Fraction(-1)
        if isinstance(given, bool) or not 0 <= count <= _MOST_LAUNCHES:
            raise ConfigError(
                f"runtime {origin}: launches.{name} = {given!r} must be a whole number, or a "
                'fraction as text, such as "1/2" where two operations are started as one'
            )
        yield _purpose(name, origin), count


def _arithmetic(rows: Mapping[str, Any], origin: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in rows:
        dtypes = _list(rows, name, origin)
        if not dtypes or not all(isinstance(dtype, str) for dtype in dtypes):
            raise ConfigError(f"runtime {origin}: arithmetic.{name} must be a list of dtypes")
        yield _format(name, origin), tuple(dtypes)


def _format(name: Any, origin: str) -> str:
    if name not in formats():
        raise UnknownNameError(f"number format in runtime {origin}:", str(name), formats())
    return str(name)


def _rows(table: Mapping[str, Any], key: str, origin: str) -> list[Mapping[str, Any]]:
    rows = _list(table, key, origin)
    if not all(isinstance(row, Mapping) for row in rows):
        raise ConfigError(f"runtime {origin}: {key} must be tables, [[{key}]]")
    return rows


def _list(table: Mapping[str, Any], key: str, origin: str) -> list[Any]:
    found = table.get(key, [])
    if not isinstance(found, list):
        raise ConfigError(f"runtime {origin}: {key} = {found!r} must be a list")
    return found


def _table(table: Mapping[str, Any], key: str, origin: str) -> Mapping[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, Mapping):
        raise ConfigError(f"runtime {origin}: {key} = {found!r} must be a table")
    return found


def _refuse(table: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in table.keys() - known:
        raise UnknownNameError(f"key of {where}:", key, known)
