"""Where a sum in an equation has its index, its bounds and its terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgesym.notation.names import spelled
from edgesym.notation.scan import Piece

__all__ = ["Head", "latex_head", "plain_head"]

_LONGEST_INDEX = 12
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a sum: spans of pieces, and where the terms begin and end.

    ``indices`` are several where one pair of bounds holds for all: ``i,j=1``.
    """

    indices: tuple[str, ...]
    lower: Span
    upper: Span
    body: int
    end: int = -1


def latex_head(pieces: Sequence[Piece], closed: Mapping[int, int], at: int) -> Head | None:
    r"""The head of ``\sum_{i=1}^{n}`` whose command stands before ``at``; None if none."""
    bounds: dict[str, Span] = {}
    while at < len(pieces) and pieces[at].is_sign("_", "^") and at + 1 in closed:
        bounds[pieces[at].text] = (at + 2, closed[at + 1])
        at = closed[at + 1] + 1
    if set(bounds) != {"_", "^"}:
        return None
    first, last = bounds["_"]
    equals = next((i for i in range(first, last) if pieces[i].is_sign("=")), first)
    ends = [*_commas(pieces, closed, first, equals), equals]
    starts = [first, *(end + 1 for end in ends[:-1])]
    indices = tuple(_index(pieces, i, j) for i, j in zip(starts, ends, strict=True))
    return Head(indices, (equals + 1, last), bounds["^"], at) if all(indices) else None


def plain_head(pieces: Sequence[Piece], closed: Mapping[int, int], at: int) -> Head | None:
    """The head of ``Sum(term, (i, first, last))`` whose bracket opens at ``at``."""
    end = closed[at]
    commas = _commas(pieces, closed, at + 1, end)
    if len(commas) != 1 or closed.get(commas[0] + 1) != end - 1:
        return None
    bounds = _commas(pieces, closed, commas[0] + 2, end - 1)
    if len(bounds) != 2:
        return None
    index = _index(pieces, commas[0] + 2, bounds[0])
    lower, upper = (bounds[0] + 1, bounds[1]), (bounds[1] + 1, end - 1)
    return Head((index,), lower, upper, at + 1, commas[0]) if index else None


def _index(pieces: Sequence[Piece], first: int, last: int) -> str:
    word = spelled(pieces[first:last])
    return word if word[:1].isalpha() and len(word) <= _LONGEST_INDEX else ""


def _commas(pieces: Sequence[Piece], closed: Mapping[int, int], i: int, end: int) -> list[int]:
    found = []
    while i < end:
        if pieces[i].is_sign(","):
            found.append(i)
        i = closed.get(i, i) + 1
    return found
