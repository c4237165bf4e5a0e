"""What a paper says of its symbols: in tables of notation, in lists and in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from edgesym.claims.proposal.lexicon import Said, lexicon, plain_words, table
from edgesym.claims.proposal.passage import Word, quoted, words_of
from edgesym.notation.tex import Paper
from edgesym.notation.tex.structure import Passage

__all__ = ["Evidence", "evidence_of"]

#: Words that end what a phrase may be preceded by: behind them something else is spoken of.
_STOPS = frozenset(
    "of per in for with by to and or on at from is are be that which where when if over".split()
)
_ARE = frozenset("are denote be represent is denoting being stand".split())
_FILLERS = 2
_UNKNOWN = "?"


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


@dataclass(frozen=True, slots=True)
class _Pattern:
    words: tuple[tuple[str, ...], ...]
    score: float
    before: bool
    the: bool
    counted: bool


@cache
def _patterns() -> tuple[_Pattern, ...]:
    found = []
    for row in table()["pattern"]:
        if row.get("row") or row.get("list"):
            continue
        several = tuple(_between(words) for words in row["words"])
        flags: dict[str, Any] = {key: row.get(key, False) for key in ("before", "the", "counted")}
        found.append(_Pattern(tuple(sorted(several, key=len, reverse=True)), row["score"], **flags))
    return tuple(found)


def _score(key: str) -> float:
    return next(float(row["score"]) for row in table()["pattern"] if row.get(key))


def _between(text: str) -> tuple[str, ...]:
    """The words and signs of a pattern."""
    found: list[str] = []
    for piece in text.replace("(", " ( ").replace(",", " , ").replace(":", " : ").split():
        found += [piece] if piece in ("(", ",", ":", "=", "-") else plain_words(piece, whole=True)
        if piece in ("\u2013", "\u2014"):
            found.append("-")
    return tuple(found)


def evidence_of(paper: Paper, names: Mapping[int, str], shown: Sequence[str]) -> list[Evidence]:
    """All that a paper says of its symbols.

    Args:
        paper: the source.
        names: number of a piece of mathematics -> the name that it is.
        shown: each piece of mathematics as a quotation shows it.
    """
    found: list[Evidence] = []
    for passage in paper.passages:
        for said in _of_passage(passage, names, shown):
            at = paper.mathematics[said[0]].at
            found.append(Evidence(names[said[0]], said[1], said[2], said[3], at))
    return found


_Found = tuple[int, str, float, str]


def _of_passage(
    passage: Passage, names: Mapping[int, str], shown: Sequence[str]
) -> Iterator[_Found]:
    words = words_of(passage)
    texts = [word.text for word in words]
    if passage.kind == "row":
        yield from _row(passage, words, texts, names, shown)
        return
    listed = set()
    for made in _lists(passage, words, texts, names, shown):
        listed.add(made[0])
        yield made
    for i, word in enumerate(words):
        if word.math in names:
            if word.math not in listed:
                yield from _behind(passage, words, texts, i, shown)
            yield from _before(passage, words, texts, i, shown)


def _behind(
    passage: Passage, words: list[Word], texts: list[str], i: int, shown: Sequence[str]
) -> Iterator[_Found]:
    """What stands behind a symbol: ``L is the number of layers``."""
    if i + 3 < len(words) and texts[i + 1] == "of" and words[i + 2].math >= 0:
        said = _at(words, texts, i + 3)
        part = table()["counted"]["of"].get(said.meaning) if said else None
        if said and part:
            said = replace(said, meaning=part)
            yield _made(passage, words, i, said.end, said, _score("list"), shown)
    for pattern in _patterns():
        if pattern.before:
            continue
        for between in pattern.words:
            j = i + 1 + len(between)
            if tuple(texts[i + 1 : j]) != between or j >= len(words):
                continue
            if pattern.the and not words[j].the:
                continue
            if pattern.counted:
                said = _at(words, texts, j)
                counted = table()["counted"]
                if said and said.meaning in counted["words"] and not words[j].the:
                    last = i > 0 and texts[i - 1] in ("last", "recent", "previous")
                    if last and said.meaning in counted["last"]:
                        said = replace(said, meaning=counted["last"][said.meaning])
                    if texts[j : said.end] == ["token"] and _trained(texts, i, said.end):
                        said = replace(said, meaning="training_tokens")
                    said_so = " ".join(texts[j : said.end])
                    weak = said_so in counted["weak"] and said.meaning != "training_tokens"
                    score = pattern.score / 2 if weak else pattern.score
                    yield _made(passage, words, i, said.end, said, score, shown)
                continue
            said, fillers = _phrase(words, texts, j)
            if said is None:
                if pattern.score >= 9 and between and between[0] != ":":
                    end = _clause(words, j)
                    if end > j and words[j].math < 0:
                        quote = quoted(passage, words[i].start, words[end - 1].end, shown)
                        yield words[i].math, _UNKNOWN, pattern.score * 0.6, quote
                break
            score = pattern.score - 1.5 * fillers
            if said.end < len(texts) and texts[said.end] in ("per", "of", "in"):
                score *= 0.7
            yield _made(passage, words, i, said.end, said, score, shown)
            break


def _trained(texts: list[str], start: int, end: int) -> bool:
    """Whether tokens are those of a training: ``trained on D tokens``."""
    near = [*texts[max(0, start - 4) : start], *texts[end : end + 7]]
    stop = next((i for i, text in enumerate(near) if text in (".", ";")), len(near))
    return any(text in ("training", "trained", "train") for text in near[: max(stop, 4)])


def _phrase(words: list[Word], texts: list[str], j: int) -> tuple[Said | None, int]:
    """The phrase that begins at a word, or behind a few that only describe it."""
    for fillers in range(_FILLERS + 1):
        if j >= len(texts) or words[j].math >= 0:
            return None, 0
        said = _at(words, texts, j)
        if said is not None:
            return said, fillers
        if texts[j] in _STOPS or not texts[j][:1].isalnum():
            return None, 0
        j += 1
    return None, 0


def _at(words: list[Word], texts: list[str], j: int) -> Said | None:
    """The phrase that begins at a word; of ``heads of dimension d`` the heads alone."""
    said = lexicon().at(texts, j)
    if said and said.end < len(words) and words[said.end].math >= 0 and "of" in texts[j : said.end]:
        return lexicon().at(texts, j, before=said.end) or said
    return said


def _before(
    passage: Passage, words: list[Word], texts: list[str], i: int, shown: Sequence[str]
) -> Iterator[_Found]:
    """What stands before a symbol: ``the hidden size h``."""
    for pattern in _patterns():
        if not pattern.before:
            continue
        for between in pattern.words:
            j = i - len(between)
            if j < 1 or tuple(texts[j:i]) != between:
                continue
            said = _ending(texts, j)
            if said is not None:
                other = table()["counted"]["before"].get(" ".join(texts[said.start : said.end]))
                said = replace(said, meaning=other) if other else said
                quote = quoted(passage, words[said.start].start, words[i].end, shown)
                score = pattern.score - 0.5 * (said.end < j)
                yield words[i].math, said.meaning, score, quote
                break


def _ending(texts: list[str], end: int) -> Said | None:
    """The longest phrase that ends before a place; ``of the model`` may stand behind it."""
    if end > 2 and texts[end - 2] in ("of", "in") and texts[end - 1] in ("model", "network", "byte"):
        found = _ending(texts, end - 2)
        if found is not None:
            return found
    for start in range(max(0, end - 8), end):
        said = lexicon().at(texts, start)
        if said is not None and said.end == end:
            return said
    return None


def _made(
    passage: Passage,
    words: list[Word],
    i: int,
    end: int,
    said: Said,
    score: float,
    shown: Sequence[str],
) -> _Found:
    quote = quoted(passage, words[i].start, words[end - 1].end, shown)
    return words[i].math, said.meaning, score, quote


def _clause(words: list[Word], j: int) -> int:
    """Where a clause ends: at a sign, at mathematics, or after eight words."""
    end = j
    while end < len(words) and end < j + 8 and words[end].math < 0 and words[end].text.isalnum():
        end += 1
    return end


def _row(
    passage: Passage,
    words: list[Word],
    texts: list[str],
    names: Mapping[int, str],
    shown: Sequence[str],
) -> Iterator[_Found]:
    """A row of a table: one cell is a symbol, another says what it is."""
    cells: list[list[int]] = [[]]
    for i, word in enumerate(words):
        if word.text == "\t":
            cells.append([])
        else:
            cells[-1].append(i)
    symbols = [
        cell
        for cell in cells
        if cell and all(words[i].math in names or texts[i] in (",", "(", ")") for i in cell)
    ]
    spoken = [cell for cell in cells if cell not in symbols and any(texts[i].isalpha() for i in cell)]
    if len(symbols) != 1 or not spoken:
        return
    (cell,) = symbols
    named = [i for i in cell if words[i].math in names]
    for told in spoken:
        said = next(
            (s for i in told[:4] if (s := lexicon().at(texts, i)) and s.end <= told[-1] + 1), None
        )
        if said or told is spoken[-1]:
            quote = quoted(passage, words[told[0]].start, words[told[-1]].end, shown)
            quote = f"{', '.join(shown[words[i].math] for i in named)} | {quote}"
            meaning = said.meaning if said else _UNKNOWN
            meanings = [meaning]
            if len(named) > 1:
                several = [s.meaning for s in lexicon().find(texts[told[0] : told[-1] + 1])]
                meanings = several if len(several) == len(named) else meanings
            for i, one in zip(named, meanings * len(named), strict=False):
                yield words[i].math, one, _score("row"), quote
            return


def _lists(
    passage: Passage,
    words: list[Word],
    texts: list[str],
    names: Mapping[int, str],
    shown: Sequence[str],
) -> Iterator[_Found]:
    """``L, h and s are the number of layers, the hidden size and the sequence length``."""
    i = 0
    while i < len(words):
        symbols, j = _run(words, texts, i, names)
        if len(symbols) < 2 or j >= len(words) or texts[j] not in _ARE:
            i = max(j, i + 1) if symbols else i + 1
            continue
        j += 1 + (texts[j] == "stand")
        while j < len(words) and texts[j] in (",", ":", "for"):
            j += 1
        meanings: list[str] = []
        end = j
        while end < len(words) and len(meanings) < len(symbols):
            said, _ = _phrase(words, texts, end)
            if said is None:
                break
            meanings.append(said.meaning)
            end = said.end
            if len(meanings) == len(symbols):
                break
            while end < len(words) and words[end].math < 0 and texts[end] not in (",", "and", "."):
                end += 1
            while end < len(words) and texts[end] in (",", "and"):
                end += 1
        if len(meanings) == len(symbols):
            quote = quoted(passage, words[i].start, words[min(end, len(words)) - 1].end, shown)
            for place, meaning in zip(symbols, meanings, strict=True):
                yield words[place].math, meaning, _score("list"), quote
        elif len(meanings) == 1 and len(symbols) == 2 and end < len(words):
            pass  # of two symbols one thing is said: which of them it is of is not clear
        i = j


def _run(
    words: list[Word], texts: list[str], i: int, names: Mapping[int, str]
) -> tuple[list[int], int]:
    """Symbols one behind the other, parted by commas and "and", and where they end."""
    found: list[int] = []
    while i < len(words):
        if words[i].math in names:
            found.append(i)
        elif not found or texts[i] not in (",", "and"):
            break
        i += 1
    return found, i
