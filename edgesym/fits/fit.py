"""A fit of a class of devices: its coefficients, their covariance, and what it stands on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from edgesym.data import packaged
from edgesym.domain import checked
from edgesym.errors import ConfigError
from edgesym.files.read import is_folder, is_there
from edgesym.fileschema import user_json
from edgesym.fits.levels import LEVELS, WORDS

__all__ = ["ClassFit", "Coefficient", "Rows", "find_fit", "fitted_classes", "read_fit"]

_FOLDER = ("fits", "data")
#: What rounding to four digits may do to the least eigenvalue of a covariance, of the largest.
_ROUNDED = 1e-6


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A term of the logarithm of an efficiency.

    Attributes:
        word: the number that it is a term of, one of :data:`.levels.WORDS`.
        level: one of :data:`.levels.LEVELS`.
        key: which of the level, such as ``rtx-4090|llama.cpp``.
        value: what it adds.
        std: its standard error, with all others free.
        rows: measured rows that it enters.
    """

    word: str
    level: str
    key: str
    value: float
    std: float
    rows: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one device in one runtime that a fit stands on, and the models that they ran."""

    device: str
    runtime: str
    rows: int
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ClassFit:
    """A fit of a class of devices.

    Attributes:
        device_class: the class; that of one device alone is named after it.
        made: the command that made it, and when.
        composition: how the runtimes of its rows join compute and memory time.
        centres: what the sum of each word's terms begins with.
        deviations: standard deviation of the coefficients of each level, by word: the prior of
            those that are here, and what an unseen one adds to the variance.
        scatter: by ``runtime|phase``, and by ``|phase`` for those not there: the logarithm of
            measured over fitted lies within 1.645 of it for 90 % of rows.
        coefficients: the terms.
        covariance: their covariance, as the lower triangle by rows.
        rows: what it stands on.
        sources: where the rows were published.
    """

    device_class: str
    made: str
    centres: Mapping[str, float]
    deviations: Mapping[str, Mapping[str, float]]
    scatter: Mapping[str, float]
    coefficients: tuple[Coefficient, ...]
    covariance: Sequence[Sequence[float]]
    rows: tuple[Rows, ...]
    sources: tuple[str, ...]
    places: Mapping[tuple[str, str, str], int]

    @property
    def count(self) -> int:
        """Measured rows that it stands on."""
        return sum(each.rows for each in self.rows)

    def covariance_of(self, one: int, other: int) -> float:
        """The covariance of two coefficients, by their place."""
        return self.covariance[max(one, other)][min(one, other)]


@cache
def fitted_classes() -> tuple[str, ...]:
    """The classes that a fit ships for."""
    folder = resources.files("edgesym").joinpath(*_FOLDER)
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(n.removesuffix(".json") for n in names if n.endswith(".json")))


@checked
@cache
def find_fit(device_class: str, folder: str = "") -> ClassFit | None:
    """The fit of a class: the user's where ``folder`` has one, else that which ships, or none.

    Raises:
        ConfigError: a file of the folder that is no fit.
    """
    if folder:
        if not is_folder(folder):
            raise ConfigError(f"--fits {folder}: is no folder; write one with edgesym fit --to DIR")
        path = Path(folder) / f"{device_class}.json"
        if is_there(path):
            return read_fit(path)
    if device_class not in fitted_classes():
        return None
    return _fit(json.loads(packaged("/".join(_FOLDER), f"{device_class}.json")))


@checked
def read_fit(path: Path) -> ClassFit:
    """A fit from a file.

    Raises:
        ConfigError: it cannot be read, or is no fit.
    """
    from edgesym.fits.schema import FitFile

    table = user_json(path, FitFile, "fit")
    try:
        found = _fit(table)
        _refuse_no_covariance(found.covariance)
    except ValueError as error:
        raise ConfigError(f"{path}: is no fit ({error}); write one with edgesym fit") from error
    return found


def _refuse_no_covariance(rows: Sequence[Sequence[float]]) -> None:
    """Refuse a matrix by which a sum of coefficients would have a negative variance."""
    import numpy as np

    lower = np.zeros((len(rows), len(rows)))
    for number, row in enumerate(rows):
        lower[number, : number + 1] = row
    least = np.linalg.eigvalsh(lower, UPLO="L")
    if len(rows) and least[0] < -_ROUNDED * abs(least).max():
        raise ValueError("covariance is none: by it a variance is negative")


def _fit(table: Mapping[str, Any]) -> ClassFit:
    coefficients = tuple(Coefficient(*row) for row in table["coefficients"])
    for each in coefficients:
        if each.word not in WORDS or each.level not in LEVELS:
            raise ValueError(f"{each.word}, {each.level} is no coefficient")
    covariance = table["covariance"]
    if [len(row) for row in covariance] != list(range(1, len(coefficients) + 1)):
        raise ValueError("covariance is no lower triangle of the coefficients")
    return ClassFit(
        table["class"],
        table["made"],
        table["centres"],
        table["deviations"],
        table["scatter"],
        coefficients,
        covariance,
        tuple(
            Rows(device, runtime, n, tuple(models)) for device, runtime, n, models in table["rows"]
        ),
        tuple(table["sources"]),
        {(c.word, c.level, c.key): i for i, c in enumerate(coefficients)},
    )
