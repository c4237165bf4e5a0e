"""Reading a runtime from its file, shipped or the user's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from edgesym.data import (
    flag_of,
    list_of,
    load_toml,
    refuse_unknown,
    rows_of,
    shipped,
    stems,
    table_of,
    text_of,
)
from edgesym.devices.figure import BY_DTYPE, Figure
from edgesym.devices.rows import Rows
from edgesym.domain import checked
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.formats import formats
from edgesym.frozen import FrozenMap
from edgesym.graph.kernels import AS_WRITTEN, Absorb, Fuse, Fusion, Rewritten
from edgesym.graph.liveness import Holding
from edgesym.graph.meaning import Purpose, named
from edgesym.runtimes.base import with_base
from edgesym.runtimes.memory import Memory
from edgesym.runtimes.placement import Leaving
from edgesym.runtimes.runtime import EFFICIENCY, FIXED, JOININGS, Efficiency, Runtime

__all__ = ["find_runtime", "runtime_names"]

_FOLDER = "runtimes/data"
_MOST_LAUNCHES = 1000
_MOST_SMOOTHNESS = 100
_COUNT = re.compile(r"[0-9]{1,4}(?:/[1-9][0-9]{0,3})?")
_KEYS = {
    *("name", "summary", "source", "base", "backends", "whole", "fuse", "absorb"),
    "as_written",
    *("launches", "arithmetic", "figures", "efficiency", "memory"),
    *("formats", "most_rows", "rest", "composition", "smoothness", "queued", "places"),
}
_PLACES = {"runs", "last", "head", "copies_from", "source"}
_FLAGS = ("chain", "siblings")
_FUSE, _ABSORB = (
    {"kernel", "purposes", *_FLAGS, "source"},
    {"purposes", "into", "source"},
)
_MEMORY = {
    *("source", "activations", "mask", "tokens", "inputs", "cache_page", "table", "copied"),
    *("made_by", "read_by", "entries", "outlive", "appended", "embedded", "routed"),
}
_MOST = 2**20


def runtime_names() -> list[str]:
    """The runtimes that edgesym ships data for."""
    return list(stems(_FOLDER))


@checked
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


def _read(name: str, own: Mapping[str, Any], origin: str) -> Runtime:
    where = f"runtime {origin}"
    refuse_unknown(own, _KEYS, where)
    table, bases = with_base(own, origin, _base)
    fusion = Fusion(
        tuple(_fuse(row, where) for row in rows_of(table, "fuse", where)),
        tuple(_absorb(row, where) for row in rows_of(table, "absorb", where)),
        flag_of(table, "whole", where, default=False),
        _usual() if not flag_of(table, "as_written", where, default=False) else AS_WRITTEN,
    )
    return Runtime(
        name,
        text_of(table, "name", where),
        text_of(table, "summary", where),
        text_of(table, "source", where),
        fusion,
        tuple(_launches(table_of(table, "launches", where), where)),
        tuple(_arithmetic(table_of(table, "arithmetic", where), where)),
        frozenset(_format(text, f"{where}: formats") for text in list_of(table, "formats", where)),
        _figures(table_of(table, "figures", where), f"{where}: figures"),
        tuple(_efficiency(row, where) for row in rows_of(table, "efficiency", where)),
        _memory(table_of(table, "memory", where), f"{where}: memory")
        if "memory" in table
        else None,
        composition=_composition(table, where),
        smoothness=_smoothness(table, where),
        queued=flag_of(table, "queued", where, default=False),
        bases=bases,
        backends=flag_of(table, "backends", where, default=False),
        most_rows=_whole(table, "most_rows", where, "outputs", default=0),
        rest=_rest(table, where),
        leaving=_leaving(table_of(table, "places", where), f"{where}: places")
        if "places" in table
        else None,
    )


@cache
def _usual() -> Rewritten:
    """What becomes of a model's own code where a runtime does not run it as it is written."""
    table, where = shipped("runtimes/shared", "code"), "runtimes/shared/code.toml"
    dropped, joined = (_purposes(table, key, where) for key in ("dropped", "joined"))
    absorb = tuple(_absorb(row, where) for row in rows_of(table, "absorb", where))
    return Rewritten(dropped, joined, absorb)


