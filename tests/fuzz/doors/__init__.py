"""Every door, by name."""

from __future__ import annotations

from tests.fuzz.door import Door
from tests.fuzz.doors import (
    calls,
    command,
    invariants,
    models,
    notation,
    page,
    papers,
    texts,
    written,
)

__all__ = ["DOORS"]

_ROOMS = (models, papers, texts, written, page, command, calls, invariants, notation)
DOORS: dict[str, Door] = {door.name: door for room in _ROOMS for door in room.DOORS}
