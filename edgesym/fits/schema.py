"""What a file of a fit may hold: ``edgesym fit`` writes it, docs/fits.md says what it means."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from edgesym.filetypes import Line, Number, Table, Text

__all__ = ["FitFile"]

Count = Annotated[int, Meta(ge=0)]
CoefficientRow = Annotated[
    tuple[Line, Line, Line, Number, Number, Count],
    Meta(description="[word, level, key, value, std, rows]"),
]
Measured = Annotated[
    tuple[Line, Line, Count, list[Line]], Meta(description="[device, runtime, rows, [models]]")
]
Numbers = dict[Line, Number]


class FitFile(Table):
    """Coefficients of a class of devices, their covariance, and what they stand on."""

    device_class: Line = field(name="class")
    made: Line
    centres: Numbers
    deviations: dict[Line, Numbers]
    scatter: Numbers
    coefficients: list[CoefficientRow]
    covariance: list[list[Number]]
    rows: list[Measured]
    sources: list[Text]
