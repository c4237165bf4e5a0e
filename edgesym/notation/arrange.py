"""Brackets that close, and arguments of commands that stand in braces."""

from __future__ import annotations

from collections.abc import Sequence

from edgesym.notation.errors import NotationError
from edgesym.notation.scan import Piece
from edgesym.notation.vocabulary import ACCENTS, BRACED, BRACKETS, FRACTIONS, RELATIONS, STACKS

__all__ = ["arrange", "pairs", "relations"]

_DEEPEST = 40
_CLOSING = {closing for closing, _, _ in BRACKETS.values()}


def bracket(piece: Piece) -> str:
    """How a piece is called as a bracket, or the empty text."""
    if piece.kind == "sign":
        return piece.text
    return "\\" + piece.text if piece.kind == "command" else ""


def pairs(pieces: Sequence[Piece], text: str) -> dict[int, int]:
    """Where each opening bracket is closed.

    Raises:
        NotationError: brackets that do not close, or nest more than 40 deep.
    """
    closed: dict[int, int] = {}
    open_: list[int] = []
    for i, piece in enumerate(pieces):
        name = bracket(piece)
        if name in BRACKETS:
            open_.append(i)
            if len(open_) > _DEEPEST:
                raise NotationError(f"nested deeper than {_DEEPEST}", text, piece.start, piece.text)
        elif name in _CLOSING:
            expected = BRACKETS[bracket(pieces[open_[-1]])][0] if open_ else "nothing"
            if expected != name:
                raise NotationError(
                    f"{name!r} closes what {expected!r} should close", text, piece.start, name
                )
            closed[open_.pop()] = i
    if open_:
        piece = pieces[open_[-1]]
        raise NotationError(
            f"{bracket(piece)!r} is never closed", text, piece.start, bracket(piece)
        )
    return closed


def arrange(pieces: list[Piece], text: str) -> list[Piece]:
    r"""The pieces of LaTeX with each argument in braces and remarks left out.

    >>> from edgesym.notation.scan import scan
    >>> source = r"\frac12 \underbrace{a^2}_{b}"
    >>> "".join(piece.text for piece in arrange(scan(source), source))
    'frac{1}{2}{a^{2}}'
    """
    closed = pairs(pieces, text)
    wrapped: set[int] = set()
    dropped: set[int] = set()

    def argument(i: int, of: Piece) -> int:
        """Notes the argument that begins at i; where the next thing begins."""
        if i >= len(pieces) or bracket(pieces[i]) in _CLOSING:
            raise NotationError("an argument is missing", text, of.start, text[of.start : of.end])
        if i in closed and pieces[i].is_sign("{"):
            return closed[i] + 1
        if i in closed or pieces[i].text in RELATIONS or pieces[i].is_sign("_", "^"):
            raise NotationError(
                "an argument belongs in braces", text, of.start, text[of.start : of.end]
            )
        wrapped.add(i)
        return i + 1

    for i, piece in enumerate(pieces):
        if piece.is_sign("^", "_"):
            argument(i + 1, piece)
        elif piece.is_sign("{") and closed[i] == i + 1:
            dropped |= {i, i + 1}
        elif piece.kind != "command":
            continue
        elif piece.text in FRACTIONS or piece.text in STACKS:
            second = argument(i + 1, piece)
            end = argument(second, piece)
            if piece.text in STACKS:
                dropped |= {*range(i, second)}
                dropped |= {second, end - 1} if pieces[second].is_sign("{") else set()
        elif piece.text == "sqrt":
            root = i + 1 < len(pieces) and pieces[i + 1].is_sign("[")
            argument(closed[i + 1] + 1 if root else i + 1, piece)
        elif piece.text in ACCENTS:
            argument(i + 1, piece)
        elif piece.text in BRACED:
            end = argument(i + 1, piece)
            dropped.add(i)
            if end < len(pieces) and pieces[end].is_sign("_", "^"):
                dropped |= {*range(end, argument(end + 1, piece))}
    arranged: list[Piece] = []
    for i, piece in enumerate(pieces):
        if i in dropped:
            continue
        if i in wrapped:
            sides = (Piece("sign", side, piece.start, piece.end) for side in "{}")
            arranged += [next(sides), piece, next(sides)]
        else:
            arranged.append(piece)
    return arranged


def relations(pieces: Sequence[Piece], closed: dict[int, int]) -> list[int]:
    """Where the relations stand that lie in no bracket."""
    found, i = [], 0
    while i < len(pieces):
        if i in closed:
            i = closed[i]
        elif pieces[i].kind in ("sign", "command") and pieces[i].text in RELATIONS:
            found.append(i)
        i += 1
    return found
