"""Running the class of a config in PyTorch with random weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import torch
import transformers

from edgesym.measuring.latency import Latency
from edgesym.measuring.limit import Memory, limited
from edgesym.oracle.build import build

__all__ = ["run"]


def run(job: Mapping[str, Any]) -> dict[str, Any]:
    """Build the model, and time its prompt and the tokens behind it."""
    torch.set_num_threads(job["threads"])
    dtype = getattr(torch, job["dtype"])
    build(job["config"], torch, transformers)  # imports the code of the class, before memory counts
    memory = Memory()
    with torch.no_grad(), limited(job["memory"]):
        module = build(job["config"], torch, transformers, device="cpu", dtype=dtype)
        resident = memory.resident
        generator = torch.Generator().manual_seed(job["seed"])
        ids = torch.randint(0, job["vocab"], (1, job["prompt"]), generator=generator)
        begun = time.perf_counter()
        module(input_ids=ids)
        prompts: list[float] = []
        tokens: list[float] = []
        while len(prompts) < job["runs"] and (
            len(prompts) < job["least"] or time.perf_counter() - begun < job["budget"]
        ):
            took, state = _clocked(lambda: module(input_ids=ids, use_cache=True))
            prompts.append(took)
            tokens.append(_generated(module, ids, state.past_key_values, job["generate"]))
        held, peak = memory.resident, memory.peak
    return {
        "by": f"transformers {transformers.__version__}, PyTorch {torch.__version__}",
        "context": job["prompt"] + job["generate"],
        "resident_bytes": resident,
        "held_bytes": held,
        "peak_bytes": peak,
        "tensor_bytes": sum(p.numel() * p.element_size() for p in module.parameters()),
        "prompt": asdict(Latency.of(prompts, 1)),
        "token": asdict(Latency.of(tokens, 1)),
    }


def _clocked(step: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = step()
    return time.perf_counter() - begun, found


def _generated(module: Any, ids: Any, cache: Any, tokens: int) -> float:
    """Mean seconds of a token behind the prompt."""

    def all_() -> None:
        for _ in range(tokens):
            module(input_ids=ids[:, -1:], past_key_values=cache, use_cache=True)

    took, _ = _clocked(all_)
    return took / tokens
