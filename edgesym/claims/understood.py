"""Other spellings of words in claim files: ``d_model``, ``seq_len``, ``mlp``."""

from __future__ import annotations

import re
from functools import cache

from edgesym.catalogue import REGISTRY
from edgesym.data import shipped
from edgesym.symbols import TABLE

__all__ = ["formula_in_words", "part_in_words"]

_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?![\w.])")


@cache
def _words() -> dict[str, str]:
    """Spelling -> word; a spelling in lower case also in any other."""
    table = shipped("claims/shared", "words")
    return {name.lower(): word for word, names in table["words"].items() for name in names} | {
        name: word for word, names in table["words"].items() for name in names
    }


@cache
def _parts() -> dict[str, str]:
    table = shipped("claims/shared", "words")["part_words"]
    return {name: part for part, names in table.items() for name in names}


def formula_in_words(text: str) -> str:
    """A formula over words, with each other spelling put as its word.

    >>> formula_in_words("n_heads*d_head + hidden/2")
    '(heads)*(head_dim) + hidden/2'
    """

    def word(match: re.Match[str]) -> str:
        name = match[0]
        if name in TABLE or name in REGISTRY:
            return name
        found = _words().get(name) or _words().get(name.lower())
        return f"({found})" if found else name

    return _NAME.sub(word, text)


def part_in_words(text: str) -> str:
    """The parts of a model that a claim names, with each other name put as ours.

    >>> part_in_words("attn + mlp"), part_in_words("attention.scores")
    ('attention + feed_forward', 'attention.scores')
    """
    names = (name.strip() for name in text.split("+"))
    return " + ".join(_parts().get(name.lower(), name) for name in names)
