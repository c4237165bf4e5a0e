"""Their side of a claim: the printed equation over edgesym's symbols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy

from edgesym.algebra.once import replaced
from edgesym.claims.asked import is_quantity
from edgesym.claims.assumptions import Assumption, in_order, substitution
from edgesym.claims.claim import Claim, Defined
from edgesym.claims.derive import Subject, derive, step_words, total
from edgesym.claims.understood import formula_in_words
from edgesym.errors import EdgesymError, ExpressionError
from edgesym.notation import bind, read, read_equation
from edgesym.notation.bounds import bounded
from edgesym.symbols import TABLE, declared, describe, in_table, symbol

__all__ = ["Equation", "read_claim", "trace_of"]


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

    def under(
        self,
        subject: Subject,
        assumptions: tuple[Assumption, ...],
        given: Mapping[sympy.Symbol, sympy.Expr] | None = None,
    ) -> sympy.Expr:
        """The equation with its quantities derived, or given as numbers, and assumptions put in."""
        whole = replaced(self.bound, given or {})
        if self.quantities:
            open_ = (q for q in self.quantities if q in whole.free_symbols)
            asked = {q: Subject(q.name, phase=subject.phase, model=subject.model) for q in open_}
            found = {q: total(derive(s, assumptions)) for q, s in asked.items()}
            whole = replaced(whole, found)
            if subject.one_format:
                one = symbol("bytes_per_element")
                formats = [word for word in TABLE if word.endswith("_bytes_per_element")]
                whole = replaced(whole, {symbol(word): one for word in formats})
        whole = replaced(whole, {**step_words(subject.phase), **substitution(assumptions)})
        return in_order(whole, assumptions)

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
        return replaced(expression, {**words, **letters})

    def rebound(self, printed: sympy.Expr) -> Equation:
        """The same equation with another form of what is printed."""
        return replace(self, printed=printed, bound=replaced(printed, self.meanings))


#: Symbols and operations of an equation that is checked, and how deep fractions, roots and maxima
#: nest in it: each is held against thousands of sets of assumptions. Published ones have some
#: dozens, 2 deep; the energy of a generation of gemma-3-4b, as derived, 4,585 with 247 maxima.
_MOST = {"nodes": 6_000, "nested": 8, "opaque": 80, "stepped": 300}


def read_claim(claim: Claim) -> Equation:
    """The equation of a claim, read and bound.

    Raises:
        ExpressionError: it cannot be read, or uses a name that is not declared.
    """
    try:
        printed = _traced(claim, claim.text, (), {})
        bound = _bound(bounded(printed, **_MOST), claim.symbols)
        meanings = {declared(name): _meaning(name, text) for name, text in claim.symbols.items()}
    except EdgesymError as error:
        raise type(error)(f"{claim.label}: {error}") from error
    except RecursionError as error:
        raise ExpressionError(f"{claim.label}: nested too deeply to be read") from error
    foreign = sorted((s for s in bound.free_symbols if not in_table(s)), key=str)
    quantities = tuple(s for s in foreign if is_quantity(s.name))
    unknown = tuple(s.name for s in foreign if not is_quantity(s.name))
    return Equation(printed, bound, quantities, unknown, claim.symbols, meanings)


def trace_of(claim: Claim) -> dict[str, Defined]:
    """The definitions that an equation uses, and those that these use in turn.

    Raises:
        ExpressionError: the claim cannot be read, or a name is defined by itself.
    """
    used: dict[str, Defined] = {}
    _traced(claim, claim.text, (), used)
    return used


def _traced(
    claim: Claim, text: str, above: tuple[str, ...], used: dict[str, Defined]
) -> sympy.Expr:
    """The right-hand side of an equation, with the names that others define put in.

    Raises:
        ExpressionError: one defines itself, by whatever way.
    """
    known = [*claim.symbols, *(name for name in claim.definitions if name not in claim.symbols)]
    if above:  # what defines a name is equal to it
        found = read_equation(text, known, notation=claim.notation)
    else:
        found = read(text, known, notation=claim.notation).expression
    values: dict[sympy.Symbol, sympy.Expr] = {}
    for name, made in claim.definitions.items():
        if name in claim.symbols or declared(name) not in found.free_symbols:
            continue
        if name in above:
            way = " -> ".join((*above[above.index(name) :], name))
            raise ExpressionError(f"{name!r} is defined by itself: {way}")
        used[name] = made
        values[declared(name)] = _traced(claim, made.text, (*above, name), used)
    return replaced(found, values)


def _bound(printed: sympy.Expr, symbols: Mapping[str, str]) -> sympy.Expr:
    """The equation over the symbols of the table.

    Names of which nothing is known stay, and those of a qualified quantity are called as it is.
    """
    ends = {name: name if text == "?" else text.strip() for name, text in symbols.items()}
    kept = {name: end for name, end in ends.items() if symbols[name] == "?" or _qualified(end)}
    held = {declared(name): sympy.Dummy(name) for name in kept}
    known = {name: formula_in_words(text) for name, text in symbols.items() if name not in kept}
    bound = bind(replaced(printed, held), known)
    return replaced(bound, {held[declared(name)]: declared(end) for name, end in kept.items()})


def _qualified(text: str) -> bool:
    return text.endswith("]") and text.count("[") == 1 and is_quantity(text)


@lru_cache(maxsize=4096)
def _meaning(name: str, text: str) -> sympy.Expr:
    """What one name stands for."""
    return _bound(declared(name), {name: text})
