"""What a user may call a symbol: its word, its letter, or a short name."""

from __future__ import annotations

import sympy

from edgesym.errors import UnknownNameError
from edgesym.symbols import describe, find, symbol

__all__ = ["ALIASES", "BITS", "symbol_of"]

#: Short names of symbols.
ALIASES = {
    "prompt": "prompt_tokens",
    "generate": "generated_tokens",
    "bandwidth": "memory_bandwidth",
    "peak": "peak_flops",
    "memory": "memory_size",
}
#: Bits of an element -> the symbol of its bytes.
BITS = {
    "bits": "weight_bytes_per_element",
    "cache_bits": "cache_bytes_per_element",
    "activation_bits": "activation_bytes_per_element",
}


def symbol_of(name: str) -> sympy.Symbol | None:
    """The symbol that a name, a letter or a short name stands for; a kind after a dot.

    >>> symbol_of("memory"), symbol_of("layers.sliding"), symbol_of("flops")
    (M_0, L_sliding, None)
    """
    word, _, kind = ALIASES.get(name, name).partition(".")
    try:
        made = find(word)
    except UnknownNameError:  # None stands for no symbol
        return None
    return symbol(describe(made).word, kind) if kind else made
