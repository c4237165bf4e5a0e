"""A passage of a paper as words, names and signs, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edgesym.claims.proposal.lexicon import kept, plain_words
from edgesym.notation.tex.structure import Passage

__all__ = ["Word", "quoted", "words_of"]

_PIECE = re.compile(
    r"\u27e6(?P<math>[0-9]+)\u27e7|(?P<word>[A-Za-z0-9\u2019']+(?:/[A-Za-z]+)*(?:\^T)?)"
    r"|(?P<sign>[,.;:()=\t\u2013\u2014]|(?<= )-+(?= ))"
)
_LONGEST = 70


class Word(NamedTuple):
    """A word as phrases spell it, a sign, or mathematics by its number.

    ``the`` says whether an article or a counting word stood before; ``start`` and ``end`` are its
    place in the text of the passage.
    """

    text: str
    start: int
    end: int
    math: int = -1
    the: bool = False


def words_of(passage: Passage, *, whole: bool = False) -> list[Word]:
    """The words of a passage; without articles and counting words unless ``whole``."""
    found: list[Word] = []
    for match in _PIECE.finditer(passage.text):
        start, end = match.span()
        if match["math"]:
            found.append(Word("", start, end, math=int(match["math"])))
        elif match["sign"]:
            sign = "-" if match["sign"] in "\u2013\u2014" or "-" in match["sign"] else match["sign"]
            found.append(Word(sign, start, end))
        else:
            found += (Word(word, start, end) for word in plain_words(match[0], whole=True))
    if whole:
        return found
    stay = set(kept([word.text for word in found]))
    left: list[Word] = []
    dropped = False
    for i, word in enumerate(found):
        if i not in stay and word.math < 0:
            dropped = True
            continue
        left.append(word._replace(the=True) if dropped else word)
        dropped = False
    return left


def quoted(passage: Passage, start: int, end: int, shown: Mapping[int, str] | Sequence[str]) -> str:
    """The words from start to end as a person reads them, shortened in the middle."""
    text = re.sub(r"\u27e6([0-9]+)\u27e7", lambda m: shown[int(m[1])], passage.text[start:end])
    text = re.sub(r" ([,.;:)])", r"\1", " ".join(text.split())).lstrip(",.;:) ")
    if len(text) > _LONGEST:
        half = (_LONGEST - 5) // 2
        text = f"{text[:half].rstrip()} ... {text[-half:].lstrip()}"
    return text
