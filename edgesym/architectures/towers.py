"""Parameters of the plain vision towers, from their configs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgesym.architectures.fields import evaluate, read_fields
from edgesym.data import shipped
from edgesym.errors import ConfigError

__all__ = ["tower_parameters"]


def tower_parameters(tower: Mapping[str, Any], parent: Any = None) -> int | None:
    """The parameters of the tower of a config; None of one that is not known.

    Args:
        tower: the keys of a ``vision_config``.
        parent: the model type of the whole, where the tower says none of its own.

    >>> tower_parameters({"model_type": "clip_vision_model"})
    87456000
    """
    named = tower.get("model_type") or parent
    rows = shipped("architectures/shared", "towers")["tower"]
    row = next((row for row in rows if named in row["model_types"]), None)
    if row is None:
        return None
    try:
        names = read_fields(row["fields"], tower, {}, "", extents=False)
        return int(evaluate("=" + " ".join(row["parameters"].split()), names, ""))
    except (ConfigError, ValueError, OverflowError):
        return None
