"""What a device file may hold: docs/devices.md says what it means."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, defstruct

from edgesym.devices.figure import BY_DTYPE, FIGURES
from edgesym.filetypes import Formula, Line, Name, Number, Stated, Table, Text

__all__ = ["DeviceFile", "Row"]

Figured = Annotated[Number | Formula, Meta(description="a number, or arithmetic in quotes")]
Range = Annotated[
    list[Figured], Meta(min_length=2, max_length=2, description="two numbers, [low, high]")
]


class Row(Table):
    """A figure with its unit and its source."""

    value: Figured
    unit: Line
    source: Stated
    kind: Line = "stated"
    condition: Text = ""
    std: Figured = 0
    range: Range = []
    contains: list[Name] = []


#: A row, or rows by dtype, or both: the keys of a row are looked at where it is read.
RowOrDtypes = dict[Name, Row | Number | Text | list[Number | Text]]

DeviceFile = defstruct(
    "DeviceFile",
    [
        *((key, Line, "") for key in ("name", "summary", "host", "class")),
        *((key, list[Line], []) for key in ("aliases", "runtimes")),
        ("memory_variants", list[Annotated[int, Meta(ge=1, description="GiB, from 1")]], []),
        ("variants", dict[Line, dict[Name, Any]], {}),
        ("peak", dict[Name, Row], {}),
        *((figure, RowOrDtypes if figure in BY_DTYPE else Row, None) for figure in FIGURES),
    ],
    forbid_unknown_fields=True,
)
