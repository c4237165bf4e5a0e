"""The traced models that edgesym ships: named like cards, their formulas from their own code."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from edgesym.architectures.model import Model
from edgesym.architectures.traced.saved import of_data
from edgesym.data import packaged, shipped

__all__ = ["PACKED", "packed", "shipped_model", "traced_models"]

#: What the names of their files end in.
PACKED = ".traced.json.gz"


@cache
def traced_models() -> Mapping[str, dict[str, Any]]:
    """What there is, by name: the rows of ``models.toml``."""
    return shipped("architectures/traced", "models")


@cache
def shipped_model(name: str) -> Model:
    """A model that is shipped as a trace.

    >>> shipped_model("biogpt").architecture
    'traced'

    Args:
        name: a key of :func:`traced_models`.
    """
    data = json.loads(gzip.decompress(packaged("architectures/traced/data", f"{name}{PACKED}")))
    model = of_data(data, f"traced model {name}").model
    return replace(model, sources=(traced_models()[name]["source"], *model.sources))


def packed(data: Mapping[str, Any]) -> bytes:
    """The content of the file of a traced model, the same for the same data."""
    return gzip.compress(json.dumps(data, separators=(",", ":")).encode(), mtime=0)
