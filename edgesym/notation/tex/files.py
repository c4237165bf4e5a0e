r"""The files of a paper: the source, and what it reads with ``\input`` beside it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgesym.errors import ConfigError
from edgesym.files.read import LARGEST, is_file, read_text
from edgesym.notation.tex.environments import INPUTS
from edgesym.notation.tex.tokens import Token, tokens_of

__all__ = ["Files", "Problem"]

_MOST = 200
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the source that is not read: what, and the place."""

    what: str
    at: int


@dataclass(slots=True)
class Files:
    """The files in the order in which they are read.

    Attributes:
        main: the file that was asked for; no other lies outside its folder.
        starts: of each line of each file, the place where it begins.
        lines: of each such line, its file and number.
        problems: files that are not there, or not read.
    """

    main: Path
    starts: list[int] = field(default_factory=list)
    lines: list[tuple[Path, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    end: int = 0

    def tokens(self) -> list[Token]:
        """The tokens of the paper, those of other files where these are read.

        Raises:
            ConfigError: the main file is missing, unreadable, too large or no text.
        """
        text = self._text(self.main)
        return list(self._of(self.main, text, (self.main.resolve(),)))

    def line(self, at: int) -> int:
        """The number of the line that a place lies in."""
        return self.lines[bisect_right(self.starts, at) - 1][1] if self.lines else 1

    def file(self, at: int) -> Path:
        """The file that a place lies in."""
        return self.lines[bisect_right(self.starts, at) - 1][0] if self.lines else self.main

    def where(self, at: int) -> str:
        """A place as messages write it: ``line 12``, or ``model.tex line 12`` of another file."""
        file, number = self.file(at), self.line(at)
        return f"line {number}" if file == self.main else f"{file.name} line {number}"

    def _text(self, path: Path) -> str:
        text = read_text(path, "paper")
        self.count += 1
        if self.end + len(text) > LARGEST or self.count > _MOST:
            raise ConfigError(
                f"{path}: the paper goes beyond {LARGEST} characters or {_MOST} files here"
            )
        return text

    def _of(self, path: Path, text: str, above: tuple[Path, ...]) -> Iterator[Token]:
        base, self.end = self.end, self.end + len(text) + 1
        at = base
        for number, line in enumerate(text.split("\n"), 1):
            self.starts.append(at)
            self.lines.append((path, number))
            at += len(line) + 1
        tokens = list(tokens_of(text, base))
        i = 0
        while i < len(tokens):
            token = tokens[i]
            if token.is_command("endinput"):
                return
            if not token.is_command(*INPUTS):
                yield token
                i += 1
                continue
            named, i = _arguments(tokens, i + 1, INPUTS[token.text])
            yield from self._read("".join(named), token, above)

    def _read(self, name: str, token: Token, above: tuple[Path, ...]) -> Iterator[Token]:
        """The tokens of a file that another reads; none, and a problem, where it cannot be."""
        folder = self.main.parent.resolve()
        told = f"\\{token.text}{{{name[:60]}}}"
        try:
            path = (folder / name.strip()).resolve()
            found = next((p for p in (path, Path(f"{path}.tex")) if is_file(p)), None)
            if not (found or path).resolve().is_relative_to(folder):
                reason, found = "it lies outside the paper's folder, and is not read", None
            elif found is None:
                reason = "there is no such file beside the paper"
            elif found.resolve() in above:
                reason, found = "the file reads itself", None
            elif len(above) > _DEEPEST:
                reason, found = f"files are read more than {_DEEPEST} deep", None
            else:
                text = self._text(found)
        except (OSError, ValueError, ConfigError) as error:  # told among the problems of the paper
            reason, found = str(error), None
        if found is None:
            self.problems.append(Problem(f"{told}: {reason}", token.at))
            return
        yield from self._of(found, text, (*above, found.resolve()))


def _arguments(tokens: Sequence[Token], i: int, count: int) -> tuple[list[str], int]:
    """Names of files in braces, or of one up to the next space; and where they end."""
    found: list[str] = []
    while i < len(tokens) and len(found) < count:
        while i < len(tokens) and tokens[i].kind == "space":
            i += 1
        braced = i < len(tokens) and tokens[i].opens()
        i += braced
        parts = []
        while i < len(tokens) and not (tokens[i].closes() if braced else tokens[i].kind == "space"):
            parts.append(tokens[i].text)
            i += 1
            if len(parts) > 200:
                break
        i += braced and i < len(tokens)
        found.append("".join(parts))
    return found, i
