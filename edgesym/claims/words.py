"""Formulas over the words of the symbol table, and over kinds of them: head_dim.rotary."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import sympy

from edgesym.errors import ConfigError, ExpressionError
from edgesym.expression import read
from edgesym.notation.bounds import bounded
from edgesym.notation.errors import NotationError
from edgesym.symbols import TABLE, symbol

__all__ = ["over_words", "read_symbols"]

_KIND = re.compile(r"\b([a-z_]+)\.([a-z][a-z_0-9]*)\b")
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "max": sympy.Max,
    "min": sympy.Min,
    "sqrt": sympy.sqrt,
}


def over_words(
    text: str,
    names: Mapping[str, sympy.Expr] | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> sympy.Expr:
    """A formula over words, with further names and functions.

    >>> over_words("layers.experts*hidden/2")
    H*L_experts/2

    Raises:
        ExpressionError: it is none, or has another word in it.
    """
    known = {**{word: symbol(word) for word in TABLE}, **(names or {})}

    def kind(match: re.Match[str]) -> str:
        if match[1] not in TABLE:
            return match[0]
        name = f"{match[1]}__{match[2]}"
        known[name] = symbol(match[0])
        return name

    found = read(_KIND.sub(kind, text), known, {**_FUNCTIONS, **(functions or {})})
    if isinstance(found, bool | str | list) or found is None:
        raise ExpressionError(f"{text!r} is no formula over words")
    made = sympy.nsimplify(found) if isinstance(found, float) else sympy.sympify(found, strict=True)
    try:
        return bounded(made)
    except NotationError as error:
        raise ExpressionError(f"{text!r}: {error}") from error


def read_symbols(text: str, where: str) -> dict[str, str]:
    """What letters stand for, as written on one line.

    >>> read_symbols("L=layers, H=hidden", "--symbols")
    {'L': 'layers', 'H': 'hidden'}

    Args:
        text: letters with their words, joined by commas.
        where: what an error names.

    Raises:
        ConfigError: no letter or no word, or a letter twice.
    """
    found: dict[str, str] = {}
    for item in filter(None, (piece.strip() for piece in text.split(","))):
        name, sign, word = item.partition("=")
        if not sign or not name.strip() or not word.strip():
            raise ConfigError(f"{where}: {item!r} should read letter=word, such as H=hidden")
        if name.strip() in found:
            raise ConfigError(f"{where}: {name.strip()!r} is declared twice; keep one")
        found[name.strip()] = word.strip()
    return found
