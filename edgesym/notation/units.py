"""Units and suffixes behind a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgesym.notation.names import Names, spelled
from edgesym.notation.scan import Piece
from edgesym.notation.vocabulary import COUNTS, UNITS

__all__ = ["Unit", "unit_at"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its factor, where it ends, and whether only a bare number may carry it."""

    factor: int
    unit: str
    end: int
    bare: bool = False


def unit_at(pieces: Sequence[Piece], i: int, names: Names) -> Unit | None:
    """The unit that begins at a piece, unless declared names stand there.

    Letters in italics are a unit where they could be nothing else: a size in bytes
    anywhere, another unit (``8 ms``) or a suffix (``47B``) only where no symbol stands.
    """
    if i >= len(pieces):
        return None
    piece = pieces[i]
    if piece.kind == "text":
        known = None if names.at(pieces, i) else UNITS.get(spelled([piece]))
        return Unit(*known, i + 1) if known else None
    end = i
    while end < len(pieces) and pieces[end].kind == "letter":
        if end > i and pieces[end].gap and pieces[end - 1].text != "mu":
            break
        end += 1
    if end == i or _declared(pieces, i, end, names):
        return None
    if end < len(pieces) and pieces[end].is_sign("_", "^", "("):
        return None
    per = pieces[end : end + 2]
    if len(per) == 2 and per[0].is_sign("/") and per[1].text == "s":
        known = UNITS.get(spelled(pieces[i : end + 2]))
        if known and not names.at(pieces, end + 1):
            return Unit(*known, end + 2)
    word = spelled(pieces[i:end])
    if word in UNITS:
        sized = word[-1:] == "B" or word in ("bytes", "FLOPs", "FLOPS", "FLOP")
        return Unit(*UNITS[word], end, bare=not sized)
    if word in COUNTS:
        return Unit(COUNTS[word], "", end, bare=True)
    return None


def _declared(pieces: Sequence[Piece], i: int, end: int, names: Names) -> bool:
    """Whether the letters from i to the end are declared names, all of them."""
    while i < end:
        found = names.at(pieces, i)
        if found is None:
            return False
        i = found[1]
    return True
