"""What a paper says of its symbols: in tables of notation, in lists and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edgesym.claims.proposal.lexicon import lexicon, table
from edgesym.claims.proposal.passage import words_of
from edgesym.claims.proposal.sentences import UNKNOWN, Found, Sentences, score_of
from edgesym.notation.tex import Paper
from edgesym.notation.tex.structure import MATH

__all__ = ["Evidence", "evidence_of"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place where a paper says what a symbol is.

    Attributes:
        name: the symbol, as names are spelled.
        meaning: a formula over words, a quantity, or ``?`` where the words are not known.
        score: how much it weighs.
        words: what is said there, shortened.
        at: the place in the source.
    """

    name: str
    meaning: str
    score: float
    words: str
    at: int


def evidence_of(paper: Paper, names: Mapping[int, str], shown: Sequence[str]) -> list[Evidence]:
    """All that a paper says of its symbols.

    Args:
        paper: the source.
        names: number of a piece of mathematics -> the name that it is.
        shown: each piece of mathematics as a quotation shows it.
    """
    found: list[Evidence] = []
    for passage in paper.passages:
        if MATH[0] not in passage.text:
            continue
        said = Sentences(passage, words_of(passage), names, shown)
        for number, meaning, score, words in _of(said):
            at = paper.mathematics[number].at
            found.append(Evidence(names[number], meaning, score, words, at))
    return found


def _of(said: Sentences) -> Iterator[Found]:
    texts = said.texts
    if said.passage.kind == "row":
        yield from _row(said, texts)
        return
    listed = set()
    for made in _lists(said, texts):
        listed.add(made[0])
        yield made
    for i, word in enumerate(said.words):
        if word.math in said.names:
            if word.math not in listed:
                yield from said.behind(i, texts)
            yield from said.before(i, texts)


def _row(said: Sentences, texts: list[str]) -> Iterator[Found]:
    """A row of a table: one cell is a symbol, another says what it is."""
    words, names = said.words, said.names
    cells: list[list[int]] = [[]]
    for i, text in enumerate(texts):
        if text == "\t":
            cells.append([])
        else:
            cells[-1].append(i)
    symbols = [
        cell
        for cell in cells
        if cell and all(words[i].math in names or texts[i] in (",", "(", ")") for i in cell)
    ]
    told = [cell for cell in cells if cell not in symbols and any(texts[i].isalpha() for i in cell)]
    if len(symbols) != 1:
        return
    named = [i for i in symbols[0] if words[i].math in names]
    for cell in told:
        inside = [s for s in lexicon().find(texts[cell[0] : cell[-1] + 1]) if s.start < 4]
        if inside or cell is told[-1]:
            first = ", ".join(said.shown[words[i].math] for i in named)
            quote = f"{first} | {said.quote(cell[0], cell[-1] + 1)}"
            meanings = [inside[0].meaning if inside else UNKNOWN] * len(named)
            several = [s.meaning for s in lexicon().find(texts[cell[0] : cell[-1] + 1])]
            meanings = several if 1 < len(named) == len(several) else meanings
            for i, meaning in zip(named, meanings, strict=True):
                yield words[i].math, meaning, score_of("row"), quote
            return


def _lists(said: Sentences, texts: list[str]) -> Iterator[Found]:
    """``L, h and s are the number of layers, the hidden size and the sequence length``."""
    words, i = said.words, 0
    while i < len(words):
        symbols, j = _run(said, texts, i)
        if len(symbols) < 2 or j >= len(words) or texts[j] not in table()["grammar"]["are"]:
            i = max(j, i + 1) if symbols else i + 1
            continue
        j += 1 + (texts[j] == "stand")
        while j < len(words) and texts[j] in (",", ":", "for"):
            j += 1
        meanings, end = _meanings(said, texts, j, len(symbols))
        if len(meanings) == len(symbols):
            for place, meaning in zip(symbols, meanings, strict=True):
                yield words[place].math, meaning, score_of("list"), said.quote(i, end + 1)
        i = j


def _meanings(said: Sentences, texts: list[str], j: int, count: int) -> tuple[list[str], int]:
    """As many meanings, parted by commas and "and", and where they end."""
    words = said.words
    found: list[str] = []
    while j < len(words):
        phrase, _ = said.phrase(j, texts)
        if phrase is None:
            break
        found.append(phrase.meaning)
        j = phrase.end
        if len(found) == count:
            break
        while j < len(words) and words[j].math < 0 and texts[j] not in (",", "and", "."):
            j += 1
        while j < len(words) and texts[j] in (",", "and"):
            j += 1
    return found, j


def _run(said: Sentences, texts: list[str], i: int) -> tuple[list[int], int]:
    """Symbols one behind the other, parted by commas and "and", and where they end."""
    found: list[int] = []
    while i < len(texts):
        if said.words[i].math in said.names:
            found.append(i)
        elif not found or texts[i] not in (",", "and"):
            break
        i += 1
    return found, i
