"""Their side of a claim: the printed equation over edgesym's symbols."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy

from edgesym.catalogue import REGISTRY
from edgesym.claims.assumptions import Assumption, substitution
from edgesym.claims.claim import Claim
from edgesym.claims.derive import Subject, derive, total
from edgesym.errors import EdgesymError, ExpressionError
from edgesym.notation import bind, read_equation
from edgesym.symbols import TABLE, declared, describe, symbol

__all__ = ["Equation", "read_claim"]

_KIND = re.compile(r"[a-z_]+\.[a-z_]+")


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """An equation as printed and as bound.

    Attributes:
        printed: over the names of the text.
        bound: over the symbols of the table, and quantities by name.
        quantities: those of the registry that it is written in.
        unknown: names that stand for nothing edgesym has.
        symbols: what the names of the text stand for.
        meanings: the same, read.
    """

    printed: sympy.Expr
    bound: sympy.Expr
    quantities: tuple[sympy.Symbol, ...]
    unknown: tuple[str, ...]
    symbols: Mapping[str, str]
    meanings: Mapping[sympy.Symbol, sympy.Expr]

    def under(self, subject: Subject, assumptions: tuple[Assumption, ...]) -> sympy.Expr:
        """The equation with its quantities derived, and assumptions put in."""
        whole = self.bound
        if self.quantities:
            asked = {q: Subject(q.name, phase=subject.phase) for q in self.quantities}
            found = {q: total(derive(s, assumptions)) for q, s in asked.items()}
            whole = whole.xreplace(found)
            if subject.one_format:
                one = symbol("bytes_per_element")
                formats = [word for word in TABLE if word.endswith("_bytes_per_element")]
                whole = whole.xreplace({symbol(word): one for word in formats})
        return whole.xreplace(substitution(assumptions))

    @property
    def letters(self) -> frozenset[sympy.Symbol]:
        """Symbols that a name of the equation stands for, alone or in a product."""
        used = {s.name for s in self.printed.free_symbols}
        return frozenset(
            s
            for name, value in self.meanings.items()
            if name.name in used and not value.is_Add
            for s in value.free_symbols
        )

    @property
    def own_letters(self) -> dict[sympy.Symbol, sympy.Symbol]:
        """The author's letter of each symbol that has one."""
        found: dict[sympy.Symbol, sympy.Symbol] = {}
        for name, value in self.meanings.items():
            if value.is_Symbol:
                found.setdefault(value, name)
        return found

    def lettered(self, expression: sympy.Expr) -> sympy.Expr:
        """An expression in the author's letters; a symbol without one keeps ours, or its word."""
        letters = self.own_letters
        taken = {name.name for name in letters.values()}
        words = {s: declared(describe(s).word) for s in expression.free_symbols if s.name in taken}
        return expression.xreplace({**words, **letters})

    def rebound(self, printed: sympy.Expr) -> Equation:
        """The same equation with another form of what is printed."""
        return replace(self, printed=printed, bound=printed.xreplace(self.meanings))


def read_claim(claim: Claim) -> Equation:
    """The equation of a claim, read and bound.

    Raises:
        ExpressionError: it cannot be read, or uses a name that is not declared.
    """
    try:
        printed = read_equation(claim.text, claim.symbols, notation=claim.notation)
        bound = _bound(printed, claim.symbols)
        meanings = {declared(name): _meaning(name, text) for name, text in claim.symbols.items()}
    except EdgesymError as error:
        raise type(error)(f"{claim.label}: {error}") from error
    except RecursionError as error:
        raise ExpressionError(f"{claim.label}: nested too deeply to be read") from error
    ours = {symbol(word) for word in TABLE} | {
        symbol(word) for word in _kinds(claim.symbols).values()
    }
    foreign = sorted(bound.free_symbols - ours, key=str)
    quantities = tuple(s for s in foreign if s.name in REGISTRY)
    unknown = tuple(s.name for s in foreign if s.name not in REGISTRY)
    return Equation(printed, bound, quantities, unknown, claim.symbols, meanings)


def _bound(printed: sympy.Expr, symbols: Mapping[str, str]) -> sympy.Expr:
    """The equation over the symbols of the table; ``head_dim.rotary`` is one kind of a symbol."""
    kinds = _kinds(symbols)
    named = {declared(name): symbol(word) for name, word in kinds.items()}
    rest = {name: text for name, text in symbols.items() if name not in kinds}
    return bind(printed.xreplace(named), rest)


@lru_cache(maxsize=4096)
def _meaning(name: str, text: str) -> sympy.Expr:
    """What one name stands for."""
    return _bound(declared(name), {name: text})


def _kinds(symbols: Mapping[str, str]) -> dict[str, str]:
    """Names that stand for one kind of a symbol, a word with a dot."""
    found = {name: text.strip() for name, text in symbols.items() if _KIND.fullmatch(text.strip())}
    return {name: word for name, word in found.items() if word.partition(".")[0] in TABLE}
