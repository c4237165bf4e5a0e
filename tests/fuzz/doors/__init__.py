"""Every door, by name."""

from __future__ import annotations

from tests.fuzz.door import Door
from tests.fuzz.doors import command, invariants, models, notation, page, papers, texts

__all__ = ["DOORS"]

_ROOMS = (models, papers, texts, page, command, invariants, notation)
DOORS: dict[str, Door] = {door.name: door for room in _ROOMS for door in room.DOORS}
