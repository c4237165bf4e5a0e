"""What a file of places may hold: docs/places.md says what it means."""

from __future__ import annotations

from edgesym.filetypes import Line, Name, Table, Text

__all__ = ["PlacesFile"]


class Rule(Table):
    """Which weights lie in a place."""

    place: Name
    layers: Line = ""
    groups: list[Name] = []


class PlacesFile(Table):
    """What leaves the device, layer by layer."""

    source: Text = ""
    rules: list[Rule] = []
    head: bool = False
