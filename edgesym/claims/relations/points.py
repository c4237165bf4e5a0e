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
from edgesym.claims.assumptions import FORMATS
from edgesym.claims.departures import value_at
from edgesym.claims.reference import MODELS, measured_at
from edgesym.claims.sizes import models_with
from edgesym.symbols import symbol

__all__ = ["Point", "allowed", "at_numbers", "points", "sides_at"]

#: What a bound is tried at, where a symbol matters and a model takes as many tokens.
_TRIED: Mapping[str, Sequence[int | Fraction]] = {
    "context": (2048, 1, 128, 32768),
    "batch": (1, 64),
    "parallel_fraction": (Fraction(9, 10), Fraction(1, 2)),
    "bytes_per_element": (2, 1, Fraction(1, 2), 4),
}
#: Models of odd shapes: heads that do not add up to the hidden dimension, one head of keys.
_ODD = ("gemma-7b", "qwen3-30b-a3b", "gemma-2b", "mixtral-8x7b")
_SIZES = (1, 2, 3, 4, 8, 16, 64, 1024, 4096)
#: Numbers of what is a fraction.
_SHARES = (Fraction(1, 10), Fraction(1, 2), Fraction(9, 10), Fraction(99, 100))
_DRAWN = 400

Values = Mapping[sympy.Symbol, int | float | Fraction]
#: Whose dimensions they are, and the numbers.
Point = tuple[str, Values]


def points(sides: Sequence[sympy.Expr], facts: Sequence[Bound]) -> Iterator[Point]:
    """Points at which the facts hold; each has a number for every symbol of the sides.

    The same ones each time, real models and devices first.
    """
    needed = set().union(*(side.free_symbols for side in sides))
    names = dict.fromkeys((*models_with(needed), *MODELS, *_ODD))
    for model in names:
        for point in at_numbers(model, needed, _TRIED):
            if needed <= point[1].keys() and allowed(point[1], facts):
                yield point
    ordered = sorted(needed, key=str)
    shares = {low for low, high in facts if low.is_Symbol and high == 1}
    draw = random.Random(20260101)  # noqa: S311 - reproducible points, no secret
    every = [dict.fromkeys(ordered, Fraction(1))]
    every += [{s: Fraction(1024 if s == one else 1) for s in ordered} for one in ordered]
    every += [{s: Fraction(1 if s == one else 1024) for s in ordered} for one in ordered]
    for _ in range(_DRAWN):
        every.append(
            {s: draw.choice(_SHARES) if s in shares else Fraction(draw.choice(_SIZES))
             for s in ordered}
        )  # fmt: skip
    yield from (("", values) for values in every if allowed(values, facts))


def at_numbers(
    model: str,
    needed: set[sympy.Basic],
    over: Mapping[str, Sequence[int | float | Fraction]],
) -> Iterator[Point]:
    """The numbers of a card, on devices if needed, at each choice of numbers for some words.

    Contexts that the model does not take are left out, and so are words that do not matter.
    """
    most = load(model).context_limit
    tried = {w: numbers for w, numbers in over.items() if symbol(w) in needed}
    if "context" in tried and most:
        tried["context"] = [n for n in tried["context"] if n <= most]
    for device, values in measured_at(model, needed).items():
        for chosen in product(*tried.values()):
            put: dict[sympy.Symbol, int | float | Fraction] = dict(values)
            put |= {symbol(word): number for word, number in zip(tried, chosen, strict=True)}
            if "context" in tried:
                length, new = put[symbol("context")], symbol("new_tokens")
                put |= {symbol("positions"): length, new: min(length, put[new])}
            if "bytes_per_element" in tried:
                width = put[symbol("bytes_per_element")]
                put |= {symbol(word): width for word in FORMATS}
            yield (f"{model} on {device}" if device else model), put


def allowed(values: Values, facts: Sequence[Bound]) -> bool:
    """Whether facts hold at a point, those of which it says something."""
    for lesser, greater in facts:
        if not (lesser.free_symbols | greater.free_symbols) <= values.keys():
            continue
        try:
            low, high = (exactly(side, _exact(values)) for side in (lesser, greater))
        except ArithmeticError:  # no value at this point: the next is tried
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
