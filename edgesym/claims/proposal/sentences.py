"""What sentences say of symbols, by the patterns of ``shared/phrases.toml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from edgesym.claims.proposal.lexicon import SIZES, Said, lexicon, plain_words, table
from edgesym.claims.proposal.passage import Word, quoted
from edgesym.notation.tex.structure import Passage

__all__ = ["UNKNOWN", "Found", "Sentences"]

_FILLERS = 2
#: Words looked back at for what a lone word of size, or "of them", is of.
_BACK = 14
#: The meaning of words that no phrase knows.
UNKNOWN = "?"
#: Number of the mathematics, meaning, score, words.
Found = tuple[int, str, float, str]


@dataclass(frozen=True, slots=True)
class _Pattern:
    form: str
    between: tuple[str, ...]
    score: float
    before: bool
    the: bool
    counted: bool


@cache
def _patterns(before: bool, word: str) -> tuple[_Pattern, ...]:
    """The patterns in which a word stands next to the symbol, and those without words between.

    Of each form the longest come first.
    """
    found: list[_Pattern] = []
    for row in table()["pattern"]:
        if row.get("row") or row.get("list") or row.get("before", False) is not before:
            continue
        flags: dict[str, Any] = {key: row.get(key, False) for key in ("before", "the", "counted")}
        several = sorted(map(_between, row["words"]), key=len, reverse=True)
        found += [
            _Pattern(row["form"], between, row["score"], **flags)
            for between in several
            if not between or between[-1 if before else 0] == word
        ]
    return tuple(found)


def _between(text: str) -> tuple[str, ...]:
    """The words and signs of a pattern."""
    found: list[str] = []
    for piece in text.replace("(", " ( ").replace(",", " , ").replace(":", " : ").split():
        found += [piece] if piece in ("(", ",", ":", "=", "-") else plain_words(piece, whole=True)
        if piece in ("\u2013", "\u2014"):
            found.append("-")
    return tuple(found)


def score_of(key: str) -> float:
    """The score of the pattern that is marked so."""
    return next(float(row["score"]) for row in table()["pattern"] if row.get(key))


@dataclass(frozen=True, slots=True)
class Sentences:
    """The words of a passage, in which symbols stand.

    Attributes:
        passage: the passage.
        words: its words.
        names: number of a piece of mathematics -> the name that it is.
        shown: each piece of mathematics as a quotation shows it.
    """

    passage: Passage
    words: Sequence[Word]
    names: Mapping[int, str]
    shown: Sequence[str]

    @property
    def texts(self) -> list[str]:
        """The words as phrases spell them."""
        return [word.text for word in self.words]

    def quote(self, start: int, end: int) -> str:
        """The words from start to end as the paper has them."""
        last = self.words[min(end, len(self.words)) - 1]
        return quoted(self.passage, self.words[max(0, start)].start, last.end, self.shown)

    def behind(self, i: int, texts: list[str]) -> Iterator[Found]:
        """What stands behind a symbol: ``L is the number of layers``."""
        yield from self._anaphora(i, texts)
        yield from self._apposed(i, texts)
        done: set[str] = set()
        for pattern in _patterns(False, texts[i + 1] if i + 1 < len(texts) else ""):
            j = i + 1 + len(pattern.between)
            if pattern.form in done or tuple(texts[i + 1 : j]) != pattern.between:
                continue
            if j >= len(self.words) or (pattern.the and not self.words[j].the):
                continue
            if pattern.counted:
                yield from self._counted(i, j, texts, pattern.score)
                continue
            done.add(pattern.form)
            said, fillers = self.phrase(j, texts)
            if said is not None:
                score = pattern.score - 1.5 * fillers
                detail = texts[said.end : said.end + 1] in (["per"], ["of"], ["in"])
                yield self._found(i, i, said, score * 0.7 if detail else score, texts)
            elif pattern.score >= 9 and pattern.between[:1] != (":",):
                yield from self._unknown(i, j, pattern.score)

    def before(self, i: int, texts: list[str]) -> Iterator[Found]:
        """What stands before a symbol: ``the hidden size h``."""
        done: set[str] = set()
        for pattern in _patterns(True, texts[i - 1] if i else ""):
            j = i - len(pattern.between)
            if pattern.form in done or j < 1 or tuple(texts[j:i]) != pattern.between:
                continue
            said = _ending(texts, j)
            if said is not None:
                done.add(pattern.form)
                other = table()["counted"]["before"].get(" ".join(texts[said.start : said.end]))
                said = _sized(texts, replace(said, meaning=other) if other else said)
                score = pattern.score - 0.5 * (said.end < j)
                yield self.words[i].math, said.meaning, score, self.quote(said.start, i + 1)

    def phrase(self, j: int, texts: list[str]) -> tuple[Said | None, int]:
        """The phrase that begins at a word, or behind a few that only describe it."""
        for fillers in range(_FILLERS + 1):
            if j >= len(texts) or self.words[j].math >= 0:
                return None, 0
            said = self._at(j, texts)
            if said is not None:
                return said, fillers
            if texts[j] in table()["grammar"]["stops"] or not texts[j][:1].isalnum():
                return None, 0
            j += 1
        return None, 0

    def _at(self, j: int, texts: list[str]) -> Said | None:
        """The phrase that begins at a word; of ``heads of dimension d`` the heads alone."""
        said = lexicon().at(texts, j)
        follows = said and said.end < len(self.words) and self.words[said.end].math >= 0
        if said and follows and "of" in texts[j : said.end]:
            return lexicon().at(texts, j, before=said.end) or said
        return said

    def _found(self, i: int, start: int, said: Said, score: float, texts: list[str]) -> Found:
        said = _sized(texts, said)
        return self.words[i].math, said.meaning, score, self.quote(start, said.end)

    def _unknown(self, i: int, j: int, score: float) -> Iterator[Found]:
        """A clause that says what a symbol is, in words that no phrase knows."""
        end = j
        while end < len(self.words) and end < j + 8 and self.words[end].text.isalnum():
            end += 1
        if end > j:
            yield self.words[i].math, UNKNOWN, score * 0.6, self.quote(i, end)

    def _counted(self, i: int, j: int, texts: list[str], score: float) -> Iterator[Found]:
        """``L layers``; of tokens, those that the words before speak of."""
        said, fillers = self.phrase(j, texts)
        counted = table()["counted"]
        if said is None or said.meaning not in counted["words"] or self.words[j].the:
            return
        last = i > 0 and texts[i - 1] in ("last", "recent", "previous")
        if last and said.meaning in counted["last"]:
            said = replace(said, meaning=counted["last"][said.meaning])
        if texts[j : said.end] == ["token"]:
            owner = _owner(texts, "token", i, said.end + 7)
            said = replace(said, meaning=owner or said.meaning)
        if " ".join(texts[j : said.end]) in counted["weak"] and said.meaning in counted["vague"]:
            score /= 2
        yield self._found(i, i, said, score - 1.5 * fillers, texts)

    def _anaphora(self, i: int, texts: list[str]) -> Iterator[Found]:
        """``there are H of them``, of what was counted last."""
        if texts[i + 1 : i + 3] != ["of", "them"]:
            return
        stops, counted = table()["grammar"]["stops"], table()["counted"]
        near = (k for k in range(max(0, i - _BACK), i) if texts[k])
        spoken = [
            said
            for k in near
            if (not k or texts[k - 1] not in stops) and (said := self._at(k, texts))
            if said.end <= i and said.meaning in counted["them"]
        ]
        if spoken:
            meaning = counted["of"].get(spoken[-1].meaning, spoken[-1].meaning)
            yield self.words[i].math, meaning, score_of("list") / 2, self.quote(i - 5, i + 3)

    def _apposed(self, i: int, texts: list[str]) -> Iterator[Found]:
        """``the number m of heads``, ``the size c of the context``, ``k of E experts``."""
        if texts[i + 1 : i + 2] != ["of"] or i + 2 >= len(self.words):
            return
        sizes, counts = SIZES, table()["grammar"]["counts"]
        if i and texts[i - 1] in (*sizes, *counts):
            own = [texts[i - 1], "of"] if texts[i - 1] in sizes else []
            said = lexicon().at([*own, *texts[i + 2 : i + 9]], 0)
            if said:
                yield self.words[i].math, said.meaning, score_of("list"), self.quote(i - 1, i + 4)
        if self.words[i + 2].math >= 0 and i + 3 < len(self.words):
            said = self._at(i + 3, texts)
            part = table()["counted"]["of"].get(said.meaning) if said else None
            if said and part:
                said = replace(said, meaning=part)
                yield self._found(i, i, said, score_of("list"), texts)


def _ending(texts: list[str], end: int) -> Said | None:
    """The longest phrase that ends before a place; ``of the model`` may stand behind it."""
    if end > 2 and texts[end - 2] in ("of", "in"):
        behind = texts[end - 1] in ("model", "network", "byte")
        found = _ending(texts, end - 2) if behind else None
        if found is not None:
            return found
    for start in range(max(0, end - 8), end):
        said = lexicon().at(texts, start)
        if said is not None and said.end == end:
            return said
    return None


def _owner(texts: list[str], of: str, start: int, end: int = 0) -> str:
    """What the nearest telling word before a place is of, or behind it up to an end."""
    owners = table()["owners"][of]
    for way in (reversed(texts[max(0, start - 12) : start]), texts[start:end]):
        for text in way:
            if text in (".", ";"):
                break
            if text in owners:
                return str(owners[text])
    return ""


def _sized(texts: list[str], said: Said) -> Said:
    """A lone word of size or rate by what it is of, or else what it is of most often."""
    if not said.meaning.startswith("@"):
        return said
    kind = said.meaning[1:]
    end = said.end + 4 if texts[said.end : said.end + 1] == ["of"] else 0
    found = _owner(texts, kind, said.start, end) or table()["owners"]["default"][kind]
    return replace(said, meaning=found)
