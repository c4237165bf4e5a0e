"""Two doors to one expression: an equation as typed, or as LaTeX prints it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import sympy

from edgesym.data import packaged
from edgesym.domain import checked_but
from edgesym.notation.arrange import arrange, pairs, relations
from edgesym.notation.errors import NotationError
from edgesym.notation.names import Names
from edgesym.notation.scan import Piece, scan
from edgesym.notation.vocabulary import COUNTS, RELATIONS, UNITS
from edgesym.plain import shown

__all__ = ["Reading", "read", "read_equation", "without_remarks"]

_REMARK = re.compile(r"\s*(where|for|if|with|when|and|given|such that)\b")
#: A name that a number before it would swallow: e3 in 2e3.
_POWER = re.compile(r"[eE][0-9]")
_PRINTED = re.compile(r"[0-9][0-9.,]*(?:\s*\\?%|\s*[A-Za-z]{1,5}\b)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """What an equation says.

    ``relation`` is the last one (``=``, ``approx``, ``<=``, ``>=`` or the empty text), ``unit``
    the unit that the right-hand side carries (the empty text if none), ``order`` the sign of an
    order of growth that it is the argument of (``O``, ``Theta``, ``Omega``, ``o``).
    """

    expression: sympy.Expr
    relation: str = ""
    unit: str = ""
    order: str = ""


@checked_but("text")
def read_equation(
    text: str, symbols: str | Iterable[str] | Mapping[str, object], notation: str = "latex"
) -> sympy.Expr:
    r"""The right-hand side of an equation over its declared names.

    Side by side is a product, also before a bracket; the longest declared name goes first.
    Where a number is rounded behind an approximate sign, the value before it is returned.

    Args:
        text: an equation or expression; ``=``, ``\approx``, labels and remarks are understood.
        symbols: the names as they stand in the text, or a mapping of them to anything.
        notation: ``"latex"`` or ``"plain"`` (``L*(4*H**2) + 2*V*H``).

    Returns:
        An expression over :func:`edgesym.symbols.declared` of the names as they were declared.

    >>> read_equation(r"P = L(4H^2) + \frac{2}{3} d_\text{ff} H", ["L", "H", "d_ff"])
    4*H**2*L + 2*H*d_ff/3
    >>> read_equation("12*L*H**2", ["L"], notation="plain")
    Traceback (most recent call last):
    ...
    edgesym.notation.errors.NotationError: 'H' is not declared; declared: L (at character 6: ...

    Raises:
        NotationError: what cannot be read, where it stands, and which name is not declared.
    """
    reading = read(text, symbols, notation)
    if reading.relation == "propto":
        raise NotationError("it says a size up to a factor only; read() gives the relation")
    return reading.expression


@checked_but("text")
def read(
    text: str, symbols: str | Iterable[str] | Mapping[str, object], notation: str = "latex"
) -> Reading:
    r"""As :func:`read_equation`, with relation and unit.

    >>> read(r"M \approx 2\,GB", [])
    Reading(expression=2000000000, relation='approx', unit='B', order='')
    """
    if notation not in ("latex", "plain"):
        raise NotationError(f"notation {notation!r} is unknown; there are 'latex' and 'plain'")
    if not isinstance(text, str):
        kind = type(text).__name__
        raise NotationError(f"text = {shown(text)}: an equation is text, not {kind}")
    return _read(text, tuple(Names.of(symbols).by_spelling.items()), notation == "latex")


@lru_cache(maxsize=256)  # an equation is looked at for its relation, its order and its sides
def _read(text: str, spellings: tuple[tuple[str, str], ...], latex: bool) -> Reading:
    names = Names.spelled(dict(spellings))
    powers = not any(_POWER.match(name) for name in names.by_spelling)
    pieces = [p for p in scan(text, latex=latex, powers=powers) if not p.is_sign("$")]
    if latex:
        pieces = arrange(pieces, text)
    pieces = without_remarks(pieces, text)
    at = relations(pieces, pairs(pieces, text))
    if not at:
        return _side(pieces, names, text, latex)
    relation = RELATIONS[pieces[at[-1]].text]
    last = _side(pieces[at[-1] + 1 :], names, text, latex)
    if relation == "approx" and last.expression.is_Rational:
        before = at[-2] + 1 if len(at) > 1 else 0
        try:
            exact = _side(pieces[before : at[-1]], names, text, latex)
        except NotationError:  # the last side stands, as it is
            exact = last
        last = exact if exact.expression.is_Rational else last
    return Reading(last.expression, relation, last.unit, last.order)


def without_remarks(pieces: list[Piece], text: str) -> list[Piece]:
    """The pieces without closing punctuation, and without a condition or remark behind."""
    closed, i = pairs(pieces, text), 0
    while i < len(pieces):
        i = closed.get(i, i)
        piece, rest = pieces[i], pieces[i + 1 :]
        if piece.is_sign(",", ";"):
            ends = not rest or rest[0].kind == "text" or any(p.text in RELATIONS for p in rest)
            if not ends:
                raise NotationError("several expressions", text, piece.start, piece.text)
            pieces = pieces[:i]
        elif i and piece.kind == "text" and _REMARK.match(piece.text):
            pieces = pieces[:i]
        i += 1
    while pieces and pieces[-1].is_sign(".", ",", ";"):
        pieces = pieces[:-1]
    return pieces


def _side(pieces: Sequence[Piece], names: Names, text: str, latex: bool) -> Reading:
    if not pieces:
        raise NotationError("nothing stands where an expression is expected", text, len(text))
    if all(piece.kind == "text" for piece in pieces) and not names.at(pieces, 0):
        words = re.sub(r"\([^()]*\)", "", " ".join(piece.text for piece in pieces))
        printed = _PRINTED.findall(words)
        if len(printed) == 1:
            number = printed[0] if _counted(printed[0]) else re.sub(r"[^0-9.,]", "", printed[0])
            return _parsed(scan(number.rstrip(".,")), names, number, latex=True)
    return _parsed(pieces, names, text, latex)


def _counted(printed: str) -> bool:
    """Whether a printed number carries a suffix or unit, and not a word of a sentence."""
    word = printed.lstrip("0123456789., ")
    return word in ("%", "\\%") or word in UNITS or (word in COUNTS and printed[-2].isdigit())


def _parsed(pieces: Sequence[Piece], names: Names, text: str, latex: bool) -> Reading:
    from lark import UnexpectedInput

    from edgesym.notation.resolve import Resolver

    resolver = Resolver(pieces, names, text, latex)
    try:
        tokens = resolver.run()
    except RecursionError:
        raise NotationError("nested too deeply", text, 0) from None
    seen = [0]

    def fed() -> Iterator[Any]:
        for i, token in enumerate(tokens):
            seen[0] = i
            yield token

    try:
        expression = _parser().parse(fed())
    except UnexpectedInput:
        what = "cannot stand here, or something is missing before or behind it"
        if tokens and tokens[seen[0]].type == "POW":
            what += " (a power of a power needs brackets)"
        raise _at(tokens, seen[0], text, what) from None
    except NotationError as error:
        raise _at(tokens, seen[0], text, str(error)) from None
    except (ArithmeticError, ValueError, TypeError, RecursionError, AttributeError) as error:
        raise _at(tokens, seen[0], text, f"cannot be computed: {error}") from None
    loose = expression.free_symbols & set(resolver.indices.values())
    if loose:
        name = str(loose.pop())
        raise NotationError(f"{name!r} is not declared outside its sum", text, 0, name, name)
    return Reading(expression, "", resolver.unit, resolver.order)


def _at(tokens: Sequence[Any], i: int, text: str, what: str) -> NotationError:
    if not tokens:
        return NotationError(what, text, 0)
    start, end = tokens[i].start_pos, tokens[i].end_pos
    return NotationError(what, text, start, text[start:end])


@cache
def _parser() -> Any:
    """The LALR parser, which builds expressions as it reads, so that depth costs no stack."""
    from lark import Lark
    from lark.lexer import Lexer

    from edgesym.notation.build import Build

    class Given(Lexer):
        """The tokens are known already."""

        def __init__(self, conf: Any) -> None:
            """Nothing to set up."""

        def lex(self, lexer_state: Any, parser_state: Any = None) -> Iterator[Any]:
            """The tokens as they come."""
            return iter(lexer_state)

    grammar = packaged("notation", "equation.lark").decode()
    return Lark(grammar, parser="lalr", lexer=Given, transformer=Build())
