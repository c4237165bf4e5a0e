"""An entry of the cache: a checksum, a line that says of what it is, and what is kept, as JSON.

Nothing in it is run. It is used if its checksum and its key are right, and else as if it were
not there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["LARGEST", "About", "about_in", "content_of", "written"]

#: Bytes of an entry: more is neither written nor read.
LARGEST = 4_000_000
_DIGITS = 64


@dataclass(frozen=True, slots=True)
class About:
    """Of what an entry is.

    Attributes:
        key: what it is found by, the SHA-256 of all that it follows from.
        verb: that asked for it.
        model: that was asked about.
        state: of the package that derived it.
    """

    key: str
    verb: str
    model: str
    state: str


def written(about: About, content: Any) -> bytes:
    """The bytes of an entry.

    Raises:
        TypeError, ValueError: the content is no plain data.
    """
    head, rest = (json.dumps(part, ensure_ascii=True) for part in (asdict(about), content))
    body = f"{head}\n{rest}\n".encode()
    return f"{_checksum(body)}\n".encode() + body


def content_of(entry: bytes, key: str) -> Any:
    """What is kept in an entry.

    Raises:
        ValueError: it is damaged, or of another key.
    """
    checksum, _, body = entry.partition(b"\n")
    if checksum != _checksum(body).encode():
        raise ValueError("the checksum is wrong")
    head, _, rest = body.partition(b"\n")
    if json.loads(head)["key"] != key:
        raise ValueError("the key is another")
    return json.loads(rest)


def about_in(start: bytes) -> About | None:
    """Of what an entry is, from its first lines; None where they do not say."""
    lines = start.split(b"\n", 2)
    try:
        said = json.loads(lines[1]) if len(lines) > 2 and len(lines[0]) == _DIGITS else None
    except ValueError:  # None stands for no entry of ours
        return None
    if not isinstance(said, Mapping) or said.keys() != set(About.__dataclass_fields__):
        return None
    if not all(isinstance(value, str) for value in said.values()):
        return None
    return About(**said)


def _checksum(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
