"""Files of quantising tools beside a config.json, which say how the weights are stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgesym.architectures.config import read_json
from edgesym.architectures.quantization import published_format, tables
from edgesym.errors import ConfigError
from edgesym.files.read import is_file
from edgesym.plain import shown

__all__ = ["BESIDE", "with_beside"]

#: Names of such files, the one that goes before the others first.
BESIDE: tuple[str, ...] = tuple(tables()["beside"])
_KEY = "quantization_config"


def with_beside(config: Mapping[str, Any], file: Path) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """A config with what lies beside its file, and the names of the files that say it.

    Args:
        config: the keys of a config.json.
        file: where it lies; only what is called ``config.json`` has other files beside it.

    Raises:
        ConfigError: a file that cannot be used, or two that contradict one another.
    """
    if file.name != "config.json":
        return config, ()
    whole, told = config, {"config.json": config} if published_format(config).recipe else {}
    for name in BESIDE:
        said = _said(file.parent / name) if is_file(file.parent / name) else None
        if said is None:
            continue
        if not config.get(_KEY) and not told:
            whole = {**config, _KEY: said}
        told[name] = {_KEY: said}
    _agree(told, file.parent)
    return whole, tuple(name for name in told if name != "config.json")


def _said(path: Path) -> dict[str, Any] | None:
    """What a file says as a quantization_config; None where it is one of another tool."""
    row, found = tables()["beside"][path.name], read_json(path)
    said = found.get(row["has"])
    if row.get("alone") and not isinstance(said, Mapping):
        raise ConfigError(
            f"{path}: {row['has']} = {shown(said)} must be an object of keys, as {row['method']} "
            "writes it; correct it, or take the file away"
        )
    return {"quant_method": row["method"], **found} if said else None


def _agree(told: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    formats = {name: published_format(said).recipe for name, said in told.items()}
    known = {name: recipe.main.name for name, recipe in formats.items() if recipe is not None}
    if len(set(known.values())) > 1:
        (first, one), (second, other) = list(known.items())[:2]
        raise ConfigError(
            f"{folder / second}: says that weights are {other}, and {first} beside it that they "
            f"are {one}; correct one of the two, or take it away"
        )
