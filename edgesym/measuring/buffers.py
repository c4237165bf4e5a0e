"""What llama.cpp set aside in memory, as its log says."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from edgesym.files.read import is_file, read_bytes

__all__ = ["read_buffers"]

#: ``load_tensors: CPU model buffer size = 15.40 MiB``, one line for each kind of memory.
_SAID = re.compile(r"\b(model|KV|RS|compute|output) buffer size\s*=\s*(\d+\.\d+) MiB")
#: What a buffer is for -> the quantity that predicts it; logits lie in the output's.
_MEANT = {
    "model": "weights",
    "KV": "cache",
    "RS": "cache",
    "compute": "buffers",
    "output": "buffers",
}


def read_buffers(log: Path) -> dict[str, int]:
    """Bytes set aside for weights, cache and buffers, to 5 KiB each; empty where none are said."""
    if not is_file(log):
        return {}
    text = read_bytes(log, "log").decode(errors="replace")
    found: Counter[str] = Counter()
    for kind, size in _SAID.findall(text):
        found[_MEANT[kind]] += round(float(size) * 2**20)
    return dict(found)
