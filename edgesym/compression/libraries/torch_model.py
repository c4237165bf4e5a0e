"""A PyTorch module of a config: built with random weights, kept, and asked for its logits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers

from edgesym.compression.job import Job
from edgesym.oracle.build import build

__all__ = ["built", "kept", "linear_modules", "logits", "opened", "prompt", "text", "tokens"]


def built(job: Job) -> Any:
    """The module of the config, its weights random as its own initialisation has them, in fp32."""
    torch.manual_seed(job.seed)
    return build(job.config, torch, transformers, device="cpu", dtype=torch.float32)


def kept(module: Any, path: Path) -> None:
    """Keep a whole module, for another process of this measurement."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(module, path)


def opened(path: Path) -> Any:
    """The module that :func:`kept` kept."""
    return torch.load(path, weights_only=False)


def linear_modules(module: Any) -> list[tuple[str, Any]]:
    """Every nn.Linear of a module, by name."""
    return [(n, m) for n, m in module.named_modules() if isinstance(m, torch.nn.Linear)]


def prompt(job: Job) -> Any:
    """The sequence of random tokens that is measured on."""
    return tokens(job, job.seed)


def tokens(job: Job, seed: int) -> Any:
    """One sequence of random tokens, the same in every process."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, job.vocab, (1, job.prompt), generator=generator)


def logits(module: Any, ids: Any) -> Any:
    """What a module says of every position of a sequence: (tokens, vocab), or hidden states."""
    return module(input_ids=ids)[0][0].float()


def text(module: Any, job: Job) -> tuple[Any, Any]:
    """Text that a module generates itself: what it is given, and what it says at each position.

    A model that generates samples one token after the other from its own distribution and is
    given what it said before; one that fills in samples every position of the prompt.
    """
    generator = torch.Generator().manual_seed(job.seed + 1)

    def drawn(of: Any) -> Any:
        return torch.multinomial(torch.softmax(of.float(), -1), 1, generator=generator)

    ids = prompt(job)
    if not job.causal:
        return ids, drawn(logits(module, ids))[:, 0]
    past, said = None, [ids[:, :1]]
    for _ in range(job.prompt):
        step = module(input_ids=said[-1], past_key_values=past, use_cache=True)
        past = step.past_key_values
        said.append(drawn(step.logits[:, -1]))
    whole = torch.cat(said, dim=1)
    return whole[:, :-1], whole[0, 1:]
