"""The fingerprint of a model: one text for all that its formulas and numbers follow from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

__all__ = ["code_version", "digest"]


def digest(**content: Any) -> str:
    """A SHA-256 in hexadecimal of named contents.

    They are written as JSON with sorted keys: the order in which a file names its keys is no
    part of it, the order of a list is.

    >>> one, other = digest(config={"a": 1, "b": [2]}), digest(config={"b": [2], "a": 1})
    >>> one == other, one == digest(config={"a": 1, "b": [3]}), len(one)
    (True, False, 64)
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


@cache
def code_version() -> str:
    """A SHA-256 in hexadecimal of the package itself: its ``.py`` and ``.toml`` files.

    A release number does not tell two states of a working copy apart; this does.
    """
    whole = hashlib.sha256()
    for name, file in sorted(_sources(resources.files("edgesym"), "")):
        whole.update(f"{name}\n".encode() + file.read_bytes())
    return whole.hexdigest()


def _sources(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from _sources(entry, name)
        elif entry.name.endswith((".py", ".toml")):
            yield name, entry
