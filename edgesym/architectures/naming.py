"""Which model card a label names: spellings differ, what they are made of does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from edgesym.data import shipped, stems

__all__ = ["Named", "called_card", "cards", "format_in", "named_card", "words_of"]

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
#: A point between digits that somebody wrote as a line (phi-1_5), and what is said in brackets.
_POINT = re.compile(r"(?<=\d)_(?=\d)")
_BRACKETS = re.compile(r"\([^()]*\)")
#: What the size of a model ends in; a name without one is of no use inside of another.
_SIZES = ("b", "m")


@cache
def cards() -> dict[str, dict[str, Any]]:
    """The model cards that edgesym ships, by name."""
    return {stem: shipped("architectures/cards", stem) for stem in stems("architectures/cards")}


@dataclass(frozen=True, slots=True)
class Named:
    """The card that a label names.

    Attributes:
        card: its name.
        exact: whether the label is a name of the card, and not of a model that was tuned from it.
    """

    card: str
    exact: bool


@cache
def words_of(label: str) -> tuple[str, ...]:
    """What a label is made of: words and numbers without publisher, tuning, date and format.

    >>> words_of("meta-llama/Llama-3.2-1B-Instruct-Q4_K_M.gguf") == words_of("llama3.2:1b")
    True
    """
    text = _told()["format"].sub(" ", label.lower().rpartition("/")[2])
    found = _WORD.findall(_told()["other"].sub(" ", text))
    return tuple(_plain(word) for word in found if word not in _table()["without"])


def format_in(label: str) -> str:
    """The format of weights that a label says, in lower case; empty where it says none.

    >>> format_in("Llama-3.1-8B-Instruct-Q4_K_M"), format_in("llama3.1:8b")
    ('q4_k_m', '')
    """
    found = _told()["format"].search(label.lower().rpartition("/")[2])
    return found[0] if found else ""


def _plain(word: str) -> str:
    """A number as it is written shortest: 1.0 is 1."""
    return f"{float(word):g}" if word[0].isdigit() else word


@cache
def named_card(label: str) -> Named | None:
    """The card of a label; of a tuned model, that of the one whose name its own contains.

    Looked for in turn: the label's words, those without what tuning adds (``coder``, ``vl``),
    those without what is in brackets, with ``1_5`` as 1.5, and the longest name of a card with a
    size in it that stands within the label.

    >>> named_card("Qwen2.5-Coder-7B-Instruct"), named_card("shisa-v2-llama3.1-8b.i1-Q4_K_M").exact
    (Named(card='qwen2.5-7b', exact=True), False)
    """
    words, *others = (words_of(each) for each in _spelled(label))
    tuned = tuple(word for word in words if word not in _table()["tuned"])
    for each in (words, tuned, *others):
        if each in _cards():
            return Named(_cards()[each], True)
    within = [
        part
        for start in range(len(words))
        for end in range(start + 2, len(words) + 1)
        if (part := words[start:end]) in _cards() and part[-1] in _SIZES
    ]
    return Named(_cards()[max(within, key=len)], False) if within else None


def called_card(name: str) -> Named | None:
    """The card that is meant by a name as people type it, with what tuning and format add or not.

    >>> called_card("llama3.1:8b")
    Named(card='llama-3.1-8b', exact=True)
    >>> called_card("meta-llama/Llama-3.1-8B-Instruct").exact, called_card("qwen2.5-coder-7b")
    (False, None)

    Args:
        name: a tag (``llama3.1:8b``), a repository or a spelling of a card's name.

    Returns:
        The card whose name is made of the same words; exact where nothing was passed over. None
        where no card's is: of ``vl`` and ``coder`` it is not known what they change.
    """
    stem = _cards().get(words_of(name))
    return None if stem is None else Named(stem, _all_words(name) in _every_word(stem))


def _all_words(name: str) -> tuple[str, ...]:
    return tuple(_plain(word) for word in _WORD.findall(name.lower().rpartition("/")[2]))


@cache
def _every_word(stem: str) -> tuple[tuple[str, ...], ...]:
    return tuple(_all_words(name) for name in (stem, *_called(cards()[stem])))


def _spelled(label: str) -> tuple[str, ...]:
    """A label as it stands, without what is in brackets, and with points where lines stand."""
    bare = _BRACKETS.sub(" ", label)
    return label, bare, _POINT.sub(".", _told()["format"].sub(" ", bare.lower()))


@cache
def _cards() -> dict[tuple[str, ...], str]:
    """The card of what each of its names is made of; the name of its file comes first."""
    found: dict[tuple[str, ...], str] = {}
    every = cards()
    named: Iterable[tuple[str, str]] = (
        *((stem, stem) for stem in every),
        *((name, stem) for stem, card in every.items() for name in _called(card)),
    )
    for name, stem in named:
        found.setdefault(words_of(name), stem)
    return found


def _called(card: Mapping[str, Any]) -> tuple[str, ...]:
    return (*card.get("aliases", ()), card["hugging_face"])


@cache
def _table() -> Mapping[str, Any]:
    return shipped("architectures", "names")


@cache
def _told() -> dict[str, re.Pattern[str]]:
    return {each: re.compile(_table()[each]) for each in ("format", "other")}
