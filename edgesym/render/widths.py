"""Widths of columns in the room that there is."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["capped"]


def capped(wanted: Sequence[int], least: Sequence[int], room: float) -> list[int]:
    """Widths that fit the room: the widest give way, none below its least; these must fit.

    >>> capped([10, 50], [10, 14], 38)
    [10, 28]
    """
    cap = max(wanted)
    while True:
        widths = [max(low, min(count, cap)) for count, low in zip(wanted, least, strict=True)]
        if sum(widths) <= room:
            return widths
        cap -= 1
