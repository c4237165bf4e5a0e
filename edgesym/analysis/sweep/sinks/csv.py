"""Rows as comma-separated values: a line each, numbers in full."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgesym.analysis.sweep.sinks.sink import Field, opened_at, settled
from edgesym.document.cells import cell_text

__all__ = ["CsvSink"]


class CsvSink:
    """Lines appended to one file."""

    def __init__(self, folder: Path, fields: Sequence[Field], note: Mapping[str, Any]) -> None:
        """Open the file at the end that the note says."""
        self._path = folder / "rows.csv"
        self._fields = fields
        self._arrow = _arrow()
        self._stream = opened_at(self._path, note.get("bytes", 0))
        if not note:
            self._stream.write(_line([cell_text(field.title) for field in fields]).encode())

    def write(self, names: Mapping[str, str], rows: Mapping[str, NDArray[Any]], count: int) -> None:
        """Write rows, in the shortest digits that read back as the same numbers."""
        if self._arrow is not None:
            self._fast(names, rows, count)
            return
        columns = []
        for field in self._fields:
            if field.kind == "name":
                columns.append([_line([cell_text(names[field.name])]).rstrip("\n")] * count)
            else:
                columns.append(list(map(repr, rows[field.name].tolist())))
        lines = map(",".join, zip(*columns, strict=True))
        self._stream.write(("\n".join(lines) + "\n").encode())

    def _fast(self, names: Mapping[str, str], rows: Mapping[str, NDArray[Any]], count: int) -> None:
        """The same by pyarrow, which is several times as fast."""
        pa, csv_of = self._arrow
        columns, quoted = {}, False
        for field in self._fields:
            if field.kind == "name":
                codes = pa.array(np.zeros(count, dtype=np.int32))
                name = cell_text(names[field.name])
                columns[field.name] = pa.DictionaryArray.from_arrays(codes, [name])
                quoted |= _line([name]) != f"{name}\n"
            else:
                columns[field.name] = pa.array(rows[field.name])
        style = "needed" if quoted else "none"
        options = csv_of.WriteOptions(include_header=False, quoting_style=style)
        csv_of.write_csv(pa.table(columns), self._stream, options)

    def note(self) -> dict[str, Any]:
        """The bytes that are with the system."""
        settled(self._stream)
        return {"bytes": self._stream.tell()}

    def finish(self) -> Path:
        """The file, closed."""
        self._stream.close()
        return self._path

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # what was written is in its parts
            self._stream.close()


def _arrow() -> Any:
    """What writes numbers fast, where it is installed; else Python does."""
    try:
        import pyarrow as pa
        from pyarrow import csv as csv_of
    except ImportError:  # Python writes the same rows
        return None
    return pa, csv_of


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
