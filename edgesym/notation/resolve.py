"""From pieces to the tokens of the grammar: names, numbers, units, products left unwritten.

Side by side is a product. In a denominator what stands side by side without space belongs
together (``s/6h`` is s/(6h), as printed in journals), but a fraction of two numbers is a factor
(``1/2n`` is n/2); brackets and space go on from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from lark import Token

from edgesym.notation.arrange import bracket, pairs
from edgesym.notation.errors import NotationError
from edgesym.notation.names import Names, function_at, spelled
from edgesym.notation.numbers import exact
from edgesym.notation.remarks import is_remark, undeclared
from edgesym.notation.scan import Piece
from edgesym.notation.sums import Head, latex_head, plain_head
from edgesym.notation.units import unit_at
from edgesym.notation.vocabulary import (
    BRACKETS,
    FRACTIONS,
    FUNCTIONS,
    OPERATORS,
    ORDERS,
    RELATIONS,
    UNITS,
)
from edgesym.symbols import declared, index

__all__ = ["Resolver"]

_ENDS = {"NUMBER", "NAME", "RPAR", "RBRACE", "RCEIL", "RFLOOR", "PERCENT"}
_STARTS = {"NUMBER", "NAME", "LPAR", "LBRACE", "LCEIL", "LFLOOR", "FRAC", "SQRT", "LOG", "SUM"}
_STARTS |= {"FUNCTION", "PROD"}
_CLOSING = {closing: token for closing, _, token in BRACKETS.values()}


class Resolver:
    """Reads the pieces of one side of an equation to tokens."""

    def __init__(self, pieces: Sequence[Piece], names: Names, text: str, latex: bool) -> None:
        self.pieces, self.names, self.text, self.latex = pieces, names, text, latex
        self.closed = pairs(pieces, text)
        self.tokens: list[Token] = []
        self.indices: dict[str, Any] = {}
        self.fresh, self.at = True, 0
        self.unit, self.order = "", ""
        self.suffix: Piece | None = None

    def run(self) -> list[Token]:
        """The tokens of the whole side.

        Raises:
            NotationError: a name that is not declared, a sign that is not understood.
        """
        self._order_of_growth()
        self._until(len(self.pieces))
        if self.suffix and any(token.type == "NAME" for token in self.tokens):
            self._undeclared(self.pieces.index(self.suffix))
        return self.tokens

    def _order_of_growth(self) -> None:
        """Notes the sign of an order of growth, whose argument is the expression."""
        pieces = self.pieces
        if len(pieces) > 2 and 1 in self.closed:
            sign, behind = spelled(pieces[:1]), pieces[self.closed[1] + 1 :]
            alone = all(piece.kind == "text" for piece in behind)
            known = sign in ORDERS and pieces[0].kind in ("letter", "text")
            if alone and known and not self.names.at(pieces, 0):
                self.order, self.at = sign, 1

    def _until(self, end: int) -> None:
        while self.at < end:
            self._step()

    def _emit(self, kind: str, value: Any, joins: bool = True) -> None:
        piece = self.pieces[min(self.at, len(self.pieces) - 1)]
        last = self.tokens[-1].type if self.tokens else ""
        if joins and not self.fresh and kind in _STARTS and last in _ENDS:
            if kind == "NUMBER" and last == "NUMBER":
                self._fail("two numbers side by side; write \\cdot, or digits in groups of three")
            tight = kind == "NAME" and not piece.gap and last in ("NUMBER", "NAME", "RBRACE")
            before = [token.type for token in self.tokens[-3:]]
            tight = tight and before != ["NUMBER", "DIVIDE", "NUMBER"]
            self.tokens.append(self._token("TIGHT" if tight else "TIMES", "", piece))
        self.fresh = False
        self.tokens.append(self._token(kind, value, piece))

    @staticmethod
    def _token(kind: str, value: Any, piece: Piece) -> Token:
        return Token(kind, value, start_pos=piece.start, end_pos=piece.end)

    def _fail(self, what: str, i: int | None = None) -> NoReturn:
        piece = self.pieces[min(self.at if i is None else i, len(self.pieces) - 1)]
        raise NotationError(what, self.text, piece.start, self.text[piece.start : piece.end])

    def _step(self) -> None:
        piece = self.pieces[self.at]
        name = bracket(piece)
        if piece.kind == "number":
            self._number(piece)
        elif self._name():
            return
        elif piece.kind == "text":
            self._remark(piece)
        elif piece.kind == "letter":
            self._undeclared(self.at)
        elif name in BRACKETS:
            self._emit(BRACKETS[name][1], name)
            self.at += 1
        elif name in _CLOSING:
            self._emit(_CLOSING[name], name)
            self.at += 1
        elif piece.is_sign("^", "**"):
            self._emit("POW", piece.text)
            self.at += 1
            if self.latex and self._is("{"):
                self._braced()
        elif piece.text in OPERATORS:
            self._emit(OPERATORS[piece.text], piece.text)
            self.at += 1
        elif piece.is_sign(","):
            self._emit("COMMA", ",")
            self.at += 1
        elif piece.kind == "command":
            self._command(piece)
        elif piece.is_sign("|"):
            self._size(piece)
        elif piece.is_sign("_"):
            self._undeclared(self.at)
        elif piece.text in RELATIONS:
            self._fail("a relation within brackets")
        else:
            self._fail(f"{piece.text!r} is not understood")

    def _is(self, sign: str) -> bool:
        return self.at < len(self.pieces) and self.pieces[self.at].is_sign(sign)

    def _braced(self, kinds: tuple[str, str] = ("LBRACE", "RBRACE")) -> None:
        """A group that is an argument, not a factor."""
        if self.at not in self.closed:
            self._fail("an argument in braces is missing")
        end = self.closed[self.at]
        self._emit(kinds[0], "", joins=False)
        self.at += 1
        self._until(end)
        self._emit(kinds[1], "")
        self.at = end + 1

    def _number(self, piece: Piece) -> None:
        try:
            value = exact(piece.text)
        except NotationError as error:
            self._fail(str(error))
        if self.at and self.pieces[self.at - 1].kind == "letter" and not piece.gap:
            self._undeclared(self.at - 1)
        found = unit_at(self.pieces, self.at + 1, self.names)
        if found is None:
            self._emit("NUMBER", value)
            self.at += 1
            return
        self._emit("NUMBER", value * found.factor)
        self.unit = found.unit or self.unit
        if found.bare and self.suffix is None:
            self.suffix = self.pieces[self.at + 1]
        self.at = found.end

    def _name(self) -> bool:
        """Reads a declared name, an index or a function that begins here, the longest of them."""
        word = function_at(self.pieces, self.at)
        known = self.names.at(self.pieces, self.at)
        if known and (word is None or known[1] >= word[1]):
            self._emit("NAME", declared(known[0]))
            self.at = known[1]
            return True
        if word:
            self._function(*word)
            return True
        if self.pieces[self.at].kind == "letter" and self.indices:
            found = Names({i: i for i in self.indices}, 12).at(self.pieces, self.at)
            if found:
                self._emit("NAME", self.indices[found[0]])
                self.at = found[1]
                return True
        return False

    def _function(self, word: str, end: int) -> None:
        kind = FUNCTIONS[word]
        if kind == "SUM":
            self._plain_sum(end)
            return
        self._emit("FUNCTION", kind)
        self.at = end

    def _command(self, piece: Piece) -> None:
        name = piece.text
        if name in FRACTIONS:
            self._emit("FRAC", name)
            self.at += 1
            self._braced()
            self._braced()
        elif name == "sqrt":
            self._emit("SQRT", name)
            self.at += 1
            if self._is("["):
                self._braced(("LROOT", "RROOT"))
            self._braced()
        elif name in ("log", "ln"):
            self._logarithm(name)
        elif name in ("max", "min"):
            self._emit("FUNCTION", FUNCTIONS[name])
            self.at += 1
            if not (self._is("(") or self._is("\\{") or self._is("[")):
                self._fail(f"\\{name} takes its arguments in brackets: \\{name}(a, b)")
        elif name in ("sum", "prod"):
            self._sum(name)
        elif name == "_":
            self._undeclared(self.at)
        else:
            self._fail(f"command \\{name} is not understood here")

    def _logarithm(self, name: str) -> None:
        self._emit("LOG", name)
        self.at += 1
        if self._is("_"):
            self._emit("BASE", "")
            self.at += 1
            self._braced()
        self.fresh = True
        if self._is("(") or self._is("["):
            return
        if self._is("{"):
            self._braced()
            return
        start = len(self.tokens)
        self._emit("LBRACE", "")
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            loose = len(self.tokens) > start + 1 and (piece.gap or self.at in self.closed)
            ends = bracket(piece) in _CLOSING or piece.is_sign(",")
            if ends or loose or (piece.text in OPERATORS and not piece.is_sign("^", "**")):
                break
            self._step()
        self._emit("RBRACE", "")

    def _size(self, piece: Piece) -> None:
        """The size of a set, or of what is positive: ``|V|`` where V is declared."""
        found = self.names.at(self.pieces, self.at + 1) if self.at + 1 < len(self.pieces) else None
        if found and found[1] < len(self.pieces) and self.pieces[found[1]].is_sign("|"):
            self._emit("NAME", declared(found[0]))
            self.at = found[1] + 1
            return
        rest = self.pieces[self.at + 1 : self.at + 12]
        ends = next((i for i, p in enumerate(rest) if p.is_sign("|")), None)
        if ends is None:
            self._fail("'|' is not understood")
        name = spelled(self.pieces[self.at : self.at + ends + 2])
        text = self.text[piece.start : rest[ends].end]
        what = f"{name!r} is not declared{self.names.hint(name)}"
        raise NotationError(what, self.text, piece.start, text, name)

    def _sum(self, name: str) -> None:
        head = latex_head(self.pieces, self.closed, self.at + 1)
        if head is None:
            self._fail(f"a {name} needs index and bounds: \\{name}_{{i=1}}^{{n}}")
        self._totalled(head, name.upper())

    def _plain_sum(self, end: int) -> None:
        head = plain_head(self.pieces, self.closed, end)
        if head is None:
            self._fail("a sum is written Sum(term, (i, first, last))")
        self._emit("LPAR", "")
        self._totalled(head)
        self._emit("LPAR", "")
        self._until(head.end)
        self._emit("RPAR", "")
        self._emit("RPAR", "")
        self.at = self.closed[end] + 1

    def _totalled(self, head: Head, kind: str = "SUM") -> None:
        """What comes before the terms of a sum or the factors of a product."""
        for name in head.indices:
            if name in self.names.by_spelling:
                self._fail(f"index {name!r} of a sum is declared already")
            self._emit(kind, "")
            for first, last in (head.lower, head.upper):
                self._emit("LBRACE", "", joins=False)
                self.at = first
                self._until(last)
                self._emit("RBRACE", "")
            made = self.indices.setdefault(name, index(name))
            self._emit("NAME", made, joins=False)
            self.fresh = True
        self.at = head.body

    def _remark(self, piece: Piece) -> None:
        after_value = bool(self.tokens) and self.tokens[-1].type in _ENDS
        if not is_remark(self.pieces, self.at, first=not self.tokens, after_value=after_value):
            self._undeclared(self.at)
        word = spelled([piece])
        self.unit = self.unit or (UNITS[word][1] if word in UNITS else "")
        self.at += 1

    def _undeclared(self, i: int) -> NoReturn:
        raise undeclared(self.pieces, i, self.closed, self.names, self.text)
