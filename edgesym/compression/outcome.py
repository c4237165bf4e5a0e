"""What a measurement gives: bytes, times and errors; and what the formulas predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from edgesym.measuring.latency import Latency

__all__ = ["Comparison", "Difference", "Outcome", "State", "Time"]

#: How a measurement ended.
State = Literal["measured", "out of memory", "failed", "missing", "interrupted", "not for it"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured of one technique.

    Attributes:
        state: how it ended, and ``reason`` why where it did not end well.
        file_bytes: of the file of its weights.
        tensor_bytes: of those, the tensors; the rest is the container.
        container: what kind of file it is.
        linears: nn.Linear modules of the model, and ``outputs`` their output channels.
        zeros: share of the elements of those modules that are zero.
        resident_bytes: memory that the loaded model holds, beside the libraries.
        peak_bytes: the most memory while it ran, beside the libraries.
        first: a forward pass over the prompt; ``token`` one more token behind it.
        logit_error: |logits - those of the baseline| / |those of the baseline|, of the prompt.
        perplexity: on text that the baseline itself generated.
        threads: it ran on.
        note: what else to know.
    """

    technique: str
    state: State
    reason: str = ""
    file_bytes: int | None = None
    tensor_bytes: int | None = None
    container: str = ""
    linears: int = 0
    outputs: int = 0
    zeros: float = 0.0
    resident_bytes: int | None = None
    peak_bytes: int | None = None
    first: Latency | None = None
    token: Latency | None = None
    logit_error: float | None = None
    perplexity: float | None = None
    threads: int = 0
    note: str = ""

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Self:
        """The outcome that a process wrote down."""
        known = {f.name for f in fields(cls)}
        kept = {key: value for key, value in found.items() if key in known}
        for name in ("first", "token"):
            if kept.get(name) is not None:
                kept[name] = Latency(**kept[name])
        return cls(**kept)


@dataclass(frozen=True, slots=True)
class Difference:
    """Why the bytes of a file are not those of the recipe.

    Attributes:
        bytes: that the file has more; negative where it has fewer.
    """

    what: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds that a step should take, and one standard deviation of them."""

    seconds: float
    std: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured of a technique, beside what its recipe predicts.

    Attributes:
        release: the library that did it, with its version.
        recipe: that predicts it.
        predicted_bytes: ``weight_storage_bytes`` in the recipe; None where that does not suit
            the model, as all that is predicted.
        predicted_loaded: ``weight_memory_bytes``, the weights as the engine holds them.
        predicted_footprint: ``memory_footprint`` of the prompt in the recipe and engine.
        differences: known reasons why the tensors of the file are not ``predicted_bytes``.
        predicted_first: of the prompt, where a device file describes this machine;
            ``predicted_token`` of one more token behind it.
    """

    outcome: Outcome
    release: str
    recipe: str
    predicted_bytes: int | None = None
    predicted_loaded: int | None = None
    predicted_footprint: int | None = None
    differences: tuple[Difference, ...] = ()
    predicted_first: Time | None = None
    predicted_token: Time | None = None

    @property
    def unexplained(self) -> int | None:
        """Bytes of tensors that neither recipe nor reasons account for; 0 where all agrees."""
        if self.outcome.tensor_bytes is None or self.predicted_bytes is None:
            return None
        known = self.predicted_bytes + sum(d.bytes for d in self.differences)
        return self.outcome.tensor_bytes - known

    @property
    def verdict(self) -> str:
        """How measured and predicted bytes stand to one another."""
        if self.unexplained is None:
            return ""
        if self.unexplained:
            return "different"
        return "explained" if any(d.bytes for d in self.differences) else "equal"