def _leaving(row: Mapping[str, Any], where: str) -> Leaving:
    """How layers are left to other places.

    Raises:
        ConfigError, UnknownNameError: a key that is none, or no such runtime.
    """
    refuse_unknown(row, _PLACES, where)
    text_of(row, "source", where)
    runs = text_of(row, "runs", where, "")
    if runs and runs not in runtime_names():
        raise UnknownNameError(f"runs of {where}:", runs, runtime_names())
    last, head = (flag_of(row, key, where, default=False) for key in ("last", "head"))
    return Leaving(runs, last, head, _whole(row, "copies_from", where, default=0))


def _composition(table: Mapping[str, Any], where: str) -> str:
    name = table.get("composition", JOININGS[0])
    if name not in JOININGS:
        raise UnknownNameError(f"composition in {where}:", str(name), JOININGS)
    return str(name)


def _smoothness(table: Mapping[str, Any], where: str) -> float | None:
    """The exponent of the composition ``smooth``: 1 is the sum of the two times.

    Raises:
        ConfigError: it is no number of at least 1, or the composition has no exponent.
    """
    if "smoothness" not in table:
        return None
    found = table["smoothness"]
    real = isinstance(found, int | float) and not isinstance(found, bool)
    if not real or not 1 <= found <= _MOST_SMOOTHNESS:
        raise ConfigError(
            f"{where}: smoothness = {found!r} must be a number from 1, the sum of the two times, "
            f"to {_MOST_SMOOTHNESS}, as good as their maximum"
        )
    if table.get("composition") != "smooth":
        raise ConfigError(f'{where}: smoothness is of composition = "smooth"; set that too')
    return float(found)


def _rest(table: Mapping[str, Any], where: str) -> str:
    """The runtime that runs what this one does not, itself one that runs all.

    Raises:
        ConfigError, UnknownNameError: it is none, or nothing is left to it.
    """
    name = text_of(table, "rest", where, "")
    if not name:
        return ""
    if name not in runtime_names():
        raise UnknownNameError(f"rest of {where}:", name, runtime_names())
    if not list_of(table, "formats", where) and "most_rows" not in table:
        raise ConfigError(
            f"{where}: rest = {name!r} runs the formats that this does not; "
            'list those that it does, formats = ["f16", "q4_0"]'
        )
    if "rest" in shipped(_FOLDER, name):
        raise ConfigError(f"{where}: rest = {name!r} leaves formats to another; name that")
    return name


def _base(name: str, origin: str) -> tuple[Mapping[str, Any], str]:
    """The file that another names as its base; a user's lies beside the one that names it.

    Raises:
        UnknownNameError: there is none.
        ConfigError: a file that cannot be read, or with a key that nobody knows.
    """
    if name.endswith(".toml"):
        path = Path(origin).parent / name
        table, called = load_toml(path), str(path)
        refuse_unknown(table, _KEYS, f"runtime {called}")
        return table, called
    if name not in runtime_names():
        raise UnknownNameError(f"base of runtime {origin}:", name, runtime_names())
    return shipped(_FOLDER, name), name


def _efficiency(row: Mapping[str, Any], where: str) -> Efficiency:
    where = f"{where}: efficiency"
    refuse_unknown(row, {"kernel", "purposes", *EFFICIENCY}, where)
    kernel = _kernel(row, where, "attention")
    figures = {name: each for name, each in row.items() if name in EFFICIENCY}
    return Efficiency(kernel, _purposes(row, "purposes", where), _figures(figures, where))


def _figures(table: Mapping[str, Any], where: str) -> FrozenMap[str, Figure]:
    """Figures as in a device file, those of a dtype by name: ``compute_utilisation.bf16``."""
    refuse_unknown(table, {*EFFICIENCY, *FIXED}, where)
    rows: dict[str, Any] = {}
    for word, row in table.items():
        of_dtypes = isinstance(row, Mapping) and word in BY_DTYPE and "value" not in row
        rows |= {f"{word}.{dtype}": r for dtype, r in row.items()} if of_dtypes else {word: row}
    for dtype in {dtype for name in rows if (dtype := name.partition(".")[2])}:
        _dtype(dtype, where)
    read = Rows(where, rows)
    return FrozenMap({name: read.figure(*name.partition(".")[::2]) for name in rows})


def _fuse(row: Mapping[str, Any], where: str) -> Fuse:
    where = f"{where}: fuse"
    refuse_unknown(row, _FUSE, where)
    kernel = _kernel(row, where, "gate_up")
    text_of(row, "source", where)
    chain, siblings = (flag_of(row, key, where, default=key == "chain") for key in _FLAGS)
    return Fuse(kernel, _purposes(row, "purposes", where), chain, siblings)


