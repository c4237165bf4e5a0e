"""A model's formulas proven against its class's own code, in each regime of its windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgesym.architectures.model import Model
from edgesym.architectures.traced.plan import Traced
from edgesym.architectures.traced.saved import of_data
from edgesym.symbols import symbol
from edgesym.tracing.ask import trace
from edgesym.tracing.fields import HINTS
from edgesym.tracing.job import Job
from edgesym.tracing.proof import Proved, prove
from edgesym.tracing.trained import prove_training

__all__ = ["Proofs", "verify", "verify_training"]

#: Symbols of a model beyond which its code takes another way.
_LIMITS = ("window", "chunk")


@dataclass(frozen=True, slots=True)
class Proofs:
    """The proofs of one regime.

    Attributes:
        title: the regime in words.
        traced: the model out of its code.
        rows: a proof for each quantity.
    """

    title: str
    traced: Traced
    rows: tuple[Proved, ...]


def verify(model: Model, config: Mapping[str, Any], origin: str) -> list[Proofs]:
    """The proofs of a model's quantities: with few tokens cached and, with a window, with many.

    Raises:
        ConfigError: the code cannot be traced.
    """
    regimes = [("few tokens are cached", HINTS)]
    limits = [model.values[s] for s in map(symbol, _LIMITS) if s in model.values]
    if limits:
        beyond = {**HINTS, "cached_tokens": max(limits) + HINTS["cached_tokens"]}
        regimes.append(("more tokens are cached than the window holds", beyond))
    found = []
    for title, hints in regimes:
        data = trace(Job(model.name, origin, config=dict(config), hints=hints))
        traced = of_data(data, origin)
        found.append(Proofs(title, traced, tuple(prove(model, traced, config, hints))))
    return found


def verify_training(model: Model, config: Mapping[str, Any], origin: str) -> list[Proofs]:
    """The proofs of what an iteration of training computes, by autograd's own backward pass.

    Raises:
        ConfigError: the code cannot be traced, or computes what is no product of matrices.
    """
    data = trace(Job(model.name, origin, config=dict(config), trains=True))
    traced = of_data(data, origin)
    rows = tuple(prove_training(model, traced, config))
    return [Proofs("b sequences of T tokens are trained on", traced, rows)]
