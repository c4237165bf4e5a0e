"""What the file of a traced model may hold: :mod:`.saved` writes it."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from edgesym.filetypes import Line, Table, Text

__all__ = ["TracedFile"]

#: Where an expression stands in the list of them.
Place = Annotated[int, Meta(ge=0, description="the place of an expression, a number from 0")]

Size = Annotated[int, Meta(ge=1, description="a whole number from 1")]


class TensorRow(Table):
    """What goes into an operation, or comes out of it."""

    name: Line
    shape: list[Place]
    role: Line
    touched: Place = 0
    active: Place = 0
    copies: Place = 0
    cache: Annotated[
        list[Place], Meta(min_length=3, max_length=3, description="[held, fresh, kept]")
    ] = []
    group: Line = ""


class OperationRow(Table):
    """A node of the graph."""

    part: Line
    family: Line
    function: Line
    purpose: Line
    inputs: list[TensorRow]
    outputs: list[TensorRow]
    line: Line = ""


class BlockRow(Table):
    """A distinct block, and the cases in which it is another."""

    name: Line
    repeat: Place
    over: Line
    entries: list[TensorRow]
    exits: list[TensorRow]
    operations: list[OperationRow]
    first: BlockRow | None = None
    single: BlockRow | None = None


class ConditionRow(Table):
    """Where the formulas hold."""

    relation: Any
    line: Line = ""
    case: Line = ""


class DomainRow(Table):
    """Where the formulas hold."""

    conditions: list[ConditionRow]
    at_least_two: list[Line]


class TracedFile(Table):
    """The whole file."""

    format: Line
    name: Line
    sources: list[Text]
    content: Line
    dtype: Line
    values: dict[Line, Size]
    order: list[Annotated[tuple[Line, int], Meta(description="[kind, count]")]]
    notes: list[Text]
    layers: list[Line]
    repeats: list[Annotated[tuple[list[Line], Place], Meta(description="[kinds, place]")]]
    domain: DomainRow
    blocks: list[BlockRow]
    expressions: list[Annotated[str, Meta(max_length=100_000, description="a formula")]]
    origin: Line = ""
    context_limit: int | None = None
    versions: dict[Line, Line] = {}
