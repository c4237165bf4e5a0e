"""The types of which schemas of users' files are made: names, texts, numbers, tables."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from edgesym.fileschema import PART

__all__ = [
    "Count",
    "Formula",
    "Line",
    "Name",
    "Number",
    "Part",
    "Scalar",
    "Stated",
    "Table",
    "Text",
    "formed",
]


class Table(Struct, forbid_unknown_fields=True):
    """A table of known keys; those without a default must be there."""


def formed(form: str, longest: int, said: str) -> Meta:
    """The bounds of a text that matches a regular expression from end to end."""
    return Meta(max_length=longest, description=said, extra={"form": form})


#: What formulas, labels and drawings are made of: no sign that a medium reads.
Name = Annotated[
    str,
    formed(
        r"[A-Za-z0-9_][A-Za-z0-9_.+-]*",
        100,
        "a plain name of letters, digits and _ . + -, such as fp16",
    ),
]
Part = Annotated[
    str,
    formed(
        PART,
        100,
        "a name of letters, digits and _, with dots between, such as attention.norm",
    ),
]
Line = Annotated[
    str, formed(r"[^\n]*", 2000, "a text of one line, in quotes, of 2000 characters at most")
]
Text = Annotated[
    str, Meta(max_length=20_000, description="text, in quotes, of 20000 characters at most")
]
Stated = Annotated[
    str, formed(r"(?s:.*\S.*)", 20_000, "text, in quotes, of 20000 characters at most")
]
Formula = Annotated[
    str, formed(r"(?s:.+)", 2000, "a formula, in quotes, of 2000 characters at most")
]
Count = Annotated[int, Meta(ge=0, description="a whole number from 0 on")]
Number = int | float
Scalar = str | bool | int | float
