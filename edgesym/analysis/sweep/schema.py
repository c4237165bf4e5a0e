"""What a file of a sweep may hold: docs/sweeping.md says what it means."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgesym.filetypes import Count, Line, Number, Table

__all__ = ["PlanFile"]

Values = Annotated[
    Line | Number | list[Line | Number],
    Meta(description='a range ("1k..128k:log:20") or a list of values'),
]
Texts = Annotated[Line | list[Line], Meta(description="a list of texts")]


class PlanFile(Table):
    """Axes, what goes together, what is asked."""

    over: dict[Line, Values] = {}
    zip: Annotated[
        list[dict[Line, Values]],
        Meta(description="a list of tables, one for the axes that go together"),
    ] = []
    tie: dict[Line, Line] = {}
    quantities: Texts = []
    where: Texts = []
    top: Count = 0
    by: Line = ""
    pareto: Texts = []
