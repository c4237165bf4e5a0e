r"""From source text to tokens, each with its place; comments and verbatim text are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edgesym.notation.tex.environments import VERBATIM

__all__ = ["Token", "blank", "printed", "tokens_of"]

_TOKEN = re.compile(
    r"\\(?P<command>[A-Za-z@]+\*?|.)[ \t]*"
    r"|(?P<comment>%[^\n]*(?:\n[ \t]*)?)"
    r"|(?P<space>\s+)"
    r"|(?P<param>#+[0-9]?)"
    r"|(?P<math>\$\$?)"
    r"|(?P<word>[A-Za-z]+|[0-9]+)"
    r"|(?P<sign>.)",
    re.DOTALL,
)
_BEGIN = re.compile(r"\s*\{([A-Za-z]+\*?)\}")
#: Commands whose star is a part of the name; elsewhere it is a sign.
_STARRED = frozenset(
    (
        *("operatorname", "tag", "newcommand", "renewcommand", "providecommand"),
        *("DeclareMathOperator", "section", "subsection", "subsubsection", "paragraph"),
        *("chapter", "newenvironment", "renewenvironment", "hspace", "vspace"),
    )
)


class Token(NamedTuple):
    """A token of the source.

    ``kind`` is command (``text`` without its backslash), word, sign, space, math (``$`` or
    ``$$``), param (``#1``), or broken: a use that could not be expanded, ``text`` says why.
    ``at`` counts characters over all files; ``via`` is the chain of macros it came out of.
    """

    kind: str
    text: str
    at: int
    via: tuple[str, object] | None = None

    def opens(self) -> bool:
        """Whether it opens a group."""
        return self.kind == "sign" and self.text == "{"

    def closes(self) -> bool:
        """Whether it closes a group."""
        return self.kind == "sign" and self.text == "}"

    def is_command(self, *names: str) -> bool:
        """Whether it is one of these commands."""
        return self.kind == "command" and self.text in names


def blank(token: Token) -> bool:
    """Whether it is space, no new paragraph."""
    return token.kind == "space"


def tokens_of(text: str, base: int = 0) -> Iterator[Token]:
    r"""The tokens of a text whose first character stands at ``base``.

    >>> [token.text for token in tokens_of(r"a % no" "\n" r"\b{c_1}")]
    ['a', ' ', 'b', '{', 'c', '_', '1', '}']
    """
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # a backslash at the very end
            return
        kind, start, at = str(match.lastgroup), at, match.end()
        read = match[kind]
        if kind == "comment":
            continue
        if kind == "command":
            if read[-1:] == "*" and len(read) > 1 and read[:-1] not in _STARRED:
                read, at = read[:-1], start + len(read)
            if read in ("verb", "lstinline") and at < len(text):
                ends = text.find(text[at], at + 1)
                at = ends + 1 if ends >= 0 else len(text)
                continue
            if read == "begin":
                name = _BEGIN.match(text, at)
                if name and name[1] in VERBATIM:
                    ends = text.find(f"\\end{{{name[1]}}}", at)
                    at = ends + len(name[1]) + 6 if ends >= 0 else len(text)
                    continue
            if read == "iffalse":
                at = _skipped(text, at)
                continue
        yield Token(kind, read, base + start)


_CONDITION = re.compile(r"\\(if[a-z]*|fi)(?![A-Za-z])")


def _skipped(text: str, at: int) -> int:
    r"""Where what ``\iffalse`` leaves out ends."""
    depth = 1
    for match in _CONDITION.finditer(text, at):
        depth += -1 if match[1] == "fi" else 1
        if not depth:
            return match.end()
    return len(text)


def printed(tokens: Iterable[Token]) -> tuple[str, list[int]]:
    r"""Tokens as LaTeX again, and of each character the place in the source.

    >>> printed(tokens_of(r"\alpha   x"))[0]
    '\\alpha x'
    """
    parts: list[str] = []
    places: list[int] = []
    before = ""
    for token in tokens:
        text = token.text
        if token.kind == "command":
            text = "\\" + text
        elif token.kind == "space":
            if before == " ":
                continue
            text = " "
        elif before[:1] == "\\" and before[-1].isalpha() and text[0].isalpha():
            text = " " + text
        parts.append(text)
        places += [token.at] * len(text)
        before = text
    return "".join(parts), places
