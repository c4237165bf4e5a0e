"""Formulas in the letters of an author."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import sympy
from sympy.core.alphabets import greeks

from edgesym.errors import ConfigError, UnknownNameError
from edgesym.symbols import declared, describe, in_table

__all__ = ["Letters", "read_letters", "renamed"]

#: A letter or a word, with an index if it has one; ``d_{model}`` and ``\\alpha`` are such too.
_NAME = re.compile(r"(\\?)([A-Za-z]{1,12})(_[A-Za-z0-9]{1,16}|_\{[A-Za-z0-9]{1,16}\})?")
#: Names of what formulas repeat.
_TAKEN = re.compile(r"X_\d+")

Letters = Mapping[sympy.Symbol, sympy.Symbol]


def read_letters(text: str, symbols: Iterable[sympy.Symbol]) -> dict[sympy.Symbol, sympy.Symbol]:
    """What symbols of some formulas are called: ``hidden=d,layers=n`` or ``H=d_model``.

    >>> from edgesym.symbols import symbol
    >>> read_letters("hidden=d_{model}, L=n", [symbol("hidden"), symbol("layers")])
    {H: d_model, L: n}

    Raises:
        UnknownNameError: no formula has such a symbol.
        ConfigError: no letter, or one of two symbols.
    """
    known: dict[str, sympy.Symbol] = {}
    for one in symbols:
        known |= {one.name: one, describe(one).word: one} if in_table(one) else {one.name: one}
    found: dict[sympy.Symbol, sympy.Symbol] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        word, sign, given = (part.strip() for part in item.partition("="))
        read = _NAME.fullmatch(given) if sign else None
        name = re.sub(r"[\\{}]", "", given)
        if read is None or (read[1] and read[2] not in greeks) or _TAKEN.fullmatch(name):
            raise ConfigError(
                f"--letters {item}: write it as WORD=LETTER, such as hidden=d or hidden=d_model"
            )
        if word not in known:
            raise UnknownNameError("symbol of these formulas", word, list(known))
        if known[word] in found:
            raise ConfigError(f"--letters {item}: {word} has two letters; leave one out")
        found[known[word]] = declared(name)
    names: dict[str, sympy.Symbol] = {}
    for one in known.values():
        name = found.get(one, one).name
        if names.setdefault(name, one) != one:
            raise ConfigError(
                f"--letters: {name} would be {describe(names[name]).word} and "
                f"{describe(one).word}; give one of them another letter"
            )
    return found


def renamed(form: sympy.Expr, letters: Letters) -> sympy.Expr:
    """A formula in these letters, otherwise as it stands."""
    if not form.has(*letters):
        return form
    if form in letters:
        return letters[form]
    with sympy.evaluate(False):
        made: sympy.Expr = form.func(*(renamed(argument, letters) for argument in form.args))
    return made
