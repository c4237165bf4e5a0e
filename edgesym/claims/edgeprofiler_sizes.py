"""EdgeProfiler's table II, from the GGUF files that its labels stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from edgesym.architectures.locate import load
from edgesym.claims.printed import read_printed, unit_powers
from edgesym.data import shipped
from edgesym.errors import UnknownNameError
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

__all__ = ["SOURCE", "Size", "four_bits", "published", "sizes", "table_of"]

SOURCE = "edgeprofiler"


def published() -> dict[str, Any]:
    """Table II and the statements of the paper, as data."""
    return shipped("claims/reproductions", SOURCE)


def table_of(number: int) -> dict[str, Any]:
    """A table of the paper.

    Raises:
        UnknownNameError: none of those that are reproduced.
    """
    tables = published()["table"]
    if str(number) not in tables:
        raise UnknownNameError("table of EdgeProfiler", str(number), tables)
    found: dict[str, Any] = tables[str(number)]
    return found


@dataclass(frozen=True, slots=True)
class Size:
    """A cell of the table, and the file that it is.

    Attributes:
        model: as the table calls it; ``card`` as edgesym does.
        label: the precision that the table names.
        printed: the cell.
        bounds: bytes between which it was rounded.
        recipe: the recipe of the file, its ``bytes``, and their bits per parameter.
        why: why they are not the same; empty where they are.
    """

    model: str
    card: str
    label: str
    printed: str
    bounds: tuple[Fraction, Fraction]
    recipe: str
    bytes: int
    bits: float
    why: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the file rounds to the cell."""
        return self.bounds[0] <= self.bytes <= self.bounds[1]

    @property
    def apart(self) -> float:
        """Bytes of the file over those of the cell, less one."""
        return float(2 * self.bytes / (self.bounds[0] + self.bounds[1]) - 1)


@cache
def sizes() -> tuple[Size, ...]:
    """Every cell of table II with the file that it is."""
    return tuple(_sizes())


def _sizes() -> Iterator[Size]:
    rows = table_of(2)
    for row in rows["rows"]:
        for label, printed in row["sizes"].items():
            cell = read_printed(printed, unit_powers("B"))
            value, (slack, _) = cell.low, cell.slack
            known = rows["printed"].get(label)
            found = {
                name: _bytes(row["card"], name) for name in ([known] if known else rows["four"])
            }
            recipe = known or row.get("recipe")
            recipe = recipe or min(found, key=lambda name: abs(found[name] - value))
            why = "" if known else row.get("why", "")
            bounds = (value - slack, value + slack)
            yield Size(
                row["model"],
                row["card"],
                label,
                printed,
                bounds,
                recipe,
                found[recipe],
                8 * found[recipe] / int(Setup(load(row["card"])).number("parameters")),
                why,
            )


def four_bits() -> Mapping[str, str]:
    """Card -> the recipe that the table calls INT4."""
    label = table_of(2)["label"]
    return {cell.card: cell.recipe for cell in sizes() if cell.label == label}


def _bytes(card: str, recipe: str) -> int:
    return int(Setup(load(card), run=Run(weights=recipe)).number("file_bytes"))
