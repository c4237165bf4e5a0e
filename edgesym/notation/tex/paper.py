"""A paper's source, read: its equations with their places, and the words around them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from edgesym.domain import checked
from edgesym.notation.tex.equations import Printed, equations_of
from edgesym.notation.tex.files import Files, Problem
from edgesym.notation.tex.macros import expanded
from edgesym.notation.tex.structure import Math, Passage, structure_of
from edgesym.notation.vocabulary import RELATIONS

__all__ = ["Paper", "read_paper"]


@dataclass(frozen=True, slots=True, eq=False)
class Paper:
    """A paper's source.

    Attributes:
        files: its files, which know the line of every place.
        equations: key -> equation, in the order of the paper. The key is the label, with ``/2``
            behind it for the second equation of one label, or ``line 12``; of one in a line of
            text ``inline, line 12``.
        mathematics: all that stands in mathematical mode, by number.
        passages: the text around it.
        problems: what could not be read, with its place.
    """

    files: Files
    equations: dict[str, Printed]
    mathematics: tuple[Math, ...]
    passages: tuple[Passage, ...]
    problems: tuple[Problem, ...]

    def where(self, at: int) -> str:
        """A place as messages write it."""
        return self.files.where(at)


@checked
def read_paper(path: Path) -> Paper:
    r"""The equations of a LaTeX source and of the files that it reads, macros expanded.

    Raises:
        ConfigError: the file is missing, unreadable, too large or no text.
    """
    files = Files(path)
    tokens, problems = expanded(files.tokens())
    made = structure_of(tokens)
    found = [
        equation
        for number, math in enumerate(made.mathematics)
        for equation in equations_of(math, number)
        if not math.inline or any(token.text in RELATIONS for token in math.tokens)
    ]
    return Paper(
        files,
        _keyed(found, files),
        tuple(made.mathematics),
        tuple(made.passages),
        (*files.problems, *problems, *made.problems),
    )


def _keyed(equations: list[Printed], files: Files) -> dict[str, Printed]:
    """Equations by their keys; several of one label or line are counted."""
    names = [_key(equation, files) for equation in equations]
    several, seen = Counter(names), Counter[str]()
    keyed: dict[str, Printed] = {}
    for name, equation in zip(names, equations, strict=True):
        seen[name] += 1
        keyed[name if several[name] == 1 else f"{name}/{seen[name]}"] = equation
    return keyed


def _key(equation: Printed, files: Files) -> str:
    if equation.label:
        return equation.label
    place = files.where(equation.at)
    return f"inline, {place}" if equation.inline else place
