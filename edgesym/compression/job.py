"""What one process is asked to do, and where the processes of a measurement leave their files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from edgesym.compression.technique import BASELINE

__all__ = ["PROMPT", "Job"]

#: Tokens of the prompt, and of the text that perplexity is measured on.
PROMPT = 128
#: Runs before the clock, and with it: limited by work, never by the clock.
_WARM, _RUNS = 2, 9


@dataclass(frozen=True, slots=True)
class Job:
    """A technique on a model, in a folder of files that processes share.

    Attributes:
        technique: its name, ``library`` and ``function`` what does it, ``engine`` what runs it.
        config: of the model to build.
        causal: whether it generates token after token.
        folder: of all techniques of this measurement.
        vocab: token ids below this are made.
        threads: to run on.
        memory: bytes that running may take beside the libraries; None for no limit.
        prompt: tokens of the prompt.
        warm, runs: steps before the clock and with it.
        seed: of the weights and of all tokens.
    """

    technique: str
    library: str
    function: str
    engine: str
    config: Mapping[str, Any]
    causal: bool
    folder: str
    vocab: int
    threads: int
    memory: int | None = None
    prompt: int = PROMPT
    warm: int = _WARM
    runs: int = _RUNS
    seed: int = 10

    @property
    def place(self) -> Path:
        """The folder of this technique."""
        return Path(self.folder) / self.technique

    @property
    def baseline(self) -> Path:
        """The folder of the model as built."""
        return Path(self.folder) / BASELINE

    def written(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """The job that was written down."""
        return cls(**json.loads(text))
