"""A model's formulas proven against its class's own code, in each regime of its sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

__all__ = ["Proofs", "regimes", "verify"]

#: Symbols of a model beyond which its code takes another way with what is cached.
_WINDOWS = ("window", "chunk")
#: Those beyond which new tokens are computed in several parts.
_PARTS = ("ssm_chunk", "chunk")


@dataclass(frozen=True, slots=True)
class Proofs:
    """The proofs of one regime.

    Attributes:
        title: the regime in words.
        traced: the model out of its code.
        rows: a proof for each quantity and call.
    """

    title: str
    traced: Traced
    rows: tuple[Proved, ...]


def regimes(model: Model) -> Iterator[tuple[str, dict[str, int]]]:
    """Where the code of a model may take ways of its own: in words, and a step that lies there.

    With few tokens, for several sequences and for one; and, with a window or a chunk, with more
    tokens than it holds.
    """
    yield "few tokens are cached", HINTS
    yield "few tokens are cached of one sequence", {**HINTS, "batch": 1}
    limits, parts = (
        [model.values[s] for s in map(symbol, words) if s in model.values]
        for words in (_WINDOWS, _PARTS)
    )
    more = dict(HINTS)
    if limits or parts:
        more["cached_tokens"] += max(limits + parts)
        yield "more tokens are cached than a window or chunk holds", dict(more)
    if parts:
        more["new_tokens"] += max(parts)
        yield "more tokens are new than a chunk holds", more


def verify(
    model: Model, config: Mapping[str, Any], origin: str, architecture: str = ""
) -> list[Proofs]:
    """The proofs of a model's quantities, in each of its regimes.

    Args:
        architecture: the type or the file that it was read as, where it is not its own.

    Raises:
        ConfigError: the code cannot be traced.
    """
    found = []
    for title, hints in regimes(model):
        data = trace(Job(model.name, origin, config=dict(config), hints=hints))
        traced = of_data(data, origin)
        rows = tuple(prove(model, traced, config, hints, architecture))
        found.append(Proofs(title, traced, rows))
    return found
