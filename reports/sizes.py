"""Bytes of published files beside those that follow from config and recipe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgesym.architectures.locate import find_config
from edgesym.architectures.model import Model
from edgesym.architectures.reader import read_model
from edgesym.document import nodes
from edgesym.document.nodes import Amount, Code, Column, Document, Section, Text
from edgesym.errors import EdgesymError
from edgesym.files.parse import load_toml
from edgesym.render.write import write
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

__all__ = ["ROWS", "TOLERANCE", "Published", "sizes", "table"]

_FILE = Path(__file__).parent / "gguf_files.toml"
_TABLES = load_toml(_FILE)
#: What ``gguf_files.toml`` says of each file.
ROWS: tuple[dict[str, Any], ...] = tuple(_TABLES["files"])
#: How far a file may lie from the formula: metadata differ by the chat template.
TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Published:
    """A published file.

    Attributes:
        row: what ``gguf_files.toml`` says of it.
        derived: bytes that follow from config and recipe; None where the model is not read here.
    """

    row: dict[str, Any]
    derived: int | None

    @property
    def error(self) -> float:
        """Bytes published over bytes derived, minus one."""
        return 1.0 if self.derived is None else float(self.row["bytes"]) / self.derived - 1

    @property
    def agrees(self) -> bool:
        """Whether they are equal to a part in a thousand; to the byte, of tensors alone."""
        return abs(self.error) <= (0 if self.row.get("tensors") else TOLERANCE)


def _model(row: dict[str, Any]) -> Model:
    name = row["model"]
    own = _TABLES["models"].get(name)
    config = {**(own or find_config(name).config), **row.get("changes", {})}
    return read_model(config, name=name, origin=str(_FILE.name))


def _derived(row: dict[str, Any]) -> int | None:
    quantity = "weight_storage_bytes" if row.get("tensors") else "file_bytes"
    try:
        setup = Setup(_model(row), run=Run(weights=row["weights"]))
        return int(setup.number(quantity))
    except EdgesymError:
        return None


def table() -> Iterator[Published]:
    """Every published file with the bytes that follow."""
    for row in ROWS:
        yield Published(row, _derived(row))


def sizes() -> str:
    """The report as Markdown."""
    files = list(table())
    like = [f for f in files if not f.row.get("why")]
    other = [f for f in files if f.row.get("why") and not f.row.get("apart")]
    apart = [f for f in files if f.row.get("apart")]
    agreeing, worst = sum(f.agrees for f in like), max(abs(f.error) for f in like)
    told = (
        "of a config and a recipe beside the size of the published file. The tensors are exact; "
        "what differs is the metadata, which are known by the family of the tokenizer. Of "
        f"{len(like)} files that follow the recipe of their name, {agreeing} agree to "
        f"{TOLERANCE:.1%}; the worst is {worst:.3%} apart."
    )
    said = Text(
        (
            Code("file_bytes"),
            f" {told}",
        )
    )
    named = (Column("published", "number"), Column("derived", "number"), Column("apart", "number"))
    unlike = nodes.table(
        ("file", "quantisation", Column("published", "number"), "why"),
        [(f.row["file"], f.row["quant"], _bytes(f.row["bytes"]), f.row["why"]) for f in apart],
    )
    sections = (
        nodes.table(("file", "recipe", *named), [_cells(f) for f in like]),
        Section(
            "Files that follow another recipe than their name says",
            (
                nodes.table(
                    ("file", "recipe", *named, "why"),
                    [(*_cells(f), f.row["why"]) for f in other],
                ),
            ),
        ),
        Section("Files that follow none of the recipes here", (unlike,)),
    )
    return write(Document("Bytes of published files", (said, *sections), dict), "markdown")


def _bytes(count: int | None) -> Amount:
    return Amount(count, form=",")


def _cells(file: Published) -> tuple[nodes.Cell, ...]:
    name, recipe = file.row["file"], file.row["weights"]
    return name, recipe, _bytes(file.row["bytes"]), _bytes(file.derived), f"{file.error:+.3%}"
