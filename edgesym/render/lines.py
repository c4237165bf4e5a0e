"""Breaking text over lines: words at spaces, formulas at operators, names and numbers never."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from edgesym.plain import clean

__all__ = [
    "Atom",
    "Line",
    "atoms_of_amount",
    "atoms_of_formula",
    "atoms_of_words",
    "broken",
    "widest",
    "width_of",
]

#: A line: pieces of text, each with a style.
Line = list[tuple[str, str]]

#: Where a formula may break: at the space before a sign or a relation or after a comma, and
#: after a product or a quotient sign, which is only done where nothing else is.
_FORMULA = re.compile(r"( (?=[-+=<>] )|(?<=,) )|(?<=[^*]\*)(?=[^*])|(?<=/)")
#: Of the places where a line may end the best is taken that leaves no more of it empty.
_EMPTY = 0.35
#: As many brackets might be open between a number and its unit.
_TOGETHER = 9
#: Addresses of more characters may be broken.
_LONG = 24


@dataclass(frozen=True, slots=True)
class Atom:
    """Text that is never broken.

    Attributes:
        text: it.
        style: how it is shown.
        after: a space, where a line may end; ``weak``, where it may if need be; or nothing.
        depth: brackets that are open behind it; the fewer, the better a line ends there.
    """

    text: str
    style: str = ""
    after: str = ""
    depth: int = 0


def atoms_of_words(text: str, style: str = "") -> Iterator[Atom]:
    """The words of a text; the spaces around it are kept."""
    words = re.split(" +", clean(text))
    for index, word in enumerate(words):
        last = index == len(words) - 1
        if word or not last:
            *heads, tail = _address(word)
            yield from (Atom(head, style, "weak") for head in heads)
            yield Atom(tail, style, "" if last else " ")


def atoms_of_amount(text: str, style: str = "") -> Iterator[Atom]:
    """A number and its unit, which stay together where there is room elsewhere."""
    for atom in atoms_of_words(text, style):
        yield replace(atom, depth=_TOGETHER)


def _address(word: str) -> list[str]:
    """A long address in pieces that end with a slash; any other word in one."""
    return re.split("(?<=/)(?=[^/])", word) if len(word) > _LONG and ":" in word else [word]


def atoms_of_formula(text: str, style: str = "") -> Iterator[Atom]:
    """The pieces of a formula between which it may be broken.

    >>> [atom.text for atom in atoms_of_formula("2*H**2 + max(S, W)/b")]
    ['2*', 'H**2', '+ max(S,', 'W)/', 'b']
    """
    text = clean(text)
    start = depth = 0
    for match in _FORMULA.finditer(text):
        piece = text[start : match.start()]
        depth += piece.count("(") - piece.count(")")
        yield Atom(piece, style, " " if match[1] else "weak", depth)
        start = match.end()
    yield Atom(text[start:], style)


def broken(
    atoms: Iterable[Atom], width: int, first: str = "", rest: str | None = None
) -> list[Line]:
    """Atoms in lines no wider than a width, unless one that cannot be broken is.

    Args:
        first: what the first line begins with; ``rest``, blanks as wide by default, the others.
    """
    rest = " " * cell_len(first) if rest is None else rest
    waiting = _joined(atoms)
    lines: list[Line] = []
    while waiting or not lines:
        start = rest if lines else first
        count = _fitting(waiting, width - cell_len(start))
        lines.append(_line(start, waiting[:count]))
        waiting = waiting[count:]
    return lines


def width_of(atoms: Iterable[Atom]) -> int:
    """Columns of the atoms on one line."""
    return sum(cell_len(atom.text) + (atom.after == " ") for atom in atoms)


def widest(atoms: Iterable[Atom]) -> int:
    """Columns of the widest piece that cannot be broken."""
    return max((sum(cell_len(a.text) for a in word) for word in _joined(atoms)), default=0)


def _joined(atoms: Iterable[Atom]) -> list[list[Atom]]:
    """Atoms between which no line may end, put together."""
    words: list[list[Atom]] = []
    open_ = False
    for atom in atoms:
        if open_:
            words[-1].append(atom)
        else:
            words.append([atom])
        open_ = not atom.after
    return words


def _fitting(words: Sequence[Sequence[Atom]], width: int) -> int:
    """How many words go on a line: at least one, and all if they fit."""
    used, breaks = 0, []
    for count, word in enumerate(words, 1):
        used += sum(cell_len(atom.text) for atom in word)
        if used > width:
            break
        breaks.append((word[-1].after == "weak", word[-1].depth, count, used))
        used += word[-1].after == " "
    else:
        return len(words)
    full = [found for found in breaks if found[3] >= (1 - _EMPTY) * width]
    if not full:
        return max((count for _, _, count, _ in breaks), default=1)
    return min(full, key=lambda found: (found[0], found[1], -found[2]))[2]


def _line(start: str, words: Sequence[Sequence[Atom]]) -> Line:
    """Words on a line: the space behind the last one is left out."""
    line: Line = [(start, "")] if start else []
    atoms = [atom for word in words for atom in word]
    for index, atom in enumerate(atoms):
        space = " " if atom.after == " " and index < len(atoms) - 1 else ""
        if line and line[-1][1] == atom.style and index:
            line[-1] = (line[-1][0] + atom.text + space, atom.style)
        else:
            line.append((atom.text + space, atom.style))
    return line
