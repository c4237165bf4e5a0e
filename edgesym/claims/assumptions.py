"""Assumptions of papers: a small vocabulary kept as data, and free substitutions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import sympy

from edgesym.data import shipped
from edgesym.errors import EdgesymError, ExpressionError, UnknownNameError
from edgesym.expression import read
from edgesym.symbols import TABLE, symbol

__all__ = ["FORMATS", "GRADES", "Assumption", "assume", "formula", "substitution", "vocabulary"]

#: Grade -> what kind of departure it is, the most natural first.
GRADES = {
    "structure": "another model",
    "convention": "another way of counting",
    "scope": "what the equation speaks of",
    "half": "a half of it is counted",
    "omission": "left out, of lower order",
    "reading": "another reading of what the number is of",
}

#: Words of bytes per element of one kind of tensor.
FORMATS = tuple(word for word in TABLE if word.endswith("_bytes_per_element"))
Pairs = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a paper may assume, and what that changes in our derivation.

    Attributes:
        name: what it is called.
        grade: a key of :data:`GRADES`.
        text: one line.
        option: options of the reference decoder.
        convention: choices of the convention.
        training: choices of the way of training.
        substitute: word -> formula over words.
        without: parts left out, ``*`` for anything.
        factor: factor on the FLOPs of a forward pass.
        repeated: that factor on the layers, where it is another one.
        times: part -> factor.
        replace: quantity -> formula that stands for it.
        per: what the amount is taken per, besides what the claim says.
        excludes: assumptions that contradict it.
        search: whether the search may assume it.
        phases: phases of a claim in which it may; any, where there are none.
        weight: how much it asks of a reader who has to assume it.
        needs: assumptions of which one usually goes with it.
        absurd: assumptions that nobody means besides it.
    """

    name: str
    grade: str = "structure"
    text: str = ""
    option: Pairs = ()
    convention: Pairs = ()
    training: Pairs = ()
    substitute: Pairs = ()
    without: tuple[str, ...] = ()
    factor: str = ""
    repeated: str = ""
    times: Pairs = ()
    replace: Pairs = ()
    per: str = ""
    excludes: tuple[str, ...] = ()
    search: bool = True
    phases: tuple[str, ...] = ()
    weight: int = 1
    needs: tuple[str, ...] = ()
    absurd: tuple[str, ...] = ()

    @property
    def substitutes(self) -> bool:
        """Whether it puts a formula in for a symbol, and does nothing else."""
        return bool(self.substitute)

    def contradicts(self, other: Assumption) -> bool:
        """Whether the two cannot hold together."""
        named = self.name in other.excludes or other.name in self.excludes
        words = {word for word, _ in self.substitute} & {word for word, _ in other.substitute}
        return named or (bool(words) and self != other)


_NAMES = {f.name for f in fields(Assumption)} - {"name"}


@cache
def vocabulary() -> dict[str, Assumption]:
    """The assumptions that ``shared/assumptions.toml`` knows, by name."""
    table = shipped("claims/shared", "assumptions")
    return {name: _assumption(name, row) for name, row in table.items()}


def _assumption(name: str, row: Mapping[str, Any]) -> Assumption:
    given: dict[str, Any] = {
        key: tuple(value.items()) if isinstance(value, dict) else value
        for key, value in row.items()
        if key in _NAMES
    }
    given |= {key: tuple(value) for key, value in given.items() if isinstance(value, list)}
    return Assumption(name, **given)


@cache
def _aliases() -> dict[str, str]:
    table = shipped("claims/shared", "assumptions")
    return {
        _plain(alias): name for name, row in table.items() for alias in (name, *row.get("also", []))
    }


def _plain(text: str) -> str:
    return "".join(text.lower().split()).replace("-", "")


def assume(text: str) -> Assumption:
    """The assumption that a text names: one of the vocabulary, or ``word = formula``.

    >>> assume("multi-head attention").name
    'kv_heads = heads'
    >>> assume("intermediate = 8*hidden/3").substitute
    (('intermediate', '8*hidden/3'),)

    Raises:
        UnknownNameError: neither; with the nearest names.
        ExpressionError: the formula cannot be read.
    """
    if _plain(text) in _aliases():
        return vocabulary()[_aliases()[_plain(text)]]
    word, sign, right = text.partition("=")
    word = word.strip()
    if sign and word.partition(".")[0] in TABLE:
        value = formula(right.strip())
        if symbol(word) in value.free_symbols:
            raise ExpressionError(f"assumption {text!r}: {word} stands on both sides")
        return Assumption(f"{word} = {right.strip()}", substitute=((word, right.strip()),))
    if sign and word.isidentifier():
        raise UnknownNameError(f"word in the assumption {text!r}:", word, TABLE)
    raise UnknownNameError(
        "assumption", text, vocabulary(), "A substitution reads: word = formula over words"
    )


@cache
def formula(text: str) -> sympy.Expr:
    """A formula over the words of the symbol table.

    >>> formula("hidden/heads")
    H/A

    Raises:
        ExpressionError: it is none, or has another word in it.
    """
    found = read(text, {word: symbol(word) for word in TABLE}, {"max": sympy.Max, "min": sympy.Min})
    if isinstance(found, bool | str | list) or found is None:
        raise ExpressionError(f"{text!r} is no formula over words")
    return sympy.nsimplify(found) if isinstance(found, float) else sympy.sympify(found, strict=True)


def substitution(assumptions: Iterable[Assumption]) -> dict[sympy.Symbol, sympy.Expr]:
    """What the assumptions put in for symbols, each in terms of those that are left.

    A number of bytes per element is that of every kind of tensor without one of its own.

    Raises:
        EdgesymError: two of them give a symbol different values, or go in a circle.
    """
    found: dict[sympy.Symbol, sympy.Expr] = {}
    for assumption in assumptions:
        for word, text in assumption.substitute:
            value = formula(text)
            if found.setdefault(symbol(word), value) != value:
                raise EdgesymError(f"two assumptions on {word}: {found[symbol(word)]} and {value}")
    bytes_of_all = found.get(symbol("bytes_per_element"))
    if bytes_of_all is not None and bytes_of_all.is_number:
        found = {**{symbol(word): bytes_of_all for word in FORMATS}, **found}
    for _ in found:
        found = {s: value.xreplace(found) for s, value in found.items()}
    if not any(value.free_symbols & found.keys() for value in found.values()):
        return found
    circle = ", ".join(sorted(str(s) for s in found))
    raise EdgesymError(f"assumptions go in a circle: {circle}")
