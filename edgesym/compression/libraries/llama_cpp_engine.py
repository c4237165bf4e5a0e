"""Making a GGUF file of a llama, and running it in llama.cpp itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from edgesym.compression.job import Job
from edgesym.files.read import read_text
from edgesym.measuring.latency import Latency
from edgesym.measuring.limit import Memory, limited

__all__ = ["make", "run"]

_FILE, _PROMPT, _REFERENCE = "model.gguf", "prompt.json", "last_logits.npy"
#: Tokens that one timing of a token is the mean of.
_GENERATED = 8
_NOTE = (
    "llama.cpp's server gives the probabilities of one position alone: the logit error is that of "
    f"the last position, without its mean; a token is the mean of {_GENERATED}"
)


def make(job: Job) -> dict[str, Any]:
    """Write the baseline's weights as a GGUF file in the format that the function names."""
    from edgesym.compression.libraries.gguf_file import written
    from edgesym.compression.libraries.torch_engine import baseline
    from edgesym.compression.libraries.torch_model import linear_modules, prompt

    module, said = baseline(job)
    path = job.place / _FILE
    tensors = written(module, path, job.function)
    linears = linear_modules(module)
    np.save(job.place / _REFERENCE, said[-1].numpy())
    (job.place / _PROMPT).write_text(json.dumps(prompt(job)[0].tolist()), "utf-8")
    return {
        "file_bytes": path.stat().st_size,
        "tensor_bytes": tensors,
        "container": "gguf",
        "linears": len(linears),
        "outputs": sum(linear.out_features for _, linear in linears),
        "note": _NOTE,
    }


def run(job: Job) -> dict[str, Any]:
    """Load the file, not mapped but read, and time the server's own steps."""
    from edgesym.measuring.libraries.llama_cpp_server import answer, served

    ids = json.loads(read_text(job.place / _PROMPT, "prompt"))
    memory = Memory()
    with limited(job.memory):
        server = served(str(job.place / _FILE), 2 * job.prompt, job.threads)
        resident = memory.resident
        for _ in range(job.warm):
            answer(server, ids, _GENERATED)
        timings = [answer(server, ids, _GENERATED)["timings"] for _ in range(job.runs)]
        peak = memory.peak
    first = Latency.of((t["prompt_ms"] / 1000 for t in timings), job.warm)
    token = Latency.of((t["predicted_per_token_ms"] / 1000 for t in timings), job.warm)
    return {
        "resident_bytes": resident,
        "peak_bytes": peak,
        "first": asdict(first),
        "token": asdict(token),
        "threads": job.threads,
        "logit_error": _error(answer(server, ids, 1, job.vocab), job),
    }


def _error(answer: dict[str, Any], job: Job) -> float:
    """How far the logits of the last position are from the baseline's, both without their mean."""
    said = np.zeros(job.vocab)
    for row in answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]:
        said[row["id"]] = row["logprob"]
    meant = np.load(job.place / _REFERENCE).astype(float)
    said, meant = said - said.mean(), meant - meant.mean()
    return float(np.linalg.norm(said - meant) / np.linalg.norm(meant))
