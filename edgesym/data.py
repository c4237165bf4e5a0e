"""Reading the TOML data files, shipped or the user's, with errors that name the place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from edgesym.errors import ConfigError

__all__ = ["load_toml", "shipped", "stems"]

_LARGEST = 4_000_000


def load_toml(path: Path) -> dict[str, Any]:
    """A user's TOML file as a dictionary.

    Raises:
        ConfigError: the file is missing, unreadable, too large or not TOML.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{path}: larger than {_LARGEST} bytes; this is no data file")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
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
