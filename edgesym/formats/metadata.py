"""What a file holds beside its tensors: the tokenizer, for the most part."""

from __future__ import annotations

from functools import cache
from typing import Any

from edgesym.data import shipped
from edgesym.domain import Count, checked
from edgesym.symbols import symbol

__all__ = ["METADATA", "metadata_bytes", "tokenizers"]

#: The symbol of those bytes.
METADATA = symbol("metadata_bytes")


@cache
def tokenizers() -> dict[str, dict[str, Any]]:
    """Tokenizer families: rows of the table that they are known by, bytes, source."""
    return shipped("formats", "metadata")


@checked
def metadata_bytes(container: str, vocab: Count) -> int | None:
    """Bytes of a file beside its tensors; None where the tokenizer is not known.

    A GGUF file holds the texts, scores and merges of the tokenizer, known here by the number of
    tokens. The header of safetensors is about 100 bytes a tensor, less than a part in 10,000 of
    any model: it is left out, as is what torch.save wraps its tensors in.

    >>> metadata_bytes("gguf", 128256), metadata_bytes("", 128256), metadata_bytes("gguf", 7)
    (7831000, 0, None)
    """
    if container != "gguf":
        return 0
    rows = (row for row in tokenizers().values() if vocab in row["tokens"])
    return next((int(row["bytes"]) for row in rows), None)
