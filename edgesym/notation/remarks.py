"""Upright text beside a formula, and words that nobody declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgesym.notation.errors import NotationError
from edgesym.notation.names import Names, spelled
from edgesym.notation.scan import Piece
from edgesym.notation.vocabulary import OPERATORS, UNITS

__all__ = ["is_remark", "undeclared"]


def is_remark(pieces: Sequence[Piece], i: int, *, first: bool, after_value: bool) -> bool:
    r"""Whether upright text is a remark; in place of a value it is a name.

    Behind a value it is one if it is a unit, or begins with space or a bracket, as does
    ``\text{ bytes}``; in front of everything if it has several words or ends with space,
    as does ``\text{exactly } 1/6``.
    """
    words = pieces[i].text
    if after_value:
        if words[:1].isspace() or words[:1] in "([,;" or spelled([pieces[i]]) in UNITS:
            return True
        return " " in words.strip() and pieces[i].gap
    several = " " in words.strip() or words[-1:].isspace() or words[-1:] == ":"
    after = pieces[i + 1 : i + 2]
    return first and several and bool(after) and after[0].text not in OPERATORS


def undeclared(
    pieces: Sequence[Piece], i: int, closed: Mapping[int, int], names: Names, text: str
) -> NotationError:
    """The error that says which name is not declared, whole where it is a word."""
    end = _stretch(pieces, i, closed, names)
    if end - i > 1:
        while i and pieces[i].kind == pieces[i - 1].kind == "letter" and not pieces[i].gap:
            i -= 1
    name, start = spelled(pieces[i:end]), pieces[i].start
    stop = pieces[min(end, len(pieces)) - 1].end
    what = f"{name!r} is not declared{names.hint(name)}"
    return NotationError(what, text, start, text[start:stop], name)


def _stretch(pieces: Sequence[Piece], i: int, closed: Mapping[int, int], names: Names) -> int:
    """Where a name that is not declared ends: where space, a sign or a declared name begins."""
    end, scripted = i, False
    while end < len(pieces):
        piece = pieces[end]
        if end > i and piece.is_sign("_"):
            end, scripted = closed.get(end + 1, end) + 1, True
            continue
        escaped = piece.kind == "command" and piece.text == "_"
        word = piece.kind in ("letter", "number") or escaped or piece.is_sign("_", "'")
        if end > i and (piece.gap or not word):
            break
        split = piece.kind == "letter" and names.at(pieces, end)
        if end > i and split and not scripted and not _word_goes_on(pieces, end):
            break
        end += 1
    return end


def _word_goes_on(pieces: Sequence[Piece], i: int) -> bool:
    r"""Whether an escaped underscore follows in the same word: ``hea|d\_dim``."""
    while i < len(pieces) and pieces[i].kind == "letter" and not pieces[i].gap:
        i += 1
    return i < len(pieces) and pieces[i].kind == "command" and pieces[i].text == "_"
