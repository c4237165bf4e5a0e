"""Assumptions of papers: a small vocabulary kept as data, and free substitutions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache
from math import isfinite
from typing import Any

import sympy

from edgesym.algebra.expansion import expanded
from edgesym.algebra.once import replaced
from edgesym.claims.words import over_words
from edgesym.data import shipped
from edgesym.devices import find_device
from edgesym.errors import ConfigError, EdgesymError, ExpressionError, UnknownNameError
from edgesym.formats import Format, Recipe, find_format, find_recipe
from edgesym.symbols import TABLE, describe, symbol

__all__ = [
    "FORMATS",
    "GRADES",
    "Assumption",
    "assume",
    "formula",
    "in_order",
    "ordering",
    "substitution",
    "vocabulary",
]

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
        least: word -> the word that it is at least.
        at_most: formula -> the formula that it is at most; bounds and orders rest on it.
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
    least: Pairs = ()
    at_most: Pairs = ()
    phases: tuple[str, ...] = ()
    weight: int = 1
    needs: tuple[str, ...] = ()
    absurd: tuple[str, ...] = ()

    @property
    def substitutes(self) -> bool:
        """Whether it puts a formula in for a symbol, and does nothing else."""
        return bool(self.substitute)

    @property
    def orders(self) -> Pairs:
        """(lesser, greater) for each order that it states."""
        return (*((smaller, larger) for larger, smaller in self.least), *self.at_most)

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
    """The assumption that a text names.

    One of the vocabulary, ``word = formula``, ``word >= word``, ``formula <= formula``,
    ``weights = FORMAT`` (also ``cache``, ``activations``) or ``device = DEVICE``.

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
    if ">=" in text or "<=" in text:
        return _ordered(text)
    word, sign, right = text.partition("=")
    word = word.strip()
    if word in _CHOSEN:
        name = right.strip()
        return Assumption(f"{word} = {name}", "scope", substitute=_CHOSEN[word](name))
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


def _ordered(text: str) -> Assumption:
    """An order of two words, which settles maxima, or of two formulas, which proofs may use."""
    sign = ">=" if ">=" in text else "<="
    left, right = (side.strip() for side in text.split(sign, 1))
    larger, smaller = (left, right) if sign == ">=" else (right, left)
    if {larger, smaller} <= TABLE.keys():
        return Assumption(f"{larger} >= {smaller}", "scope", least=((larger, smaller),))
    if formula(larger) == formula(smaller):
        raise ExpressionError(f"assumption {text!r}: both sides are the same")
    return Assumption(f"{smaller} <= {larger}", "scope", at_most=((smaller, larger),))


def _of_format(what: str, word: str) -> Callable[[str], Pairs]:
    """What a format of weights, activations or a cache puts in for its bytes per element."""

    def chosen(name: str) -> Pairs:
        found: Format | Recipe
        try:
            found = find_format(name)
        except UnknownNameError:  # then it is a recipe, or unknown
            found = find_recipe(name)
        if isinstance(found, Recipe) and not found.is_uniform:
            raise ConfigError(
                f"{what} = {name}: a recipe of several formats, which of them a tensor is in "
                "depends on the model; name one format, state the mean, "
                f"{word} = ..., or ask it of a card: quantity[model = CARD, {what} = {name}]"
            )
        return ((word, str(found.bytes_per_element)),)

    return chosen


def _of_device(name: str) -> Pairs:
    """What a device puts in for its figures, computing in the dtype of bf16 weights."""
    machine = find_device(name)
    figures = machine.values(machine.arithmetic(find_format("bf16")))
    put = {describe(s).word: value for s, value in figures.items()}
    finite = {word: Fraction(str(value)) for word, value in put.items() if isfinite(value)}
    return tuple((word, str(value)) for word, value in finite.items())


#: What is chosen by name -> the numbers that it puts in.
_CHOSEN: dict[str, Callable[[str], Pairs]] = {
    "weights": _of_format("weights", "weight_bytes_per_element"),
    "activations": _of_format("activations", "activation_bytes_per_element"),
    "cache": _of_format("cache", "cache_bytes_per_element"),
    "device": _of_device,
}


def ordering(assumptions: Iterable[Assumption]) -> dict[sympy.Symbol, sympy.Expr]:
    """What keeps an order at any numbers: the larger symbol as the smaller one and its number more.

    >>> ordering([assume("context >= window")])
    {S: S + W}
    """
    pairs = (pair for assumption in assumptions for pair in assumption.least)
    return {symbol(larger): symbol(smaller) + symbol(larger) for larger, smaller in pairs}


def in_order(expression: sympy.Expr, assumptions: Iterable[Assumption]) -> sympy.Expr:
    """An expression without the minima and maxima that an order of symbols settles.

    >>> S, W = symbol("context"), symbol("window")
    >>> in_order(sympy.Min(W, S + 1) - 1, [assume("context >= window")])
    W - 1
    """
    for assumption in assumptions:
        for larger, smaller in assumption.least:
            more = sympy.Dummy("more", integer=True, nonnegative=True)
            settled = replaced(expression, {symbol(larger): symbol(smaller) + more})
            back = {more: symbol(larger) - symbol(smaller)}
            expression = expanded(replaced(settled, back))
    return expression


@cache
def formula(text: str) -> sympy.Expr:
    """A formula over the words of the symbol table.

    >>> formula("hidden/heads")
    H/A

    Raises:
        ExpressionError: it is none, or has another word in it.
    """
    return over_words(text)


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
