"""The data files of the package, and the keys of tables, shipped or a user's."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from edgesym.errors import ConfigError, UnknownNameError
from edgesym.files.parse import load_toml, parse_toml

__all__ = [
    "flag_of",
    "list_of",
    "load_toml",
    "packaged",
    "parse_toml",
    "refuse_unknown",
    "rows_of",
    "shipped",
    "shipped_text",
    "stems",
    "table_of",
    "text_of",
    "texts_of",
]


def stems(folder: str) -> Iterator[str]:
    """Names of the data files in a folder of the package, sorted.

    >>> "llama" in list(stems("architectures/data"))
    True
    """
    names = (entry.name for entry in _folder(folder).iterdir())
    return iter(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")))


def shipped(folder: str, stem: str) -> dict[str, Any]:
    """A data file of the package as a dictionary."""
    return tomllib.loads(shipped_text(folder, stem))


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


def refuse_unknown(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Refuse keys that nobody reads; ``where`` is the file and the table in it.

    Raises:
        UnknownNameError: with the nearest keys.
    """
    for key in sorted(table.keys() - set(known)):
        raise UnknownNameError(f"key of {where}:", key, known)


def text_of(table: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    """The text under a key; without a default it must be there.

    Raises:
        ConfigError: it is missing, empty or no text.
    """
    found = table.get(key, default)
    if not isinstance(found, str) or (default is None and not found):
        given = f"{key} is missing" if key not in table else f"{key} = {found!r} is no text"
        raise ConfigError(f'{where}: {given}; add a line {key} = "..."')
    return found


def flag_of(table: Mapping[str, Any], key: str, where: str, *, default: bool) -> bool:
    """The truth value under a key.

    Raises:
        ConfigError: it is none.
    """
    found = table.get(key, default)
    if not isinstance(found, bool):
        raise ConfigError(f"{where}: {key} = {found!r} must be true or false, without quotes")
    return found


def list_of(table: Mapping[str, Any], key: str, where: str) -> list[Any]:
    """The list under a key, empty where there is none.

    Raises:
        ConfigError: it is no list.
    """
    found = table.get(key, [])
    if not isinstance(found, list):
        raise ConfigError(f"{where}: {key} = {found!r} must be a list, in brackets")
    return found


def texts_of(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    """The names listed under a key, none where it is not there.

    Raises:
        ConfigError: it is no list of texts.
    """
    found = list_of(table, key, where)
    if not all(isinstance(item, str) for item in found):
        raise ConfigError(f"{where}: {key} = {found!r} must be a list of names")
    return tuple(found)


def rows_of(table: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
    """The tables listed under a key, none where it is not there.

    Raises:
        ConfigError: they are no tables.
    """
    rows = list_of(table, key, where)
    if not all(isinstance(row, Mapping) for row in rows):
        raise ConfigError(f"{where}: {key} = {rows!r} must be tables, [[{key}]]")
    return rows


def table_of(table: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    """The table under a key, empty where there is none.

    Raises:
        ConfigError: it is no table.
    """
    found = table.get(key, {})
    if not isinstance(found, Mapping):
        raise ConfigError(f"{where}: {key} = {found!r} must be a table, [{key}]")
    return found
