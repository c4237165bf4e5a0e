"""What stands where in a paper: headings, passages of text, rows of tables, mathematics."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edgesym.notation.tex.environments import (
    DISPLAYS,
    DROPPED,
    HEADINGS,
    ITEMS,
    SHOWN,
    TABLES,
    UNREAD,
)
from edgesym.notation.tex.files import Problem
from edgesym.notation.tex.tokens import Token
from edgesym.notation.vocabulary import FONTS

__all__ = ["MATH", "Math", "Passage", "Structure", "structure_of"]

#: How mathematics number 3 stands in the text of a passage.
MATH = "\u27e6{}\u27e7"
#: Tokens of an argument, and how many that are never closed are looked for.
_LONGEST, _UNCLOSED = 4000, 40
#: Where in the text of a passage a line of the source begins, while it is read.
_LINE = " \ue000{}\ue001"
#: Characters of our own, which no text of a paper may have.
_OWN = frozenset(MATH + _LINE) - frozenset(" {}")
_LINES = re.compile("([^\ue000]*)(?:\ue000([0-9]+)\ue001 ?)?")
_CLOSES = {"[": "]", "(": ")"}


@dataclass(frozen=True, slots=True)
class Math:
    """Mathematics in the text.

    Attributes:
        environment: its environment; ``[`` and ``$$`` for displays without one, ``$`` inline.
        tokens: what stands in it.
        at: where it begins.
        problem: why it is not read, if it is not.
        group: the label of the ``subequations`` that it stands in.
    """

    environment: str
    tokens: tuple[Token, ...]
    at: int
    problem: str = ""
    group: str = ""

    @property
    def inline(self) -> bool:
        """Whether it stands in a line of text."""
        return self.environment in ("$", "(")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text; mathematics stands in it by number, as :data:`MATH`.

    ``kind`` is text, title, heading, caption, row (cells parted by tabs) or item; ``depth`` that
    of a heading; ``marks`` are pairs of a character of the text, at which a line of the source
    begins, and its place there.
    """

    kind: str
    text: str
    at: int
    depth: int = 0
    marks: tuple[tuple[int, int], ...] = ()

    def place(self, offset: int) -> int:
        """The place in the source of the line that a character of the text lies in."""
        before = bisect_right(self.marks, (offset, 0)) - 1
        return self.marks[before][1] if before >= 0 else self.at


@dataclass(slots=True)
class Structure:
    """Mathematics and passages in the order of the paper."""

    mathematics: list[Math] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def structure_of(tokens: Sequence[Token]) -> Structure:
    r"""The structure of expanded tokens; what comes before ``\begin{document}`` says nothing."""
    starts = (i for i in range(len(tokens)) if _named(tokens, i, "begin") == "document")
    start = next(starts, None)
    walk = _Walk(tokens, start or 0)
    if start is not None:
        titles = (i for i in range(start) if tokens[i].is_command("title"))
        for walk.i in titles:
            walk.heading()
        walk.i = start
        walk.i = walk.after_name()
    walk.run()
    return walk.made


def _named(tokens: Sequence[Token], i: int, command: str) -> str:
    r"""The name in ``\begin{name}`` at a place, or the empty text."""
    if not tokens[i].is_command(command):
        return ""
    i += 1
    while i < len(tokens) and tokens[i].kind == "space":
        i += 1
    if i >= len(tokens) or not tokens[i].opens():
        return ""
    parts: list[str] = []
    for token in tokens[i + 1 : i + 12]:
        if token.closes():
            return "".join(parts)
        parts.append(token.text)
    return ""


def _unwrapped(tokens: Sequence[Token]) -> tuple[Token, ...]:
    r"""Mathematics without ``\ensuremath`` and its braces."""
    found: list[Token] = []
    open_: list[bool] = []
    ensured = False
    for token in tokens:
        if token.is_command("ensuremath"):
            ensured = True
            continue
        if token.opens():
            open_.append(ensured)
            ensured = False
            if open_[-1]:
                continue
        elif token.closes() and open_ and open_.pop():
            continue
        found.append(token)
    return tuple(found)


class _Walk:
    """Goes through the tokens once."""

    def __init__(self, tokens: Sequence[Token], i: int) -> None:
        self.tokens, self.i = [*tokens], i
        self.made = Structure()
        self.words: list[str] = []
        self.at, self.kind, self.depth = -1, "text", 0
        self.kept: list[tuple[list[str], int, str, int, int]] = []
        self.level = self.unread = self.tables = self.unclosed = 0
        self.groups: list[str] = []
        self.alike: dict[str, Callable[[Token], None]] = {
            "item": self._item,
            "caption": self._aside,
            "footnote": self._aside,
            "title": self._aside,
            "nomenclature": self._nomenclature,
        }

    def run(self) -> None:
        while self.i < len(self.tokens):
            token = self.tokens[self.i]
            if token.kind == "command":
                if _named(self.tokens, self.i, "end") == "document":
                    break
                self._command(token)
            elif token.kind == "math":
                self._dollar(token)
            else:
                self.i += 1
                self._shown(token)
        while self.kept:
            self._back()
        self._passage()

    def heading(self) -> None:
        """Reads the title that stands here, and no more."""
        self._aside(self.tokens[self.i])
        self._within(self._group_end())
        while self.kept:
            self._back()

    # ------------------------------------------------------------ text

    def _shown(self, token: Token) -> None:
        if token.opens():
            self.level += 1
        elif token.closes():
            self.level -= 1
            if self.kept and self.level < self.kept[-1][4]:
                self._back()
        elif token.kind == "space":
            if token.text.count("\n") > 1 and self.kind != "row" and not self.kept:
                self._passage()
                self.kind = "text"
            line = token.at + token.text.rfind("\n") + 1
            self._say(_LINE.format(line) if line > token.at else " ", token)
        elif token.text == "~":
            self._say(" ", token)
        elif token.text == "&" and self.tables:
            self._say("\t", token)
        elif token.kind != "broken" and not set(token.text) & _OWN:
            self._say(token.text, token)

    def _say(self, text: str, token: Token) -> None:
        if self.at < 0 and text.strip():
            self.at = token.at
        self.words.append(text)

    def _passage(self) -> None:
        """Ends the passage."""
        cells = "".join(self.words).split("\t")
        marked = "\t".join(" ".join(cell.split()) for cell in cells)
        parts, marks, length = [], [], 0
        for part, line in _LINES.findall(marked):
            parts.append(part)
            length += len(part)
            if line:
                marks.append((length, int(line)))
        text = "".join(parts)
        if text.strip() and not self.unread:
            made = Passage(self.kind, text, self.at, self.depth, tuple(marks))
            self.made.passages.append(made)
        self.words, self.at, self.depth = [], -1, 0

    def _aside(self, token: Token) -> None:
        """A passage of its own within another: a caption, a footnote, a heading."""
        name = token.text.removesuffix("*")
        self.i += 1
        self._skip_option()
        if self.i >= len(self.tokens) or not self.tokens[self.i].opens():
            return
        self.kept.append((self.words, self.at, self.kind, self.depth, self.level + 1))
        self.words, self.at, self.depth = [], -1, HEADINGS.get(name, 0)
        known = {"caption": "caption", "title": "title", "footnote": "text"}
        self.kind = known.get(name, "heading")

    def _back(self) -> None:
        self._passage()
        self.words, self.at, self.kind, self.depth, _ = self.kept.pop()

    def _item(self, token: Token) -> None:
        self._passage()
        self.i += 1
        self.kind = "item"
        first = self._next()
        if first is not None and first.text == "[":
            depth, level = 0, self.i + 1
            for j in range(level, min(level + 200, len(self.tokens))):
                depth += self.tokens[j].opens() - self.tokens[j].closes()
                if self.tokens[j].text == "]" and not depth:
                    self._label(level, j)
                    return

    def _label(self, start: int, end: int) -> None:
        r"""The label of ``\item[$L$]``, with a colon."""
        inner = _Walk(self.tokens[start:end], 0)
        inner.made = self.made
        inner.kept = [([], -1, "item", 0, -99)]
        inner._within(len(inner.tokens))
        self._say("".join(inner.words).strip().rstrip(":") + ": ", self.tokens[start - 1])
        self.i = end + 1

    def _nomenclature(self, token: Token) -> None:
        r"""``\nomenclature{$L$}{layers}``: a row of two cells."""
        self._passage()
        before, self.kind = self.kind, "row"
        self.i += 1
        self._skip_option()
        for cell in range(2):
            end = self._group_end()
            self._within(end)
            if not cell:
                self._say("\t", token)
        self._passage()
        self.kind = before

    def _within(self, end: int) -> None:
        while self.i < end:
            token = self.tokens[self.i]
            if token.kind == "math":
                self._dollar(token)
            elif token.kind == "command":
                self._command(token)
            else:
                self.i += 1
                self._shown(token)

    # ------------------------------------------------------------ commands

    def _command(self, token: Token) -> None:
        name = token.text
        if name in ("[", "("):
            self._math(name, self.i + 1, lambda t: t.is_command(_CLOSES[name]), f"\\{name}")
        elif name in ("begin", "end"):
            self._environment(token)
        elif name.removesuffix("*") in HEADINGS:
            if not self.kept:
                self._passage()
                self.kind = "text"
            self._aside(token)
        elif name in self.alike:
            self.alike[name](token)
        elif name == "ensuremath":
            self._ensured(token)
        elif name in DROPPED:
            self.i += 1
            for _ in range(DROPPED[name]):
                self._skip_option()
                self.i = self._group_end()
        elif name == "\\":
            self.i += 1
            self._skip_option()
            if self.tables:
                self._passage()
            else:
                self._say(" ", token)
        elif name == "par":
            self.i += 1
            if not self.kept:
                self._passage()
        else:
            self.i += 1
            if name in SHOWN:
                self._say(SHOWN[name], token)
            elif name not in FONTS:
                self._say(" ", token)

    def _next(self) -> Token | None:
        while self.i < len(self.tokens) and self.tokens[self.i].kind == "space":
            self.i += 1
        return self.tokens[self.i] if self.i < len(self.tokens) else None

    def _skip_option(self) -> None:
        first = self._next()
        if first is not None and first.kind == "sign" and first.text == "[":
            for j in range(self.i, min(self.i + 200, len(self.tokens))):
                if self.tokens[j].text == "]":
                    self.i = j + 1
                    return

    def _group_end(self) -> int:
        """Where the group that begins here ends; here where none begins, or it is too long."""
        self._next()
        i, depth = self.i, 0
        if i >= len(self.tokens) or not self.tokens[i].opens():
            return i
        longest = _LONGEST if self.unclosed < _UNCLOSED else 0
        for j in range(i, min(i + longest, len(self.tokens))):
            depth += self.tokens[j].opens() - self.tokens[j].closes()
            if not depth:
                return j + 1
        self.unclosed += 1
        return i + 1

    def _environment(self, token: Token) -> None:
        name = _named(self.tokens, self.i, token.text)
        begins = token.text == "begin"
        if begins and name in DISPLAYS:
            start = self.after_name()
            if name.startswith(("alignat", "xalignat")):
                self.i = start
                start = self._group_end()
            self._math(name, start, lambda _: False, f"\\begin{{{name}}}")
            return
        self.i = self.after_name()
        step = 1 if begins else -1
        if name == "subequations":
            if begins:
                self.groups.append(self._group_label())
            elif self.groups:
                self.groups.pop()
        elif name in UNREAD:
            self._passage()
            self.unread = max(0, self.unread + step)
        elif name.removesuffix("*") in TABLES or name in TABLES:
            self._passage()
            self.tables = max(0, self.tables + step)
            self.kind = "row" if self.tables else "text"
            if begins:
                self._skip_option()
                for _ in range(1 + (name in ("tabular*", "tabularx", "tabulary"))):
                    self.i = self._group_end()
        elif name in ITEMS or name in ("abstract", "figure", "table", "quote", "center"):
            self._passage()
            self.kind = "text"
            if begins:
                self._skip_option()

    def after_name(self) -> int:
        i = self.i
        while i < len(self.tokens) and not self.tokens[i].closes():
            i += 1
            if i > self.i + 16:
                return self.i + 1
        return i + 1

    def _group_label(self) -> str:
        first = self._next()
        if first is None or not first.is_command("label"):
            return ""
        self.i += 1
        start, end = self.i + 1, self._group_end()
        self.i = end
        return "".join(t.text for t in self.tokens[start : end - 1])

    # ------------------------------------------------------------ mathematics

    def _dollar(self, token: Token) -> None:
        text = token.text
        self._math("$" if text == "$" else "$$", self.i + 1, lambda t: t.kind == "math", text)

    def _ensured(self, token: Token) -> None:
        r"""``\ensuremath`` in a line of text, out of a macro."""
        self.i += 1
        end = self._group_end()
        body = _unwrapped(self.tokens[self.i + 1 : end - 1])
        self._say(f" {MATH.format(len(self.made.mathematics))} ", token)
        self.made.mathematics.append(Math("$", body, token.at))
        self.i = end

    def _math(self, name: str, start: int, ends: Callable[[Token], bool], shown: str) -> None:
        """Reads mathematics up to its end; a new display, heading or paragraph ends it too."""
        opening, i, depth = self.tokens[self.i].at, start, 0
        display, closed, end = name in DISPLAYS, False, len(self.tokens)
        while i < end:
            token = self.tokens[i]
            if _named(self.tokens, i, "end") == name if display else not depth and ends(token):
                closed = True
                break
            if self._stops(token, i, name):
                break
            depth += token.opens() - token.closes()
            i += 1
        problem = "" if closed else f"{shown} is never closed"
        if problem and not self.unread:
            self.made.problems.append(Problem(problem, opening))
        if not self.unread:
            number, group = len(self.made.mathematics), next(filter(None, self.groups[::-1]), "")
            made = Math(name, _unwrapped(self.tokens[start:i]), opening, problem, group)
            self.made.mathematics.append(made)
            self._say(f" {MATH.format(number)} ", self.tokens[min(i, end - 1)])
        self.i = i + 1 if closed else i
        if closed and display:
            self.i = i
            self.i = self.after_name()
        elif closed and name == "$" and self.tokens[i].text == "$$":  # one ends, the next begins
            self.tokens[i] = self.tokens[i]._replace(text="$", at=self.tokens[i].at + 1)
            self.i = i

    def _stops(self, token: Token, i: int, name: str) -> bool:
        if token.kind == "space":
            return token.text.count("\n") > 1 and name not in DISPLAYS
        if token.kind != "command":
            return False
        if token.text == "begin":
            return _named(self.tokens, i, "begin") in DISPLAYS
        if token.text == "end":
            named = _named(self.tokens, i, "end")
            return named == "document" or (named in DISPLAYS and named != name)
        return token.text.removesuffix("*") in HEADINGS or (token.text == "[" and name in DISPLAYS)
