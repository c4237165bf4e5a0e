"""A tokenizer of made-up words, for GGUF files of random weights."""

from __future__ import annotations

from typing import Any

__all__ = ["add_tokens"]

#: Kinds of tokens (gguf.constants, TokenType).
_NORMAL, _UNKNOWN, _CONTROL, _BYTE = 1, 2, 3, 6
_SPECIAL = (b"<unk>", b"<s>", b"</s>")


def add_tokens(writer: Any, vocab: int) -> None:
    """Give a file a tokenizer of so many tokens."""
    special = [(t, _UNKNOWN if t == b"<unk>" else _CONTROL) for t in _SPECIAL]
    single = [(f"<0x{byte:02X}>".encode(), _BYTE) for byte in range(256)]
    words = [(b"w%d" % i, _NORMAL) for i in range(vocab)]
    tokens = [*special, *single, *words][:vocab]
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([kind for _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
