"""A file that rows are written to a part at a time.

Until a sweep is done its rows lie in a folder beside the file, with a note of how far they are
sure. A sweep that is started again takes off what was written after the note, and goes on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from numpy.typing import NDArray

from edgesym.errors import OutputError

__all__ = ["Field", "Sink", "opened_at", "settled"]


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a file.

    Attributes:
        unit: ``1`` where it has none.
        kind: ``name``, ``whole`` or ``real``.
    """

    name: str
    unit: str
    kind: str

    @property
    def title(self) -> str:
        """The name with its unit in brackets, where it has one."""
        return self.name if self.unit == "1" else f"{self.name} [{self.unit}]"


class Sink(Protocol):
    """What a format of files does.

    A sink is made with the folder that it writes in, its fields, and the note of how far an
    earlier one came, empty at first.
    """

    def __init__(self, folder: Path, fields: Sequence[Field], note: Mapping[str, Any]) -> None:
        """Open the folder, what was written after the note taken off."""

    def write(self, names: Mapping[str, str], rows: Mapping[str, NDArray[Any]], count: int) -> None:
        """Write rows; columns of names hold one name each."""

    def note(self) -> dict[str, Any]:
        """Make sure of what is written, and say how far that is."""

    def finish(self) -> Path:
        """Make the file of what is written, in the folder; done again, it is the same."""

    def close(self) -> None:
        """Let go of files."""


def settled(stream: BinaryIO) -> None:
    """Have the system keep what is written to a file, even where the power is cut."""
    stream.flush()
    os.fsync(stream.fileno())


def opened_at(path: Path, size: int) -> BinaryIO:
    """A file to be gone on with at a size, what is behind that taken off.

    Raises:
        OutputError: it is shorter: what was noted is not there.
    """
    there = path.stat().st_size if path.exists() else 0
    if there < size:
        raise OutputError(
            f"{path} has lost {size - there} bytes that were written; begin anew, with --overwrite"
        )
    stream = path.open("ab")
    stream.truncate(size)
    stream.seek(size)  # where the stream takes itself to be: the next note says so
    return stream
