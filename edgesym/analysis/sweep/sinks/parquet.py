"""Rows as a folder of Parquet files, which pandas, Polars, DuckDB, Spark and Dask read as one.

A part is whole or not there: it is written beside, and then given its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgesym.analysis.sweep.sinks.sink import Field
from edgesym.errors import OutputError
from edgesym.files.write import sync

__all__ = ["ParquetSink"]

#: Rows of a part, about, and the fewest of a group of rows in it, which readers take in at once.
_PART, _GROUP = 2**20, 2**16


class ParquetSink:
    """Parts of about a million rows, numbered."""

    def __init__(self, folder: Path, fields: Sequence[Field], note: Mapping[str, Any]) -> None:
        """Open the folder of parts, those after the note taken out.

        Raises:
            OutputError: pyarrow is not installed.
        """
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise OutputError(
                "Parquet needs pyarrow: install edgesym[parquet], or write .csv or .npz"
            ) from error
        self._pa, self._pq, self._fields = pa, pq, fields
        types = {
            "name": pa.dictionary(pa.int32(), pa.string()),
            "whole": pa.int64(),
            "real": pa.float64(),
        }
        self._schema = pa.schema(
            [pa.field(f.name, types[f.kind], False, {"unit": f.unit}) for f in fields]
        )
        self._parts = folder / "parts"
        self._parts.mkdir(exist_ok=True)
        self._count: int = note.get("parts", 0)
        for part in self._parts.iterdir():
            if part.suffix != ".parquet" or int(part.stem.partition("-")[2]) >= self._count:
                part.unlink()
        self._writer: Any = None
        self._held: list[Any] = []
        self._rows = self._waiting = 0

    def write(self, names: Mapping[str, str], rows: Mapping[str, NDArray[Any]], count: int) -> None:
        """Write rows as a group of the part that is open; few are held until they make a group."""
        pa, few = self._pa, count < _GROUP
        columns = []
        for field in self._fields:
            if field.kind == "name":
                codes = pa.array(np.zeros(count, dtype=np.int32))
                columns.append(pa.DictionaryArray.from_arrays(codes, [names[field.name]]))
            else:
                column = rows[field.name]
                # what is held outlives the call, and the memory of rows is used again
                columns.append(pa.array(column.copy() if few else column))
        self._held.append(pa.record_batch(columns, schema=self._schema))
        self._waiting += count
        if self._waiting >= _GROUP:
            self._group()
        if self._rows >= _PART:
            self._end()

    def _group(self) -> None:
        """Write what is held to the part that is open."""
        if not self._held:
            return
        table = self._pa.Table.from_batches(self._held, schema=self._schema)
        if len(self._held) > 1 and any(field.kind == "name" for field in self._fields):
            table = table.unify_dictionaries()
        if self._writer is None:
            self._writer = self._pq.ParquetWriter(
                self._part.with_suffix(".part"),
                self._schema,
                compression="none",
                use_dictionary=[field.name for field in self._fields if field.kind != "real"],
                write_statistics=False,
                write_batch_size=_GROUP,
            )
        self._writer.write_table(table, row_group_size=_PART)
        self._rows += self._waiting
        self._held, self._waiting = [], 0

    @property
    def _part(self) -> Path:
        return self._parts / f"part-{self._count:06d}.parquet"

    def _end(self) -> None:
        """Make the part that is open whole."""
        if self._writer is not None:
            self._writer.close()
            sync(self._part.with_suffix(".part"))
            self._part.with_suffix(".part").replace(self._part)
            self._writer, self._rows = None, 0
            self._count += 1

    def note(self) -> dict[str, Any]:
        """The parts that are whole."""
        self._group()
        self._end()
        return {"parts": self._count}

    def finish(self) -> Path:
        """The folder of parts; it has one part at least, if only of a schema."""
        if not self._count:
            empty = self._schema.empty_table()
            self._pq.write_table(empty, self._parts / "part-000000.parquet")
        return self._parts

    def close(self) -> None:
        """Let go of the part that is open."""
        if self._writer is not None:
            with suppress(OSError, ValueError):  # what was written is in its parts
                self._writer.close()
