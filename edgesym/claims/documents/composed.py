"""EdgeProfiler's equations at a setup, as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgesym.analysis.estimate import key_with_unit
from edgesym.catalogue import REGISTRY
from edgesym.document.nodes import Amount, Column, Document, Facts, Table, Text, table
from edgesym.scenario.setup import Setup

__all__ = ["composed_document"]


def composed_document(setup: Setup, found: Mapping[str, float]) -> Document:
    """The numbers that equations 7 to 15 give, as printed."""
    rows = tuple((name, Amount(value, _unit(name))) for name, value in found.items())
    title = f"{setup.title}, EdgeProfiler's equations 7 to 15 as printed"
    return Document(
        title,
        (Text(setup.describe()), Facts(rows)),
        lambda: _data(setup, found),
        lambda: _records(found),
    )


def _unit(name: str) -> str:
    return REGISTRY[name].unit if name in REGISTRY else "s"


def _data(setup: Setup, found: Mapping[str, float]) -> dict[str, Any]:
    total = found["end_to_end_time"]
    size = setup.machine.figures["memory_size"].value
    slower = max(("compute_time", "memory_time"), key=found.__getitem__)
    terms = [slower, "load_time", "transfer_time", "network_time"]
    shares = {name.removesuffix("_time"): found.get(name, 0.0) / total for name in terms}
    return {
        **setup.labels(),
        "composition": "edgeprofiler",
        **{key_with_unit(name): value for name, value in found.items()},
        "time_per_output_token_s": total,
        "tokens_per_second": 1 / total,
        "memory_size_bytes": int(size),
        "fits": found["memory_footprint"] <= size,
        "bound": max(shares, key=shares.__getitem__),
        "shares": shares,
    }


def _records(found: Mapping[str, float]) -> Table:
    rows = [(name, Amount(value), _unit(name)) for name, value in found.items()]
    return table(("quantity", Column("value", "number"), "unit"), rows)
