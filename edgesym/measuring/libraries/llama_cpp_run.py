"""Running a GGUF file in llama.cpp: prompts, tokens behind them, and memory."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from edgesym.measuring.latency import Latency
from edgesym.measuring.libraries.llama_cpp_server import answer, served
from edgesym.measuring.limit import Memory, limited

__all__ = ["run"]

#: Tokens that a cache is made for are rounded up to these (llama_context, GGML_PAD of n_ctx).
_PAGE = 256


def run(job: Mapping[str, Any]) -> dict[str, Any]:
    """Load the file and time the server's own steps, as often as the seconds last."""
    random = np.random.default_rng(job["seed"])
    ids = random.integers(3, job["vocab"], job["prompt"]).tolist()
    context = -(-(job["prompt"] + job["generate"] + 1) // _PAGE) * _PAGE
    memory = Memory()
    with limited(job["memory"]):
        server = served(job["file"], context, job["threads"])
        resident = memory.resident
        begun = time.perf_counter()
        answer(server, ids, 1)
        timings: list[dict[str, float]] = []
        while len(timings) < job["runs"] and (
            len(timings) < job["least"] or time.perf_counter() - begun < job["budget"]
        ):
            timings.append(answer(server, ids, job["generate"])["timings"])
        peak = memory.peak
    return {
        "by": f"llama.cpp (xllamacpp {version('xllamacpp')})",
        "context": context,
        "resident_bytes": resident,
        "held_bytes": memory.resident,
        "peak_bytes": peak,
        "prompt": asdict(Latency.of((t["prompt_ms"] / 1000 for t in timings), 1)),
        "token": asdict(Latency.of((t["predicted_per_token_ms"] / 1000 for t in timings), 1)),
    }
