r"""The names that an equation declares, and where one of them stands in its pieces.

A name is spelled alike however it is typeset: ``d_{model}``, ``d_\text{model}``,
``d_{\mathrm{model}}`` and ``d_model`` are one. The longest declared name goes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from edgesym.errors import nearest
from edgesym.notation.arrange import arrange
from edgesym.notation.errors import NotationError
from edgesym.notation.scan import Piece, scan
from edgesym.notation.vocabulary import ACCENTS, FUNCTIONS

__all__ = ["Names", "function_at", "spelled"]

_LONGEST_NAME = 80
_MOST_NAMES = 400
_LAWFUL = re.compile(r"(?:\\?[^\W\d_]|\|)[\w\\{}^'/(),.*\-| ]*\Z")
_WORDS = re.compile(r"[\w\- ]+\Z")


def _prime(piece: Piece) -> bool:
    return piece.is_sign("'", "\u2032") or (piece.kind == "command" and piece.text == "prime")


def spelled(pieces: Sequence[Piece]) -> str:
    r"""How pieces are spelled in a name, without braces, fonts and space.

    >>> spelled(scan(r"d_\text{model}")), spelled(scan(r"seq\_len"))
    ('d_model', 'seq_len')
    """
    parts = []
    for piece in pieces:
        if piece.kind == "text":
            parts.append(_word(piece.text))
        elif _prime(piece):
            parts.append("'")
        elif not piece.is_sign("{", "}"):
            parts.append(piece.text)
    return "".join(parts)


def _word(text: str) -> str:
    """The spelling of upright text, of which one may be in another."""
    text = re.sub(r"\\[A-Za-z]+\s*|[{}$]", "", text.replace("\\_", "_")).strip()
    return re.sub(r"[\s-]+", "_", text)


@dataclass(frozen=True, slots=True)
class Names:
    """Declared names by their spelling."""

    by_spelling: dict[str, str]
    longest: int

    @classmethod
    def of(cls, symbols: Iterable[str] | Mapping[str, object]) -> Names:
        """The declared names of a list, a mapping, or a text such as ``"L, H, d_ff"``.

        >>> Names.of(["L", r"d_{model}"]).by_spelling
        {'L': 'L', 'd_model': 'd_{model}'}

        Raises:
            NotationError: a name twice (also in two spellings), one that is no name.
        """
        if isinstance(symbols, str):
            symbols = re.split(r"[,\s]+", symbols.strip()) if symbols.strip() else ()
        found: dict[str, str] = {}
        for name in symbols:
            spelling = _spelling(name)
            if spelling in found:
                raise NotationError(
                    f"symbol {name!r} is declared twice"
                    + (f", first as {found[spelling]!r}" if found[spelling] != name else "")
                )
            found[spelling] = name
            if len(found) > _MOST_NAMES:
                raise NotationError(f"more than {_MOST_NAMES} symbols are declared")
        return cls.spelled(found)

    @classmethod
    def spelled(cls, by_spelling: dict[str, str]) -> Names:
        """Names whose spellings are known."""
        return cls(by_spelling, max(map(len, by_spelling), default=0))

    def at(self, pieces: Sequence[Piece], i: int) -> tuple[str, int] | None:
        """The longest declared name that begins at a piece, and where it ends."""
        best: tuple[int, bool, str] | None = None
        read = ""
        for part, end in _parts(pieces, i):
            read += part
            if len(read) > 2 * self.longest + 8:
                break
            if _goes_on(pieces, end):
                continue
            for exact, spelling in _variants(read):
                if spelling in self.by_spelling:
                    best = max(best or (0, False, ""), (end, exact, self.by_spelling[spelling]))
        return None if best is None else (best[2], best[0])

    def hint(self, name: str) -> str:
        """What to say of a name that is not declared."""
        close = nearest(name, self.by_spelling)
        declared = ", ".join(sorted(self.by_spelling)[:12]) or "none"
        return f"; nearest: {', '.join(close)}" if close else f"; declared: {declared}"


def _spelling(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise NotationError(f"{str(name)[:40]!r} is not a name of 1 to {_LONGEST_NAME} characters")
    if not _LAWFUL.match(name) or "__" in name:
        raise NotationError(f"{name!r} is not a name of a symbol: a letter first, then its scripts")
    if _WORDS.match(name) and _word(name) not in FUNCTIONS:
        return _word(name)
    pieces = arrange(scan(name), name)
    word = spelled(pieces)
    barred = len(pieces) > 2 and pieces[0].is_sign("|") and pieces[-1].is_sign("|")
    known = pieces and (pieces[0].kind in ("letter", "text", "command") or barred)
    if not known or word in FUNCTIONS:
        raise NotationError(f"{name!r} is not a name of a symbol")
    if pieces[0].kind == "command" and pieces[0].text not in ACCENTS:
        raise NotationError(f"{name!r} is a command, not a name of a symbol")
    return "".join(part for part, _ in _parts(pieces, 0))


def _closing(pieces: Sequence[Piece], i: int) -> int:
    """Where the braces that open at i are closed."""
    depth = 0
    for j in range(i, len(pieces)):
        depth += pieces[j].is_sign("{") - pieces[j].is_sign("}")
        if not depth:
            return j
    return len(pieces) - 1


def _parts(pieces: Sequence[Piece], i: int) -> Iterator[tuple[str, int]]:
    """What a name that begins at i may consist of, part by part, with where each ends."""
    first = i
    while i < len(pieces):
        piece = pieces[i]
        if piece.is_sign("_", "^") and i > first:
            braced = i + 1 < len(pieces) and pieces[i + 1].is_sign("{")
            end = _closing(pieces, i + 1) if braced else i
            script = spelled(pieces[i + 1 : end])
            i = end + 1
            yield (script if script == "'" else piece.text + script), i
            continue
        if piece.kind == "command" and piece.text in ACCENTS:
            end = _closing(pieces, i + 1)
            yield f"{spelled(pieces[i + 2 : end])}_{piece.text}", end + 1
            i = end + 1
            continue
        tight = i == first or not piece.gap or pieces[i - 1].is_sign("(", ",", "|")
        if piece.kind in ("letter", "number", "text") and tight:
            read = spelled([piece])
        elif piece.kind == "command" and piece.text == "_":
            read = "_"
        elif i > first and (_prime(piece) or piece.is_sign("/", "(", ")", ",", "-", ".")):
            read = spelled([piece])
        elif piece.is_sign("|"):
            read = "|"
        else:
            return
        i += 1
        yield read, i


def function_at(pieces: Sequence[Piece], i: int) -> tuple[str, int] | None:
    """The function whose word begins at a piece and takes its arguments in brackets."""
    read = ""
    if pieces[i].kind == "text":
        read, i = pieces[i].text.strip(), i + 1
    while i < len(pieces) and pieces[i].kind in ("letter", "number") and len(read) <= 8:
        if read and pieces[i].gap:
            break
        read, i = read + pieces[i].text, i + 1
    opens = i < len(pieces) and pieces[i].is_sign("(", "\\{", "[")
    return (read, i) if read in FUNCTIONS and opens else None


def _goes_on(pieces: Sequence[Piece], end: int) -> bool:
    """Whether a name that would end here has a script or a digit more."""
    if end >= len(pieces):
        return False
    after = pieces[end]
    if after.is_sign("_") or _prime(after) or (after.kind == "command" and after.text == "_"):
        return True
    if after.kind == "number" and not after.gap:
        return pieces[end - 1].kind == "letter"
    raised = after.is_sign("^") and spelled(pieces[end + 1 : _closing(pieces, end + 1) + 1])
    return raised in ("'", "''", "*")


def _variants(read: str) -> Iterator[tuple[bool, str]]:
    """The spelling itself, then those with the scripts let down: d_hR for d_h^R, tf for t_f."""
    yield True, read
    if re.search(r"\^[\d(+-]|[\^_]$", read):
        return
    level = read.replace("^", "")
    for spelling in (level, level.replace("_", ""), level.replace("'", "p")):
        if spelling != read:
            yield False, spelling
