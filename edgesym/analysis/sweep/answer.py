"""What a sweep found, as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgesym.analysis.sweep.sinks.sink import Field
from edgesym.document.shown import Shown
from edgesym.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["Sweep"]


@dataclass(frozen=True, slots=True, repr=False)
class Sweep(Shown):
    """The rows of a sweep; none of them where they are in a file.

    Attributes:
        points: how many points were looked at.
        kept: how many rows there are.
        fields: the columns, with their units.
        columns: the numbers, or names, of each column.
        objectives: what the rows are the best of, in words.
        shape: the lengths of the axes, where every point is a row.
        path: the file that holds the rows.
    """

    points: int
    kept: int
    fields: tuple[Field, ...]
    columns: Mapping[str, NDArray[Any]]
    objectives: tuple[str, ...] = ()
    shape: Mapping[str, int] | None = None
    path: Path | None = None

    def __eq__(self, other: object) -> bool:
        """Whether another has the same rows, to the bit, and says the same of them."""
        if not isinstance(other, Sweep):
            return NotImplemented
        said = (name.name for name in fields(self) if name.name != "columns")
        return (
            all(getattr(self, name) == getattr(other, name) for name in said)
            and self.columns.keys() == other.columns.keys()
            and all(_same(self.columns[name], other.columns[name]) for name in self.columns)
        )

    def __hash__(self) -> int:
        """That of what equal sweeps have in common."""
        return hash((self.points, self.kept, self.fields, self.objectives, self.path))

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column by name."""
        return self.columns[name]

    @property
    def units(self) -> dict[str, str]:
        """The unit of every column."""
        return {field.name: field.unit for field in self.fields}

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a pandas frame; ``frame.attrs["units"]`` holds the units.

        Raises:
            ConfigError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ConfigError("to_pandas needs pandas; install it with pip") from error
        frame = pd.DataFrame(dict(self.columns))
        frame.attrs["units"] = self.units
        return frame

    def to_xarray(self) -> xr.Dataset:
        """The quantities over the axes, each with its unit.

        Raises:
            ConfigError: xarray is not installed, or not every combination of the axes is a row.
        """
        try:
            import xarray as xr
        except ImportError as error:
            raise ConfigError("to_xarray needs xarray; install it with pip") from error
        if self.shape is None:
            raise ConfigError(
                "to_xarray needs a product of axes without conditions, zips or a choice of the "
                "best; to_pandas takes any rows"
            )
        lengths, units = tuple(self.shape.values()), self.units
        grids = {name: self.columns[name].reshape(lengths) for name in self.columns}
        axes = {
            name: (name, np.moveaxis(grids[name], place, 0).reshape(length, -1)[:, 0])
            for place, (name, length) in enumerate(self.shape.items())
        }
        found = xr.Dataset(
            {n: (tuple(self.shape), grid) for n, grid in grids.items() if n not in axes},
            coords={
                name: (dim, column, {"unit": units[name]}) for name, (dim, column) in axes.items()
            },
        )
        for name in found.data_vars:
            found[name].attrs["unit"] = units[str(name)]
        return found


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether two columns are one; a number that is none is itself."""
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
