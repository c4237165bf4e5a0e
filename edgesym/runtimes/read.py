"""Reading a runtime from its file, shipped or the user's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any

from edgesym.data import shipped, stated, stems
from edgesym.devices.figure import BY_DTYPE, Figure
from edgesym.devices.rows import Rows
from edgesym.domain import checked
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.fileschema import user_toml
from edgesym.formats import formats
from edgesym.frozen import FrozenMap
from edgesym.graph.kernels import AS_WRITTEN, Absorb, Fuse, Fusion, Rewritten
from edgesym.graph.liveness import Holding
from edgesym.graph.meaning import Purpose, named
from edgesym.runtimes.base import with_base
from edgesym.runtimes.memory import Memory
from edgesym.runtimes.placement import Leaving
from edgesym.runtimes.runtime import EFFICIENCY, JOININGS, Efficiency, Runtime

__all__ = ["find_runtime", "runtime_names"]

_FOLDER = "runtimes/data"
_MOST_LAUNCHES = 1000
_MOST_SMOOTHNESS = 100
_COUNT = re.compile(r"[0-9]{1,4}(?:/[1-9][0-9]{0,3})?")


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
        return _read(path.stem, _of_user(path), name)
    return _shipped(name)


@cache
def _shipped(name: str) -> Runtime:
    if name not in runtime_names():
        raise UnknownNameError(
            "runtime", name, runtime_names(), "Or give the path of a runtime file ending in .toml"
        )
    return _read(name, shipped(_FOLDER, name), name)


def _of_user(path: Path) -> dict[str, Any]:
    from edgesym.runtimes.schema import RuntimeFile

    return user_toml(path, RuntimeFile)


def _read(name: str, own: Mapping[str, Any], origin: str) -> Runtime:
    where = f"runtime {origin}"
    table, bases = with_base(own, origin, _base)
    for key in ("name", "summary", "source"):
        if not table.get(key):
            raise ConfigError(f'{where}: {key} is missing; add a line {key} = "..."')
    fusion = Fusion(
        tuple(map(_fuse, table.get("fuse", ()), repeat(where))),
        tuple(map(_absorb, table.get("absorb", ()), repeat(where))),
        table.get("whole", False),
        AS_WRITTEN if table.get("as_written", False) else _usual(),
    )
    return Runtime(
        name,
        table["name"],
        table["summary"],
        table["source"],
        fusion,
        tuple(_launches(table.get("launches", {}), where)),
        tuple(_arithmetic(table.get("arithmetic", {}), where)),
        frozenset(_format(text, f"{where}: formats") for text in table.get("formats", ())),
        _figures(table.get("figures", {}), f"{where}: figures"),
        tuple(_efficiency(row, where) for row in table.get("efficiency", ())),
        _memory(table["memory"], f"{where}: memory") if "memory" in table else None,
        composition=_composition(table, where),
        smoothness=_smoothness(table, where),
        queued=table.get("queued", False),
        bases=bases,
        backends=table.get("backends", False),
        most_rows=table.get("most_rows", 0),
        rest=_rest(table, where),
        leaving=_leaving(table["places"], f"{where}: places") if "places" in table else None,
        stated=stated(table),
    )


@cache
def _usual() -> Rewritten:
    """What becomes of a model's own code where a runtime does not run it as it is written."""
    table, where = shipped("runtimes/shared", "code"), "runtimes/shared/code.toml"
    dropped, joined = (_purposes(table, key, where) for key in ("dropped", "joined"))
    absorb = tuple(_absorb(row, where) for row in table.get("absorb", ()))
    return Rewritten(dropped, joined, absorb)


def _leaving(row: Mapping[str, Any], where: str) -> Leaving:
    """How layers are left to other places.

    Raises:
        ConfigError, UnknownNameError: no source, or no such runtime.
    """
    _need_source(row, where)
    runs: str = row.get("runs", "")
    if runs and runs not in runtime_names():
        raise UnknownNameError(f"runs of {where}:", runs, runtime_names())
    last, head = row.get("last", False), row.get("head", False)
    return Leaving(runs, last, head, row.get("copies_from", 0))


def _need_source(row: Mapping[str, Any], where: str) -> None:
    """Refuse what does not say where it is from, once it lies over its base."""
    if not row.get("source"):
        raise ConfigError(f'{where}: source is missing; add a line source = "..."')


