"""Reading the TOML data files, shipped or the user's, with errors that name the place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError

__all__ = ["LARGEST", "load_toml", "read_text", "shipped", "stems"]

#: Characters or bytes of a file that a person wrote.
LARGEST = 4_000_000


def read_text(path: Path, what: str, largest: int = LARGEST, encoding: str = "utf-8") -> str:
    """The text of a user's file, which is to be ``what``.

    Raises:
        ConfigError: the file is missing, unreadable or too large.
        UnicodeDecodeError: it is no text of the encoding.
    """
    try:
        if path.stat().st_size > largest:
            raise ConfigError(f"{path}: larger than {largest} bytes; this is no {what}")
        return path.read_text(encoding=encoding)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error


def load_toml(path: Path) -> dict[str, Any]:
    """A user's TOML file as a dictionary.

    Raises:
        ConfigError: the file is missing, unreadable, too large or not TOML.
    """
    try:
        return tomllib.loads(read_text(path, "data file"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def stems(folder: str) -> Iterator[str]:
    """Names of the data files in a folder of the package, sorted.

    >>> "llama" in list(stems("architectures/data"))
    True
    """
    root = resources.files("edgesym").joinpath(*folder.split("/"))
    names = (entry.name for entry in root.iterdir())
    return iter(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")))


def shipped(folder: str, stem: str) -> dict[str, Any]:
    """A data file of the package as a dictionary."""
    root = resources.files("edgesym").joinpath(*folder.split("/"))
    return tomllib.loads(root.joinpath(f"{stem}.toml").read_text(encoding="utf-8"))
