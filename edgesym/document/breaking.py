r"""Formulas in LaTeX over lines of a width: broken before signs of sums, and within nothing else.

A formula is taken to pieces before every binary plus and minus and behind every comma that no brace
holds; products, fractions and what has an index are never parted. Of all ways to put the pieces
on lines that is taken which leaves the lines full and few, and breaks where few brackets are open
(Knuth and Plass 1981, doi:10.1002/spe.4380111102, with brackets as penalties).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from edgesym.data import shipped

__all__ = ["broken", "width_of"]

_TOKENS = re.compile(r"\\[A-Za-z]+|\\.|[{}^_]|\d|\S|\s+")
_OPEN, _CLOSE = {"(", "[", r"\lfloor", r"\lceil"}, {")", "]", r"\rfloor", r"\rceil"}
#: Points at 10 points of type: signs of Computer Modern (cmr10, cmsy10), and the spaces of
#: mathematics in eighteenths of a quad (The TeXbook, chapter 18).
_SIGNS = {
    **dict.fromkeys("()", 3.89),
    **dict.fromkeys("[],.:;|", 2.78),
    **dict.fromkeys((r"\lfloor", r"\rfloor", r"\lceil", r"\rceil"), 4.45),
    **dict.fromkeys("+-=<>", 7.78),
    "/": 5.0,
    r"\cdot": 2.78,
    r"\infty": 10.0,
    r"\sum": 14.45,
    r"\_": 5.0,
    r"\%": 8.34,
    r"\quad": 10.0,
    r"\qquad": 20.0,
    r"\,": 1.67,
    r"\;": 2.78,
    r"\ ": 3.34,
}
_THIN, _MEDIUM, _THICK = 1.67, 2.23, 2.78
_NAMES = {r"\max": "max", r"\min": "min", r"\log": "log", r"\ln": "ln", r"\exp": "exp"}
_WORDS = {r"\mathrm", r"\text", r"\textbf", r"\operatorname"}
_SILENT = {
    r"\allowbreak",
    r"\displaystyle",
    r"\left",
    r"\right",
    r"\limits",
    r"\ttfamily",
    r"\small",
}
#: A bar with its ends, the sign of a root, what follows an index, a sign that is not known.
_BAR, _ROOT, _AFTER, _UNKNOWN = 2.4, 8.34, 0.5, 10.0
#: What ends of lines cost: each line, a bracket that is open, a comma rather than a sign.
_LINE, _DEPTH, _COMMA = 0.6, 0.35, 0.2
#: What estimated widths may be wrong by.
_SPARE = 0.5


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is never broken: LaTeX, its width in points, and the cost of a break before it."""

    text: str
    width: float
    cost: float


def width_of(formula: str) -> float:
    r"""The width of a formula in points, as TeX sets it in display style at 10 points.

    >>> round(width_of("2 H (I + V)"), 1)
    47.4
    """
    return sum(piece.width for piece in _pieces(formula))


def broken(formula: str, first: float, rest: float) -> list[str]:
    """A formula on lines, those behind the first beginning with a sign or behind a comma.

    Args:
        formula: in LaTeX.
        first: width of the first line in points; ``rest``: of those that follow.

    Returns:
        The lines; one that holds a piece wider than itself holds that alone.

    >>> broken("a b + c (d + e) + f", 72, 72)
    ['a b + c (d + e)', '+ f']
    """
    pieces = _pieces(formula)
    ends: list[tuple[float, int]] = [(0.0, 0)]
    sums = [0.0]
    for piece in pieces:
        sums.append(sums[-1] + piece.width)
    for end in range(1, len(pieces) + 1):
        choices = []
        for start in range(end - 1, -1, -1):
            room, wide = (rest if start else first) - _SPARE, sums[end] - sums[start]
            if wide > room and start < end - 1:
                break
            slack = 0.0 if end == len(pieces) else (max(0.0, room - wide) / room) ** 2
            cost = _LINE + slack + (pieces[start].cost if start else 0.0)
            choices.append((ends[start][0] + cost, start))
        ends.append(min(choices))
    lines, end = [], len(pieces)
    while end:
        start = ends[end][1]
        lines.append("".join(piece.text for piece in pieces[start:end]).strip())
        end = start
    return lines[::-1]


