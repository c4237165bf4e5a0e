"""Rows as a folder of Parquet files, which pandas, Polars, DuckDB, Spark and Dask read as one.

A part is whole or not there: it is written beside, and then given its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgesym.analysis.sweep.sinks.sink import Field
from edgesym.errors import OutputError

__all__ = ["ParquetSink"]

#: Rows of a part.
_PART = 2**20


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
        self._held: list[Any] = []
        self._rows = 0

    def write(self, names: Mapping[str, str], rows: Mapping[str, NDArray[Any]], count: int) -> None:
        """Hold rows until they make a part."""
        pa = self._pa
        columns = []
        for field in self._fields:
            if field.kind == "name":
                codes = pa.array(np.zeros(count, dtype=np.int32))
                columns.append(pa.DictionaryArray.from_arrays(codes, [names[field.name]]))
            else:
                columns.append(pa.array(rows[field.name]))
        self._held.append(pa.record_batch(columns, schema=self._schema))
        self._rows += count
        if self._rows >= _PART:
            self._flush()

    def _flush(self) -> None:
        if not self._held:
            return
        table = self._pa.Table.from_batches(self._held, schema=self._schema)
        if any(field.kind == "name" for field in self._fields):
            table = table.unify_dictionaries()
        name = self._parts / f"part-{self._count:06d}.parquet"
        beside = name.with_suffix(".part")
        repeated = [field.name for field in self._fields if field.kind != "real"]
        self._pq.write_table(
            table,
            beside,
            compression="none",
            use_dictionary=repeated,
            write_statistics=False,
            row_group_size=_PART * 2,
        )
        beside.replace(name)
        self._count += 1
        self._held, self._rows = [], 0

    def note(self) -> dict[str, Any]:
        """The parts that are whole."""
        self._flush()
        return {"parts": self._count}

    def finish(self, target: Path) -> None:
        """Give the folder of parts its name; it has one part at least, if only of a schema."""
        if not self._count:
            empty = self._schema.empty_table()
            self._pq.write_table(empty, self._parts / "part-000000.parquet")
        self._parts.replace(target)

    def close(self) -> None:
        """Nothing is held open."""
