"""llama.cpp's server in this process, for one sequence on the CPU."""

from __future__ import annotations

from typing import Any

import xllamacpp

__all__ = ["answer", "served"]

#: How much is logged: the sizes of buffers as well, which :mod:`edgesym.measuring.buffers` reads.
_TOLD = 4


def served(path: str, context: int, threads: int) -> Any:
    """A server of a file, which is read into memory, not mapped."""
    made = xllamacpp.CommonParams()
    made.model.path = path
    made.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    made.n_ctx = context
    made.n_gpu_layers = 0
    made.n_parallel = 1
    made.cpuparams.n_threads = made.cpuparams_batch.n_threads = threads
    made.verbosity = _TOLD
    made.ui = False
    return xllamacpp.Server(made)


def answer(server: Any, ids: list[int], tokens: int, probabilities: int = 0) -> dict[str, Any]:
    """What the server says after a prompt, without what it remembers of the one before."""
    asked = {"prompt": ids, "n_predict": tokens, "n_probs": probabilities}
    fixed = {"cache_prompt": False, "ignore_eos": True, "temperature": 0}
    found: dict[str, Any] = server.handle_completions({**asked, **fixed})
    return found
