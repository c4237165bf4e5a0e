"""The formats that a sweep is written in, by the ending of the file's name."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from edgesym.analysis.sweep.journal import Journal
from edgesym.analysis.sweep.sinks.sink import Field, Sink
from edgesym.errors import OutputError

__all__ = ["ENDINGS", "opened", "sink_class"]

_SINKS = "edgesym.analysis.sweep.sinks"
#: Ending -> the module and the class that write it, and bytes of a number.
ENDINGS = {
    ".csv": ("csv", "CsvSink", 18),
    ".npz": ("npz", "NpzSink", 8),
    ".parquet": ("parquet", "ParquetSink", 8),
}


def sink_class(target: Path) -> tuple[type[Sink], int]:
    """What writes a file, and the bytes that a number takes in it, about.

    Raises:
        OutputError: no such format.
    """
    if target.suffix.lower() not in ENDINGS:
        raise OutputError(f"--out {target}: the name must end in one of {', '.join(ENDINGS)}")
    module, name, size = ENDINGS[target.suffix.lower()]
    found: type[Sink] = getattr(import_module(f"{_SINKS}.{module}"), name)
    return found, size


def opened(target: Path, journal: Journal, fields: Sequence[Field]) -> Sink:
    """The sink of a file, at the place that its journal says.

    Raises:
        OutputError: no such format, or what writes it is not installed.
    """
    made, _ = sink_class(target)
    return made(journal.folder, fields, journal.state.get("sink", {}))