def _kernel(row: Mapping[str, Any], where: str, example: str) -> str:
    kernel = row.get("kernel")
    if not isinstance(kernel, str) or not kernel.isidentifier():
        raise ConfigError(
            f"{where}: kernel = {kernel!r} must be a plain name: letters, digits and _, "
            f"such as {example}"
        )
    return kernel


def _absorb(row: Mapping[str, Any], where: str) -> Absorb:
    where = f"{where}: absorb"
    refuse_unknown(row, _ABSORB, where)
    text_of(row, "source", where)
    into = _purposes(row, "into", where) if "into" in row else frozenset()
    return Absorb(_purposes(row, "purposes", where), into)


def _memory(row: Mapping[str, Any], where: str) -> Memory:
    where = f"{where}: memory"
    refuse_unknown(row, _MEMORY, where)
    made, read = (
        _purposes(row, key, where) if key in row else frozenset() for key in ("made_by", "read_by")
    )
    kept, outlive = (flag_of(row, key, where, default=False) for key in ("entries", "outlive"))
    return Memory(
        text_of(row, "source", where),
        Holding(made, read, kept, outlive),
        _width(row, "activations", where),
        _width(row, "mask", where),
        _whole(row, "tokens", where, default=0),
        _whole(row, "cache_page", where, default=1),
        flag_of(row, "inputs", where, default=False),
        flag_of(row, "table", where, default=False),
        frozenset(_format(name, f"{where}: copied") for name in list_of(row, "copied", where)),
        appended=flag_of(row, "appended", where, default=False),
        embedded=flag_of(row, "embedded", where, default=False),
        routed=_whole(row, "routed", where, "copies", default=0),
    )


def _width(row: Mapping[str, Any], key: str, where: str) -> Fraction | None:
    """Bytes per element of a format, if the row names one."""
    if key not in row:
        return None
    return formats()[_format(row[key], f"{where}: {key}")].bytes_per_element


def _whole(
    row: Mapping[str, Any], key: str, where: str, what: str = "tokens", *, default: int
) -> int:
    """A number of tokens, or of something else.

    Raises:
        ConfigError: it is no whole number of at least 1.
    """
    if key not in row:
        return default
    found = row[key]
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= _MOST:
        raise ConfigError(
            f"{where}: {key} = {found!r} must be a whole number of {what}, "
            f"from 1 to {_MOST}; leave the line out where there is none"
        )
    return found


def _purposes(row: Mapping[str, Any], key: str, where: str) -> frozenset[Purpose]:
    found = row.get(key)
    if not isinstance(found, list) or not found:
        raise ConfigError(
            f'{where}: {key} = {found!r} must be a list of purposes, such as ["gate", "up"]'
        )
    return frozenset(named(Purpose, text, f"{where}: {key}") for text in found)


def _launches(rows: Mapping[str, Any], where: str) -> Iterator[tuple[Purpose, Fraction]]:
    """Whole numbers, or texts such as "1/2" where two operations are started as one."""
    for name, given in rows.items():
        plain = isinstance(given, int | str) and _COUNT.fullmatch(str(given))
        if not plain or Fraction(given) > _MOST_LAUNCHES:
            raise ConfigError(
                f"{where}: launches.{name} = {given!r} must be a whole number up to "
                f'{_MOST_LAUNCHES}, or a fraction as text, such as "1/2" where two operations are '
                "started as one"
            )
        yield named(Purpose, name, f"{where}: launches"), Fraction(given)


def _arithmetic(rows: Mapping[str, Any], where: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in rows:
        dtypes = list_of(rows, name, where)
        place = f"{where}: arithmetic.{name}"
        if not dtypes:
            raise ConfigError(f'{place} = [] must be a list of dtypes, such as ["int8", "fp16"]')
        yield _format(name, place), tuple(_dtype(dtype, place) for dtype in dtypes)


def _format(name: Any, where: str) -> str:
    if not isinstance(name, str) or name not in formats():
        raise UnknownNameError(f"number format in {where}:", str(name), formats())
    return name


def _dtype(name: Any, where: str) -> str:
    known = {dtype for row in formats().values() for dtype in row.arithmetic}
    if not isinstance(name, str) or name not in known:
        raise UnknownNameError(f"dtype in {where}:", str(name), known)
    return name
