"""Rows as the columns of a NumPy archive, each an array of its own."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgesym.analysis.sweep.sinks.sink import Field, opened_at, settled
from edgesym.files.read import opened

__all__ = ["NpzSink"]

_BLOCK = 2**22
_TYPES: dict[str, np.dtype[Any]] = {
    "name": np.dtype(np.int32),
    "whole": np.dtype(np.int64),
    "real": np.dtype(np.float64),
}


class NpzSink:
    """A file of raw numbers for each column, put into one archive at the end.

    A column of names is numbers that stand for them; ``NAME.names`` lists these, and ``units``
    the unit of every column.
    """

    def __init__(self, folder: Path, fields: Sequence[Field], note: Mapping[str, Any]) -> None:
        """Open the columns at the row that the note says."""
        self._folder, self._fields = folder, fields
        self._rows: int = note.get("rows", 0)
        self._names: dict[str, list[str]] = {
            field.name: list(note.get("names", {}).get(field.name, ()))
            for field in fields
            if field.kind == "name"
        }
        self._streams = {}
        for place, field in enumerate(fields):
            size = self._rows * _TYPES[field.kind].itemsize
            self._streams[field.name] = opened_at(folder / f"{place}.raw", size)

    def write(self, names: Mapping[str, str], rows: Mapping[str, NDArray[Any]], count: int) -> None:
        """Write rows."""
        for field in self._fields:
            if field.kind == "name":
                known = self._names[field.name]
                if names[field.name] not in known:
                    known.append(names[field.name])
                column = np.full(count, known.index(names[field.name]), dtype=np.int32)
            else:
                column = np.ascontiguousarray(rows[field.name], dtype=_TYPES[field.kind])
            self._streams[field.name].write(column.data)
        self._rows += count

    def note(self) -> dict[str, Any]:
        """The rows that are with the system."""
        for stream in self._streams.values():
            settled(stream)
        return {"rows": self._rows, "names": self._names}

    def finish(self) -> Path:
        """Make the archive."""
        made = self._folder / "rows.npz"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
            for place, field in enumerate(self._fields):
                self._streams[field.name].close()
                raw = self._folder / f"{place}.raw"
                with archive.open(f"{field.name}.npy", "w", force_zip64=True) as entry:
                    header = {
                        "descr": np.lib.format.dtype_to_descr(_TYPES[field.kind]),
                        "fortran_order": False,
                        "shape": (self._rows,),
                    }
                    np.lib.format.write_array_header_1_0(entry, header)
                    with opened(raw) as stream:
                        while block := stream.read(_BLOCK):
                            entry.write(block)
            for name, known in self._names.items():
                _add(archive, f"{name}.names", np.array(known, dtype=np.str_))
            units = np.array([[field.name, field.unit] for field in self._fields], dtype=np.str_)
            _add(archive, "units", units)
        return made

    def close(self) -> None:
        """Let go of the columns."""
        for stream in self._streams.values():
            with suppress(OSError):  # what was written is in its parts
                stream.close()


def _add(archive: zipfile.ZipFile, name: str, array: NDArray[Any]) -> None:
    with archive.open(f"{name}.npy", "w") as entry:
        np.lib.format.write_array(entry, array, allow_pickle=False)
