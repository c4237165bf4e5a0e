"""What a file of a sweep, and the note beside one that is not done, may hold: docs/sweeping.md."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from edgesym.filetypes import Count, Line, Number, Table, formed

__all__ = ["NoteFile", "PlanFile"]

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


class SinkNote(Table):
    """How far the file of rows is; each format notes what it goes on from."""

    bytes: Count = 0
    rows: Count = 0
    parts: Count = 0
    names: dict[Line, list[Line]] = {}


class NoteFile(Table):
    """How far a sweep is."""

    fingerprint: Line
    digest: Line
    batches: Count
    sink: SinkNote
    rows: Count = 0
    best: Annotated[
        str, formed(r"best-\d{1,18}\.npz", 30, "a file of best rows beside the note")
    ] = ""
