"""What files of formats and of recipes may hold: docs/formats.md says what it means."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from edgesym.filetypes import Formula, Line, Name, Stated, Table, Text, formed

__all__ = ["FormatFile", "RecipeFile"]

Arithmetic = Annotated[str, formed(r"[^\n]+", 100, "arithmetic in quotes, such as 32/2")]
Bytes = Annotated[
    dict[Line, Arithmetic],
    Meta(
        min_length=1,
        description="a table of what is stored and its bytes as text, "
        'such as { scale = "2", elements = "32/2" }',
    ),
]
Elements = Annotated[int, Meta(ge=1, le=2**20, description="a whole number of elements, from 1")]


class FormatFile(Table):
    """A layout of blocks."""

    parts: Bytes
    kind: Line
    arithmetic: Annotated[list[Name], Meta(min_length=1, description="a list of dtypes")]
    source: Stated
    per: Elements = 1
    row: Bytes = {}
    column: Bytes = {}
    tensor: Bytes = {}
    tile: Annotated[dict[Line, int | Line], Meta(description="rows, columns, and bytes")] = {}
    over: Line = "row"
    aliases: list[Name] = []


class Rule(Table):
    """Which weights are in a format."""

    layout: Line
    groups: list[Name] = []
    purposes: list[Name] = []
    when: Formula = ""
    previous: list[Line] = field(name="from", default=[])


class Mix(Table):
    """What one recipe has of its own."""

    main: Line = ""
    of: Line = ""
    rules: list[Rule] = []
    towers: list[Rule] = []
    aliases: list[Name] = []
    source: Text = ""
    imatrix: bool = False


class RecipeFile(Mix):
    """Recipes of one kind of file, and what they have in common; or one recipe."""

    container: Line = ""
    positions: dict[Name, Formula] = {}
    architectures: dict[Name, list[Line]] = {}
    fallback: dict[Name, Line] = {}
    then: list[Rule] = []
    mixes: dict[Name, Mix] = {}
