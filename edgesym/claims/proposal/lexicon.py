"""The phrases by which papers speak of symbols and quantities, found in words of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from edgesym.data import shipped

__all__ = ["SIZES", "Lexicon", "Said", "lexicon", "plain_words", "spellings"]

SIZES = ("size", "dimension", "width", "length")
#: Spellings of one word.
_ALIKE = {
    "dimensionality": "dimension",
    "dim": "dimension",
    "dims": "dimension",
    "feedforward": "feed forward",
    "key/value": "key value",
    "k/v": "kv",
    "keyvalue": "key value",
    "utilisation": "utilization",
    "normalisation": "normalization",
    "minibatch": "mini batch",
    "microbatch": "micro batch",
    "microbatches": "micro batch",
    "bytes/s": "byte/s",
    "flops/s": "flop/s",
    "flop/second": "flop/s",
    "datatype": "data type",
    "unembedding": "unembedding",
    "multihead": "multi head",
    "matmul": "matrix multiplication",
}
_WORD = re.compile(r"[a-z0-9]+(?:/[a-z]+)*(?:\^t)?")


@dataclass(frozen=True, slots=True)
class Said:
    """A phrase in a text: what it stands for, and the words from start to end."""

    meaning: str
    kind: str
    start: int
    end: int


def plain_words(text: str, *, whole: bool = False) -> list[str]:
    """The words of a text as phrases spell them; ``whole`` keeps counting words and "each".

    >>> plain_words("the total number of transformer layers")
    ['transformer', 'layer']
    """
    words: list[str] = []
    for found in _WORD.findall(
        text.lower().replace("-", " ").replace("\u2019s", "").replace("'s", "")
    ):
        words += (plain_word(part) for part in _ALIKE.get(found, found).split())
    return words if whole else [words[i] for i in kept(words)]


def plain_word(word: str) -> str:
    """A word without its plural."""
    if word.endswith("tches"):
        return word[:-2]
    return (
        word[:-1]
        if len(word) > 3 and "/" not in word and word[-1] == "s" and word[-2:] != "ss"
        else word
    )


def kept(words: Sequence[str]) -> list[int]:
    """The places of words that a phrase may have."""
    grammar, found = table()["grammar"], []
    for i, word in enumerate(words):
        counting = word in grammar["counts"] and i + 1 < len(words) and words[i + 1] == "of"
        counted = word == "of" and i > 0 and words[i - 1] in grammar["counts"]
        if word not in grammar["dropped"] and not counting and not counted:
            found.append(i)
    return found


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrases by their first word."""

    phrases: Mapping[str, Sequence[tuple[tuple[str, ...], str, str]]]

    def at(
        self, words: Sequence[str], i: int, kinds: Iterable[str] = (), before: int = 0
    ) -> Said | None:
        """The longest phrase that begins at a word, and ends before a place if one is given."""
        wanted = frozenset(kinds)
        for phrase, kind, meaning in self.phrases.get(words[i], ()):
            if (wanted and kind not in wanted) or (before and i + len(phrase) >= before):
                continue
            if tuple(words[i : i + len(phrase)]) == phrase:
                return Said(meaning, kind, i, i + len(phrase))
        return None

    def find(self, words: Sequence[str], kinds: Iterable[str] = ()) -> list[Said]:
        """The phrases of a text from left to right, none within another."""
        found: list[Said] = []
        i = 0
        while i < len(words):
            said = self.at(words, i, kinds)
            if said is not None:
                found.append(said)
            i = said.end if said else i + 1
        return found


@cache
def table() -> Mapping[str, Any]:
    """``shared/phrases.toml`` as it stands."""
    return shipped("claims/shared", "phrases")


@cache
def lexicon(whole: bool = False) -> Lexicon:
    """The phrases of symbols and quantities; ``whole``: those of parts, phases and so on."""
    kinds = (
        ("parts", "per", "phases", "assumptions", "quantities")
        if whole
        else (
            "meanings",
            "quantities",
        )
    )
    found: dict[str, set[tuple[tuple[str, ...], str, str]]] = {}
    for kind in kinds:
        for meaning, phrases in table()[kind].items():
            for phrase in phrases:
                words = plain_words(phrase, whole=whole)
                for made in (words, *_turned(words)):
                    if made:
                        found.setdefault(made[0], set()).add((tuple(made), kind, meaning))
    for row in () if whole else table()["owned"]:
        owners = [plain_words(owner) for owner in row["of"]]
        for owner, size in product(owners, map(plain_words, row["sizes"])):
            for made in (owner + size, *_joined(size, owner)):
                found.setdefault(made[0], set()).add((tuple(made), "meanings", row["meaning"]))
    rank = {kind: i for i, kind in enumerate(kinds)}
    return Lexicon(
        {
            first: tuple(sorted(entries, key=lambda e: (-len(e[0]), rank[e[1]], e[2])))
            for first, entries in found.items()
        }
    )


_OWNING = ("of", "with", "has", "have", "whose", "in")


def _joined(size: list[str], owner: list[str]) -> list[list[str]]:
    """``width of mlp``, ``mlp of width``, ``mlp with width``."""
    behind = [[*owner, joint, *size] for joint in _OWNING]
    return [[*size, "of", *owner], [*size, "in", *owner], *behind]


def _turned(words: Sequence[str]) -> list[list[str]]:
    """``hidden size`` also as ``size of hidden`` and ``hidden of size``."""
    if len(words) < 2 or words[-1] not in SIZES or "of" in words:
        return []
    head = list(words[:-1])
    return [[words[-1], "of", *head], [*head, "of", words[-1]]]


@cache
def spellings() -> dict[str, str]:
    """Names that need no evidence -> what they stand for: ``d_model``, ``seq_len``."""
    words = shipped("claims/shared", "words")["words"]
    return {spelling: word for word, several in words.items() for spelling in several}
