"""Facts of the architecture that proofs may use, those that a claim states, and its letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import sympy

from edgesym.algebra.growth import Bound
from edgesym.claims.assumptions import Assumption, formula, substitution
from edgesym.claims.both_sides import BothSides, asked
from edgesym.symbols import TABLE, describe, symbol

__all__ = ["bases", "facts_of", "letters_of", "spelled", "tied", "word"]

#: (lesser, greater, why): what holds of every model, step and device.
_ALWAYS = (
    ("kv_heads", "heads", "a head of keys serves one query head or more"),
    ("experts_per_token", "experts", "a token uses some of the experts"),
    ("new_tokens", "context", "new tokens are among those attended to"),
    ("prompt_tokens", "context", "the prompt is part of the context"),
    ("density", "1", "it is a fraction"),
    ("parallel_fraction", "1", "it is a fraction"),
    *((word, "1", "it is a fraction") for word in TABLE if word.endswith("_utilisation")),
)


#: What grows with the hidden dimension.
_TIES = ("head_dim = hidden/heads", "intermediate = 4*hidden")


@cache
def _always() -> dict[Bound, str]:
    return {(formula(lesser), formula(greater)): why for lesser, greater, why in _ALWAYS}


def facts_of(assumptions: Iterable[Assumption]) -> tuple[Bound, ...]:
    """Pairs (lesser, greater): what always holds, and what is assumed; those stated go first.

    >>> from edgesym.claims.assumptions import assume
    >>> facts_of([assume("context >= window")])[:2]
    ((W, S), (K, A))
    """
    given = tuple(assumptions)
    put = substitution(given)
    stated = [(formula(lesser), formula(greater)) for a in given for lesser, greater in a.orders]
    found = ((x.xreplace(put), y.xreplace(put)) for x, y in (*stated, *_always()))
    return tuple(dict.fromkeys((x, y) for x, y in found if x != y))


def spelled(facts: Sequence[Bound]) -> str:
    """Facts in a sentence, with why they hold; empty for none."""
    known = _always()
    said = (f"{x} <= {y} ({known.get((x, y), 'stated')})" for x, y in facts)
    return ", ".join(said)


def bases(case: BothSides, leave: Sequence[str] = ()) -> list[tuple[Assumption, ...]]:
    """What is stated; besides, each of the substitutions that the letters ask for, and all.

    Args:
        case: both sides.
        leave: names of substitutions that are not made.
    """
    more = [a for a in asked(case) if a not in case.stated and a.substitutes]
    more = [a for a in more if a.name not in leave]
    single = [(*case.stated, a) for a in more] if len(more) > 1 else []
    return list(dict.fromkeys([case.stated, *single, (*case.stated, *more)]))


def tied(case: BothSides) -> tuple[Assumption, ...]:
    """What is stated, and the dimensions that grow with the hidden one where a claim names it.

    A claim on how a cost grows with the hidden dimension, without a letter for the dimension of a
    head or of the feed-forward, means these to grow with it.
    """
    if symbol("hidden") not in case.theirs(case.stated).free_symbols:
        return case.stated
    return (*case.stated, *(a for a in asked(case) if a not in case.stated and a.name in _TIES))


def letters_of(case: BothSides) -> dict[sympy.Symbol, sympy.Symbol]:
    """The author's letter of each symbol, one that stands in the equation before others."""
    used = {s.name for s in case.equation.printed.free_symbols}
    meant = sorted(case.equation.meanings.items(), key=lambda item: item[0].name not in used)
    found: dict[sympy.Symbol, sympy.Symbol] = {}
    for name, value in meant:
        if value.is_Symbol:
            found.setdefault(value, name)
    return found


def word(s: sympy.Symbol) -> str:
    """A symbol with its word."""
    return f"{s} ({describe(s).word.replace('_', ' ')})"
