"""The data files of the package."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

__all__ = ["heads", "listed", "packaged", "shipped", "shipped_text", "stated", "stems"]


def stems(folder: str) -> Iterator[str]:
    """Names of the data files in a folder of the package, sorted.

    >>> "llama" in list(stems("architectures/data"))
    True
    """
    return iter(_stems(folder))


@cache
def _stems(folder: str) -> tuple[str, ...]:
    names = (entry.name for entry in _folder(folder).iterdir())
    return tuple(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")))


def shipped(folder: str, stem: str) -> dict[str, Any]:
    """A data file of the package as a dictionary of the caller's own: it is parsed once."""
    own: dict[str, Any] = _copied(_parsed(folder, stem))
    return own


@cache
def _parsed(folder: str, stem: str) -> dict[str, Any]:
    return tomllib.loads(shipped_text(folder, stem))


@cache
def heads(folder: str) -> Mapping[str, Mapping[str, Any]]:
    """What stands before the first table of each data file in a folder, by name.

    Most of a file is in its tables: all heads of a hundred files are read in the time of ten.

    >>> heads("architectures/data")["llama"]["model_types"][0]
    'llama'
    """
    texts = {stem: shipped_text(folder, stem) for stem in stems(folder)}
    found = {stem: tomllib.loads(f"\n{text}".partition("\n[")[0]) for stem, text in texts.items()}
    return MappingProxyType(found)


@cache
def listed(folder: str, what: str) -> dict[str, str]:
    """An entry of one of the lists at the heads of a folder's files -> name of the file.

    >>> listed("architectures/data", "model_types")["xverse"]
    'llama'
    """
    return {entry: stem for stem, head in heads(folder).items() for entry in head.get(what, ())}


def _copied(value: Any) -> Any:
    """Tables and lists anew, however deep; what they hold of TOML's values never changes."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def shipped_text(folder: str, stem: str) -> str:
    """A data file of the package as it stands."""
    return packaged(folder, f"{stem}.toml").decode()


def packaged(folder: str, name: str) -> bytes:
    """The content of a file of the package: it is ours, and read as it is.

    >>> packaged("notation", "equation.lark").decode()[:2]
    '//'
    """
    return _folder(folder).joinpath(name).read_bytes()


@cache
def _folder(folder: str) -> Traversable:
    return resources.files("edgesym").joinpath(*folder.split("/"))


def stated(table: Mapping[str, Any]) -> frozenset[str]:
    """The keys that a file states: its own, those of its tables, and those of every row of a list.

    >>> sorted(stated({"a": 1, "b": {"c": 2}, "d": [{"e": 1, "f": 2}, {"e": 3}]}))
    ['a', 'b', 'b.c', 'd', 'd.e']
    """
    found = set(table)
    for key, value in table.items():
        rows = value if isinstance(value, list) else [value]
        inner = [row.keys() if isinstance(row, Mapping) else set[str]() for row in rows]
        if inner:
            found |= {f"{key}.{name}" for name in set.intersection(*map(set, inner))}
    return frozenset(found)
