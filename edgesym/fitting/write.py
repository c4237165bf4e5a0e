"""Writing a fit: one JSON file per class, a coefficient a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgesym.files.write import write_files
from edgesym.fits.fit import ClassFit

__all__ = ["as_text", "write_fits"]

#: Significant digits of what is fitted: its standard errors have no more than two.
_DIGITS = 4


def write_fits(fits: Mapping[str, ClassFit], folder: Path) -> list[Path]:
    """A file per class in a folder; what lies there under these names is replaced.

    Raises:
        OutputError: it cannot be written.
    """
    texts = {f"{name}.json": as_text(fit).encode() for name, fit in fits.items()}
    return write_files(folder, texts)


def as_text(fit: ClassFit) -> str:
    """The file of a fit."""
    coefficients = [
        [c.word, c.level, c.key, _short(c.value), _short(c.std), c.rows] for c in fit.coefficients
    ]
    table: dict[str, Any] = {
        "class": fit.device_class,
        "made": fit.made,
        "centres": _shorts(fit.centres),
        "deviations": {level: _shorts(by) for level, by in fit.deviations.items()},
        "scatter": _shorts(fit.scatter),
        "sources": list(fit.sources),
        "rows": [[r.device, r.runtime, r.rows, list(r.models)] for r in fit.rows],
        "coefficients": coefficients,
        "covariance": [[_short(number) for number in row] for row in fit.covariance],
    }
    lines = ",\n".join(f"{json.dumps(key)}: {_value(value)}" for key, value in table.items())
    return "{\n" + lines + "\n}\n"


def _value(value: Any) -> str:
    """A value of the file, the items of a list each on a line of its own."""
    if not isinstance(value, list) or not value:
        return json.dumps(value)
    return "[\n" + ",\n".join(json.dumps(each, separators=(",", ":")) for each in value) + "\n]"


def _short(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


def _shorts(numbers: Mapping[str, float]) -> dict[str, float]:
    return {key: float(f"{number:.6g}") for key, number in numbers.items()}
