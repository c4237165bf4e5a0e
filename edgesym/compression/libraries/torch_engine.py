"""Making and running a module with PyTorch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
import transformers

from edgesym.compression.job import Job
from edgesym.compression.libraries.torch_files import saved
from edgesym.compression.libraries.torch_model import (
    built,
    kept,
    linear_modules,
    logits,
    opened,
    prompt,
    text,
)
from edgesym.compression.libraries.torch_techniques import TECHNIQUES
from edgesym.compression.technique import BASELINE
from edgesym.measuring.latency import Latency
from edgesym.measuring.limit import Memory, limited
from edgesym.oracle.build import build

__all__ = ["baseline", "make", "ran", "run"]

_MODULE, _REFERENCE = "module.pt", "reference.pt"


def make(job: Job) -> dict[str, Any]:
    """Build the model or take the one that was built, compress it, and write its files."""
    with _inference(job):
        return _made(job)


def run(job: Job) -> dict[str, Any]:
    """Load the module and run it, within the memory that it may take; then compare what it says."""
    return ran(job, lambda: opened(job.place / _MODULE))


def ran(job: Job, load: Callable[[], Any]) -> dict[str, Any]:
    """What running a module finds, as :func:`run`, whatever loads it."""
    with _inference(job):
        return _ran(job, load)


def baseline(job: Job) -> tuple[Any, Any]:
    """The model as built, and the logits that it says of the prompt: (tokens, vocab)."""
    reference = torch.load(job.baseline / _REFERENCE, weights_only=True)
    return opened(job.baseline / _MODULE), reference["logits"]


@contextmanager
def _inference(job: Job) -> Iterator[None]:
    """Without gradients, on the threads of the job."""
    torch.set_num_threads(job.threads)
    with torch.no_grad():
        yield


def _made(job: Job) -> dict[str, Any]:
    module = built(job) if job.technique == BASELINE else opened(job.baseline / _MODULE)
    if job.technique == BASELINE:
        given, said = text(module, job)
        job.baseline.mkdir(parents=True, exist_ok=True)
        answer = {"logits": logits(module, prompt(job)), "given": given, "said": said}
        torch.save(answer, job.baseline / _REFERENCE)
    linears = linear_modules(module)
    outputs = sum(linear.out_features for _, linear in linears)
    module = TECHNIQUES[job.function](module)
    plain = len(linear_modules(module)) == len(linears) and all(
        type(parameter.data) is torch.Tensor for parameter in module.parameters()
    )
    path, container, tensors = saved(module, job.place, plain=plain)
    zeros = [_zeros(linear) for _, linear in linear_modules(module)] if plain else []
    kept(module, job.place / _MODULE)
    return {
        "file_bytes": path.stat().st_size,
        "tensor_bytes": tensors,
        "container": container,
        "linears": len(linears),
        "outputs": outputs,
        "zeros": sum(z for z, _ in zeros) / max(sum(n for _, n in zeros), 1),
    }


def _ran(job: Job, load: Callable[[], Any]) -> dict[str, Any]:
    ids = prompt(job)
    _warm_up(job)
    memory = Memory()
    with limited(job.memory):
        module = load()
        resident = memory.resident
        first = _timed(lambda: module(input_ids=ids), job)
        token = _timed_token(module, ids, job) if job.causal else None
        said = logits(module, ids)
        peak = memory.peak
    return {
        "resident_bytes": resident,
        "peak_bytes": peak,
        "first": asdict(first),
        "token": None if token is None else asdict(token),
        "threads": torch.get_num_threads(),
        **_errors(module, said, job),
    }


def _errors(module: Any, said: Any, job: Job) -> dict[str, float | None]:
    """How far logits are from those of the baseline, and perplexity on what that said."""
    reference = torch.load(job.baseline / _REFERENCE, weights_only=True)
    error = torch.linalg.vector_norm(said - reference["logits"])
    found = logits(module, reference["given"])
    surprise: float | None = None
    if found.shape[-1] >= job.vocab:
        surprise = float(torch.nn.functional.cross_entropy(found, reference["said"]))
    return {
        "logit_error": float(error / torch.linalg.vector_norm(reference["logits"])),
        "perplexity": None if surprise is None else math.exp(surprise),
    }


def _timed(step: Callable[[], Any], job: Job) -> Latency:
    """Seconds of a step."""
    for _ in range(job.warm):
        step()
    seconds = []
    for _ in range(job.runs):
        begun = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begun)
    return Latency.of(seconds, job.warm)


def _timed_token(module: Any, ids: Any, job: Job) -> Latency:
    """Seconds of one more token behind the prompt; the cache grows by one each time."""
    cache = module(input_ids=ids, use_cache=True).past_key_values
    return _timed(lambda: module(input_ids=ids[:, -1:], past_key_values=cache, use_cache=True), job)


def _zeros(linear: Any) -> tuple[int, int]:
    weight = linear.weight
    return int((weight == 0).sum()), weight.numel()


def _warm_up(job: Job) -> None:
    """Start the threads and import the code that the model needs, before memory is counted."""
    side = torch.ones(256, 256)
    side @ side
    build(job.config, torch, transformers)
    if job.library == "torchao":
        import torchao.quantization  # noqa: F401 - its tensors are unpickled
