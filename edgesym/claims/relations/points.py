"""Points at which a relation is tried: dimensions of real models first, then small numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product

import sympy

from edgesym.algebra.exactly import exactly
from edgesym.algebra.growth import Bound
from edgesym.architectures.locate import load
from edgesym.claims.departures import value_at
from edgesym.claims.reference import MODELS, measured_at, models_for
from edgesym.symbols import symbol

__all__ = ["CONTEXTS", "Point", "allowed", "at_contexts", "points"]

#: Tokens that a claim is tried at, where a model takes as many.
CONTEXTS = (1, 128, 2048, 32768)
_BATCHES, _BYTES = (1, 64), ("1/2", "1", "2", "4")
#: Models of odd shapes: heads that do not add up to the hidden dimension, one head of keys.
_ODD = ("gemma-7b", "qwen3-30b-a3b", "gemma-2b", "mixtral-8x7b")
_SIZES = (1, 2, 3, 4, 8, 16, 64, 1024, 4096)
_DRAWN = 400

Values = Mapping[sympy.Symbol, int | float | Fraction]
#: Whose dimensions they are, and the numbers.
Point = tuple[str, Values]


def points(sides: Sequence[sympy.Expr], facts: Sequence[Bound]) -> Iterator[Point]:
    """Points at which the facts hold; each has a number for every symbol of the sides.

    The same ones each time, real models and devices first.
    """
    needed = set().union(*(side.free_symbols for side in sides))
    names = dict.fromkeys((*models_for(sympy.Add(*sides)), *MODELS, *_ODD))
    for model in names:
        for point in at_contexts(model, needed, batches=_BATCHES):
            if needed <= point[1].keys() and allowed(point[1], facts):
                yield point
    ordered = sorted(needed, key=str)
    draw = random.Random(20260101)  # noqa: S311 - reproducible points, no secret
    every = [dict.fromkeys(ordered, Fraction(1))]
    every += [{s: Fraction(1024 if s == one else 1) for s in ordered} for one in ordered]
    every += [{s: Fraction(1 if s == one else 1024) for s in ordered} for one in ordered]
    for _ in range(_DRAWN):
        every.append({s: Fraction(draw.choice(_SIZES)) for s in ordered})
    yield from (("", values) for values in every if allowed(values, facts))


def at_contexts(
    model: str,
    needed: set[sympy.Basic],
    contexts: Sequence[int] = CONTEXTS,
    batches: Sequence[int] = (1,),
) -> Iterator[Point]:
    """The numbers of a card at several contexts, batches and bytes per element that matter."""
    card = load(model)
    most = card.context_limit or max(contexts)
    one = symbol("bytes_per_element")
    lengths = [n for n in contexts if n <= most] if symbol("context") in needed else [0]
    sizes = list(batches) if symbol("batch") in needed else [0]
    widths = [Fraction(text) for text in _BYTES] if one in needed and len(batches) > 1 else [0]
    for device, values in measured_at(model, needed).items():
        for length, size, width in product(lengths, sizes, widths):
            put: dict[sympy.Symbol, int | float | Fraction] = dict(values)
            if length:
                put |= {symbol("context"): length, symbol("positions"): length}
                put[symbol("new_tokens")] = min(length, int(put[symbol("new_tokens")]))
            put |= {symbol("batch"): size} if size else {}
            put |= {one: width} if width else {}
            yield (f"{model} on {device}" if device else model), put


def allowed(values: Values, facts: Sequence[Bound]) -> bool:
    """Whether facts hold at a point, those of which it says something."""
    for lesser, greater in facts:
        if not (lesser.free_symbols | greater.free_symbols) <= values.keys():
            continue
        try:
            low, high = (exactly(side, _exact(values)) for side in (lesser, greater))
        except ArithmeticError:
            continue
        if low > high:
            return False
    return True


def _exact(values: Values) -> dict[sympy.Symbol, int | Fraction]:
    return {s: v if isinstance(v, int) else Fraction(v) for s, v in values.items()}


def sides_at(
    theirs: sympy.Expr, ours: sympy.Expr, values: Values
) -> tuple[Fraction | float, Fraction | float] | None:
    """Both sides at a point; None where one has no value."""
    given, wanted = (value_at(side, values) for side in (theirs, ours))
    return None if given is None or wanted is None else (given, wanted)
