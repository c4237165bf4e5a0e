"""The types of which schemas of users' files are made: names, texts, numbers, tables."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["Count", "Line", "Name", "Number", "Scalar", "Table", "Text"]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of known keys; those without a default must be there."""


#: What formulas, labels and drawings are made of: no sign that a medium reads.
Name = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Za-z0-9_][A-Za-z0-9_.+-]*\Z",
        max_length=100,
        description="a plain name of letters, digits and _ . + -, such as fp16",
    ),
]
Line = Annotated[
    str,
    Meta(pattern=r"\A[^\n]*\Z", max_length=2000, description="a text of one line, in quotes"),
]
Text = Annotated[
    str, Meta(max_length=20_000, description="text, in quotes, of 20000 characters at most")
]
Count = Annotated[int, Meta(ge=0, description="a whole number from 0 on")]
Number = int | float
Scalar = str | bool | int | float
