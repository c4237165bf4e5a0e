"""What a claim file may hold: docs/claims.md says what it means."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from edgesym.filetypes import Line, Number, Table, Text

__all__ = ["ClaimFile", "ClaimRow"]

Symbols = dict[Line, Annotated[Line | int, Meta(description="a formula over words, in quotes")]]
Definitions = dict[Line, Annotated[Text | int, Meta(description="an equation, in quotes")]]


class PaperRow(Table):
    """Where claims stand."""

    name: Line = ""
    title: Line = ""
    address: Line = ""
    year: Annotated[int, Meta(ge=1000, le=9999, description="a number such as 2024")] = 2024


class ClaimRow(Table):
    """A published equation."""

    id: Line = ""
    where: Line = ""
    latex: Text = ""
    plain: Text = ""
    relation: Line = ""
    quantity: Line = ""
    part: Line = ""
    phase: Line = ""
    per: Line = ""
    unit: Line = ""
    note: Text = ""
    expected: Line = ""
    symbols: Symbols = {}
    assumptions: list[Line] = []
    definition: bool = False
    definitions: Definitions = {}
    numbers: Annotated[list[dict[Line, Any]], Meta(description="a list of tables")] = []
    tolerance: Line | Number = ""
    over: dict[Line, list[Line | Number]] = {}


class ClaimFile(Table):
    """The whole file; its claims are held to :class:`ClaimRow` one by one."""

    paper: PaperRow | None = None
    symbols: Symbols = {}
    assumptions: list[Line] = []
    definitions: Definitions = {}
    labels: dict[
        Line,
        Annotated[
            Line | dict[Line, Any],
            Meta(description="label = 'quantity', or label = { keys of a claim }"),
        ],
    ] = {}
    claim: Annotated[
        list[dict[Line, Any]], Meta(description="[[claim]], one table for each claim")
    ] = []
