"""From text to pieces: letters, numbers, commands, upright text, signs.

Nothing is decided here about what is a name; see :mod:`edgesym.notation.names`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgesym.notation.errors import NotationError
from edgesym.notation.vocabulary import (
    AROUND,
    BARS,
    DROPPED_WITH_GROUP,
    FONTS,
    FRACTIONS,
    FUNCTIONS,
    GREEK,
    GREEK_LETTERS,
    SPACES,
)

__all__ = ["Piece", "scan"]

_LONGEST = 16_000
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text: what it is, how it reads, where it stands.

    ``kind`` is letter, number, text, command or sign; ``gap`` says whether space comes before.
    """

    kind: str
    text: str
    start: int
    end: int
    gap: bool = False

    def is_sign(self, *signs: str) -> bool:
        """Whether this is one of these signs."""
        return self.kind == "sign" and self.text in signs


_LETTERS = "".join(GREEK_LETTERS)
_GROUPED = r"[0-9]{{1,3}}(?:(?:{0})[0-9]{{3}})+(?![0-9])"
_THIN = r"\{,\}|\\,|\\!,|_"


def _pattern(comma: str, blank: str) -> re.Pattern[str]:
    whole = _GROUPED.format(comma)
    return re.compile(
        rf"(?P<space>{blank})|(?P<command>\\(?:operatorname\*|[A-Za-z]+|.))"
        rf"|(?P<number>(?:(?:{whole}|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)(?P<power>[eE][+-]?[0-9]+)?)"
        rf"|(?P<letter>[A-Za-z{_LETTERS}])|(?P<raised>[²³])|(?P<sign>\*\*|:=|==|<=|>=|.)",
        re.DOTALL,
    )


#: By (LaTeX or not, within the arguments of a function or not).
_PATTERNS = {
    (latex, listed): _pattern(
        _THIN if listed else _THIN + "|,", r"\s+|~|%[^\n]*" if latex else r"\s+|~"
    )
    for latex in (True, False)
    for listed in (True, False)
}


def scan(text: str, *, latex: bool = True, powers: bool = True) -> list[Piece]:
    r"""The pieces of an equation; spacing, sizes, labels and alignment marks are left out.

    ``powers`` says whether ``2e3`` is a number, which it is not where e3 is declared.

    >>> [piece.text for piece in scan(r"2\cdot 1{,}024\,d_{\text{model}} \label{a}")]
    ['2', 'cdot', '1024', 'd', '_', '{', 'model', '}']

    Raises:
        NotationError: longer than 16,000 characters or 10,000 pieces; an unclosed group.
    """
    if len(text) > _LONGEST:
        raise NotationError(f"equation of {len(text)} characters; {_LONGEST} at most")
    scanner = _Scanner(text, latex, powers)
    while scanner.at < len(text):
        scanner.step()
        if len(scanner.pieces) > _MOST:
            raise NotationError(f"equation of more than {_MOST} pieces")
    return scanner.pieces