def _pieces(formula: str) -> list[_Piece]:
    tokens = _TOKENS.findall(formula)
    found: list[_Piece] = []
    text, width, cost, depth, at = "", 0.0, 0.0, 0, 0
    before = "("
    while at < len(tokens):
        sign = tokens[at]
        binary = sign in ("+", "-") and before not in (*_OPEN, ",", "=")
        if (binary or sign == "=") and text.strip():
            found.append(_Piece(text, width, cost))
            text, width, cost = "", 0.0, _DEPTH * depth
        step, end = _atom(tokens, at, 0)
        depth += (sign in _OPEN) - (sign in _CLOSE)
        text, width, at = text + "".join(tokens[at:end]), width + step, end
        width += 2 * _MEDIUM if binary else 2 * _THICK if sign == "=" else 0.0
        before = sign if sign.strip() else before
        if sign == ",":
            found.append(_Piece(text, width + _THIN, cost))
            text, width, cost = "", 0.0, _COMMA + _DEPTH * depth
    return [*found, _Piece(text, width, cost)] if text.strip() else found


def _atom(tokens: Sequence[str], at: int, size: int) -> tuple[float, int]:
    """The width of what begins at a place, with its indices, and where the next begins."""
    sign = tokens[at]
    match sign:
        case "{":
            width, at = _group(tokens, at, size)
        case "^" | "_":
            width, at = _group(tokens, at + 1, 1)
            return width + _AFTER, at
        case r"\frac":
            above, at = _group(tokens, at + 1, size)
            below, at = _group(tokens, at, size)
            width = max(above, below) + _BAR
        case r"\sqrt":
            width, at = _group(tokens, at + 1, size)
            width += _ROOT
        case _ if sign in _WORDS:
            end = _end(tokens, at + 1)
            words = "".join(tokens[at + 1 : end])
            letters = re.sub(r"\\(?=_|%)|[{}$]|\\[a-z]+ ?", "", words)
            width, at = sum(_upright(c, size) for c in letters), end
        case r"\bmod":
            width, at = sum(_upright(c, size) for c in "mod") + 4 * _MEDIUM, at + 1
        case _ if sign in _NAMES:
            width, at = sum(_upright(c, size) for c in _NAMES[sign]) + _THIN, at + 1
        case _:
            width, at = _sign(sign, size), at + 1
    return width, at


def _group(tokens: Sequence[str], at: int, size: int) -> tuple[float, int]:
    """The width of an argument: what is between braces, or what is there without them."""
    while at < len(tokens) and tokens[at].isspace():
        at += 1
    if at >= len(tokens):
        return 0.0, at
    if tokens[at] != "{":
        return _atom(tokens, at, size)
    end, width, at = _end(tokens, at), 0.0, at + 1
    while at < end - 1:
        spaced = tokens[at] in ("+", "-", "=") and not size
        step, at = _atom(tokens, at, size)
        width += step + (2 * _THICK if spaced else 0.0)
    return width, end


def _end(tokens: Sequence[str], at: int) -> int:
    """Behind the brace that closes the one at a place."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place] == "{") - (tokens[place] == "}")
        if not depth:
            return place + 1
    return len(tokens)


def _sign(sign: str, size: int) -> float:
    if sign.isspace() or sign in _SILENT:
        return 0.0
    if sign.isdigit():
        return _upright(sign, size)
    italic = _metrics()["italic"].get(sign.removeprefix("\\"))
    if italic:
        return float(italic[size])
    return _SIGNS.get(sign, _UNKNOWN) * (0.8 if size else 1.0)


def _upright(char: str, size: int) -> float:
    known = _metrics()["upright"].get(char)
    return float(known[size]) if known else _SIGNS.get(char, 5.0)


@cache
def _metrics() -> dict[str, dict[str, list[float]]]:
    return shipped("document/data", "metrics")
