"""EdgeLM-Optimizer: its model and its techniques on its simulated device, as derived."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from edgesym.analysis.optimization.optimize import Optimization, optimize
from edgesym.analysis.optimization.target import Target
from edgesym.analysis.optimization.technique import Technique
from edgesym.architectures.reader import read_model
from edgesym.data import shipped
from edgesym.devices import find_device
from edgesym.frozen import FrozenMap
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.units import parse

__all__ = ["SOURCE", "described", "reproduced"]

SOURCE = "edgelm-optimizer"


def described() -> dict[str, Any]:
    """Its model, device and techniques, as data."""
    return shipped("claims/reproductions", SOURCE)


def reproduced() -> Optimization:
    """Its techniques on DistilBERT: one pass over the tokens of its sample text.

    An encoder keeps no cache, so that the time per token is the time of the pass.
    """
    given = described()
    model = read_model(given["config"], name=given["name"], origin=f"{SOURCE}.toml")
    run = Run(weights=given["weights"], prompt=given["tokens"], generate=1, context=given["tokens"])
    target = Target(find_device(given["device"]), given["speed"], parse(given["memory"], "B"))
    return optimize([Setup(model, target.device, run)], _techniques(given["technique"]), target)


def _techniques(rows: Iterable[dict[str, Any]]) -> Iterable[Technique]:
    for row in rows:
        yield Technique(row["name"], FrozenMap(row["run"]), row["what"], row["really"])