class _Scanner:
    """Where the scan stands."""

    def __init__(self, text: str, latex: bool, powers: bool) -> None:
        self.text, self.latex, self.powers = text, latex, powers
        self.at, self.gap = 0, False
        self.pieces: list[Piece] = []
        self.listed = [False]

    def step(self) -> None:
        match = _PATTERNS[self.latex, self.listed[-1]].match(self.text, self.at)
        if match is None:
            raise NotationError("cannot be read", self.text, self.at, self.text[self.at])
        kind, read = match.lastgroup, match.group()
        start, self.at = self.at, match.end()
        if kind == "space" or (kind == "sign" and read == "&"):
            self.gap = True
        elif kind == "command":
            self._command(read[1:], start)
        elif match["number"] is not None:
            self._number(match, start)
        elif kind == "letter":
            self._add("letter", GREEK_LETTERS.get(read, read), start)
        elif kind == "raised":
            for sign in ("^", "{", "²³".index(read) + 2, "}"):
                self._add("number" if isinstance(sign, int) else "sign", str(sign), start)
        else:
            self._sign(read, start)

    def _add(self, kind: str, text: str, start: int) -> None:
        self.pieces.append(Piece(kind, text, start, self.at, self.gap))
        self.gap = False

    def _number(self, match: re.Match[str], start: int) -> None:
        read = match["number"]
        if self.latex and self._fraction() and read[0].isdigit():
            self.at = start + 1
            self._add("number", read[0], start)
            return
        script = self.latex and self.pieces and self.pieces[-1].is_sign("^", "_")
        if script and len(read) > 1:
            sign = self.pieces[-1].text
            raise NotationError(
                f"{read!r} after {sign!r}: write {sign}{{{read}}}", self.text, start, read
            )
        if match["power"] and not self.powers:
            self.at -= len(match["power"])
            read = read[: -len(match["power"])]
        self._add("number", re.sub(r"\\,|\\!|[{},_]", "", read), start)

    def _fraction(self) -> bool:
        r"""Whether a digit alone is the next argument of a fraction, as in ``\frac12``."""
        last = self.pieces[-2:]
        if last and last[-1].kind == "command" and last[-1].text in FRACTIONS:
            return True
        after = len(last) == 2 and last[0].kind == "command" and last[0].text in FRACTIONS
        return after and last[1].kind in ("letter", "number")

    def _sign(self, read: str, start: int) -> None:
        if read in "([":
            self.listed.append(self.listed[-1] or self._after_function())
        elif read in ")]" and len(self.listed) > 1:
            self.listed.pop()
        self._add("sign", read, start)

    def _after_function(self) -> bool:
        last = ""
        for piece in reversed(self.pieces[-8:]):
            if piece.kind == "command":
                return piece.text in FUNCTIONS
            if piece.kind != "letter":
                break
            last = piece.text + last
        return any(last.endswith(word) for word in FUNCTIONS)

    def _command(self, name: str, start: int) -> None:
        if name in FONTS:
            self._add("text", self._group(start, required=True), start)
        elif name in DROPPED_WITH_GROUP:
            group = self._group(start, required=False)
            if name == "begin" and group not in AROUND:
                raise NotationError(
                    f"environment {group!r} is not read",
                    self.text,
                    start,
                    self.text[start : self.at],
                )
            self.gap = True
        elif name in BARS:
            self._add("sign", "|", start)
        elif name in ("left", "right") and self.text[self.at : self.at + 1] == ".":
            self.at += 1
        elif name == "\\" or name in SPACES:
            spread = name not in ("left", "right", "!") and not name.lower().startswith("big")
            self.gap = self.gap or spread
        elif name in GREEK:
            self._add("letter", name, start)
        elif name in ("{", "}", "lbrace", "rbrace"):
            closing = name in ("}", "rbrace")
            if closing and len(self.listed) > 1:
                self.listed.pop()
            elif not closing:
                self.listed.append(self.listed[-1] or self._after_function())
            self._add("sign", "\\" + name, start)
        elif name == "%":
            self._add("sign", "%", start)
        else:
            self._add("command", name, start)

    def _group(self, start: int, *, required: bool) -> str:
        """What stands in the braces that follow, or the one letter that follows."""
        text, at = self.text, self.at
        while at < len(text) and text[at].isspace():
            at += 1
        if text[at : at + 1] != "{":
            if required:
                if not text[at : at + 1].isalpha():
                    raise NotationError("a name is missing", text, start, text[start : self.at])
                self.at = at + 1
                return text[at]
            return ""
        depth, first = 0, at
        while at < len(text):
            if text[at] == "\\":
                at += 1
            elif text[at] in "{}":
                depth += 1 if text[at] == "{" else -1
                if not depth:
                    self.at = at + 1
                    return text[first + 1 : at]
            at += 1
        raise NotationError("braces that are never closed", text, first, "{")
