"""Extents of a model that have to fit one another, whoever changed them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

import sympy

from edgesym.symbols import describe, symbol

__all__ = ["LARGEST_EXTENT", "conditions", "kind_of", "misfits"]

#: No model is of more of anything.
LARGEST_EXTENT = 2**40

#: A multiple of the other, where it was one before, also of each kind: query heads share keys and
#: values evenly (Ainslie et al. 2023, arXiv:2305.13245), in linear attention too.
_MULTIPLES = (("heads", "kv_heads"), ("heads.value", "heads.key"))
#: Never fewer than the other: a token uses k experts, groups of layers share their weights.
_AT_LEAST = (("experts", "experts_per_token"), ("layers", "layer_groups"))
#: Always more than the other: of a prompt the last token is run, however much of it is cached.
_MORE_THAN = (("prompt_tokens", "cached_tokens"),)

_Extents = Mapping[sympy.Symbol, Any]
_Condition = tuple[sympy.Symbol, sympy.Symbol, str]


def misfits(before: _Extents, after: _Extents) -> Iterator[tuple[sympy.Symbol, sympy.Symbol, str]]:
    """Pairs of extents that no longer fit one another, with what they are, between them.

    >>> A, K = symbol("heads"), symbol("kv_heads")
    >>> list(misfits({A: 32, K: 8}, {A: 32, K: 7}))
    [(A, K, 'no multiple of')]
    """
    for many, few in _pairs(_MULTIPLES, after):
        if before[many] % before[few] == 0 and after[many] % after[few]:
            yield many, few, "no multiple of"
    for many, few in _pairs(_AT_LEAST, after):
        if after[many] < after[few]:
            yield many, few, "fewer than"


def kind_of(word: str, kind: str, extents: _Extents) -> sympy.Symbol | None:
    """The symbol of a word, of this kind where there is one of it."""
    having = (symbol(word, kind), symbol(word))
    return next((made for made in having if made in extents), None)


def _pairs(
    words: tuple[tuple[str, str], ...], extents: _Extents
) -> Iterator[tuple[sympy.Symbol, sympy.Symbol]]:
    """The symbols of pairs of words that a model has, each kind with its own or the plain one."""
    for many, few in words:
        for made in extents:
            plain, _, kind = describe(made).word.partition(".")
            if describe(made).word != many and (plain != many or kind in ("key", "value")):
                continue
            other = kind_of(few, kind if plain == many else "", extents)
            if other is not None:
                yield made, other


def conditions(before: _Extents, moving: Container[sympy.Symbol]) -> tuple[_Condition, ...]:
    """What :func:`misfits` looks at where some extents move: two extents, and what must hold.

    >>> A, K = symbol("heads"), symbol("kv_heads")
    >>> conditions({A: 32, K: 8}, {K}), conditions({A: 32, K: 8}, {})
    (((A, K, 'a multiple of'),), ())
    """
    found = [
        (many, few, "a multiple of")
        for many, few in _pairs(_MULTIPLES, before)
        if before[many] % before[few] == 0
    ]
    found += [(many, few, "at least") for many, few in _pairs(_AT_LEAST, before)]
    found += [(many, few, "more than") for many, few in _pairs(_MORE_THAN, before)]
    return tuple(row for row in found if row[0] in moving or row[1] in moving)