def _composition(table: Mapping[str, Any], where: str) -> str:
    name: str = table.get("composition", JOININGS[0])
    if name not in JOININGS:
        raise UnknownNameError(f"composition in {where}:", name, JOININGS)
    return name


def _smoothness(table: Mapping[str, Any], where: str) -> float | None:
    """The exponent of the composition ``smooth``: 1 is the sum of the two times.

    Raises:
        ConfigError: it is less than 1 or too large, or the composition has no exponent.
    """
    if "smoothness" not in table:
        return None
    found = table["smoothness"]
    if not 1 <= found <= _MOST_SMOOTHNESS:
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
    name: str = table.get("rest", "")
    if not name:
        return ""
    if name not in runtime_names():
        raise UnknownNameError(f"rest of {where}:", name, runtime_names())
    if not table.get("formats") and "most_rows" not in table:
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
        ConfigError: a file that cannot be read, or is no runtime.
    """
    if name.endswith(".toml"):
        path = Path(origin).parent / name
        return _of_user(path), str(path)
    if name not in runtime_names():
        raise UnknownNameError(f"base of runtime {origin}:", name, runtime_names())
    return shipped(_FOLDER, name), name


def _efficiency(row: Mapping[str, Any], where: str) -> Efficiency:
    where = f"{where}: efficiency"
    figures = {name: each for name, each in row.items() if name in EFFICIENCY}
    return Efficiency(row["kernel"], _purposes(row, "purposes", where), _figures(figures, where))


def _figures(table: Mapping[str, Any], where: str) -> FrozenMap[str, Figure]:
    """Figures as in a device file, those of a dtype by name: ``compute_utilisation.bf16``."""
    rows: dict[str, Any] = {}
    for word, row in table.items():
        of_dtypes = word in BY_DTYPE and "value" not in row
        rows |= {f"{word}.{dtype}": r for dtype, r in row.items()} if of_dtypes else {word: row}
    for dtype in {dtype for name in rows if (dtype := name.partition(".")[2])}:
        _dtype(dtype, where)
    read = Rows(where, rows)
    return FrozenMap({name: read.figure(*name.partition(".")[::2]) for name in rows})


def _fuse(row: Mapping[str, Any], where: str) -> Fuse:
    purposes = _purposes(row, "purposes", f"{where}: fuse")
    return Fuse(row["kernel"], purposes, row.get("chain", True), row.get("siblings", False))


def _absorb(row: Mapping[str, Any], where: str) -> Absorb:
    where = f"{where}: absorb"
    return Absorb(_purposes(row, "purposes", where), _purposes(row, "into", where))


def _memory(row: Mapping[str, Any], where: str) -> Memory:
    where = f"{where}: memory"
    _need_source(row, where)
    made, read = (_purposes(row, key, where) for key in ("made_by", "read_by"))
    return Memory(
        row["source"],
        Holding(made, read, row.get("entries", False), row.get("outlive", False)),
        _width(row, "activations", where),
        _width(row, "mask", where),
        row.get("tokens", 0),
        row.get("cache_page", 1),
        row.get("inputs", False),
        row.get("table", False),
        frozenset(_format(name, f"{where}: copied") for name in row.get("copied", ())),
        appended=row.get("appended", False),
        embedded=row.get("embedded", False),
        routed=row.get("routed", 0),
    )


def _width(row: Mapping[str, Any], key: str, where: str) -> Fraction | None:
    """Bytes per element of a format, if the row names one."""
    if key not in row:
        return None
    return formats()[_format(row[key], f"{where}: {key}")].bytes_per_element


def _purposes(row: Mapping[str, Any], key: str, where: str) -> frozenset[Purpose]:
    return frozenset(named(Purpose, text, f"{where}: {key}") for text in row.get(key, ()))


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
        dtypes = rows[name]
        place = f"{where}: arithmetic.{name}"
        if not dtypes:
            raise ConfigError(f'{place} = [] must be a list of dtypes, such as ["int8", "fp16"]')
        yield _format(name, place), tuple(_dtype(dtype, place) for dtype in dtypes)


def _format(name: str, where: str) -> str:
    if name not in formats():
        raise UnknownNameError(f"number format in {where}:", name, formats())
    return name


def _dtype(name: str, where: str) -> str:
    known = {dtype for row in formats().values() for dtype in row.arithmetic}
    if name not in known:
        raise UnknownNameError(f"dtype in {where}:", name, known)
    return name
