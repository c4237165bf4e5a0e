"""How much a claim errs: on real models, and where the error passes a bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import sympy

from edgesym.architectures.locate import load
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.symbols import TABLE, find, symbol

__all__ = [
    "MODELS",
    "Threshold",
    "models_for",
    "relative_sizes",
    "scaled_error",
    "thresholds",
    "values_of",
]

#: Cards that a claim is measured on: dense ones, and mixtures of experts for claims on those.
MODELS = ("gpt2", "llama-2-7b", "llama-3.1-8b", "llama-3.1-70b")
EXPERT_MODELS = ("mixtral-8x7b", "qwen3-30b-a3b", "gpt-oss-20b")
BOUNDS = (Fraction(1, 100), Fraction(1, 10))
_CONTEXT, _BYTES = 2048, 2
#: What stands for counts that no card has; rates, factors of both sides, are 1.
_COUNTS = {
    **dict.fromkeys(("devices", "tensor_parallel", "pipeline_parallel", "data_parallel"), 8),
    **dict.fromkeys(("microbatches", "model_chunks"), 4),
    "training_tokens": 10**12,
    "on_chip_elements": 10**5,
}
_HIGHEST = 40

Values = Mapping[sympy.Symbol, int | Fraction]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where the error passes a bound.

    Attributes:
        symbol: what is scaled: the context, or the hidden dimension with those that go with it.
        bound: the relative error, such as 1/100.
        value: the smallest value of the symbol at which it is passed, or below which, if ``below``.
        model: the card whose other dimensions are kept.
    """

    symbol: str
    bound: Fraction
    value: int
    below: bool
    model: str


@cache
def values_of(model: str) -> dict[sympy.Symbol, int]:
    """The dimensions of a card, one sequence of 2,048 tokens (its limit, if lower), two bytes."""
    card = load(model)
    limit = min(card.context_limit or _CONTEXT, _CONTEXT)
    values = dict(card.values)
    for word, row in TABLE.items():
        s = symbol(word)
        if word.endswith("bytes_per_element"):
            values[s] = _BYTES
        elif word in ("context", "positions", "new_tokens"):
            values[s] = limit
        elif word == "batch":
            values[s] = 1
        elif row.domain == "positive real":
            values.setdefault(s, 1)
    for word, count in _COUNTS.items():
        values.setdefault(symbol(word), count)
    return values


def models_for(ours: sympy.Expr) -> tuple[str, ...]:
    """The cards that a quantity is measured on."""
    experts = {symbol(w) for w in ("experts", "experts_per_token", "expert_intermediate")}
    return EXPERT_MODELS if ours.free_symbols & experts else MODELS


def relative_sizes(difference: sympy.Expr, ours: sympy.Expr) -> dict[str, float]:
    """(theirs - ours) / ours on real models; without those that lack a symbol."""
    found: dict[str, float] = {}
    needed = difference.free_symbols | ours.free_symbols
    for model in models_for(ours):
        values = values_of(model)
        if needed <= values.keys():
            share = _share(difference, ours, values)
            if share is not None:
                found[model] = float(share)
    return found


def _share(difference: sympy.Expr, ours: sympy.Expr, values: Values) -> Fraction | float | None:
    try:
        below = evaluate(ours, values)
        above = evaluate(difference, values)
    except (EdgesymError, ArithmeticError):
        return None
    if below == 0:
        return None
    if isinstance(above, float) or isinstance(below, float):
        return float(above / below)
    return Fraction(above) / Fraction(below)


def scaled_error(
    difference: sympy.Expr, ours: sympy.Expr, words: tuple[str, ...], model: str = MODELS[2]
) -> Callable[[Fraction], float]:
    """|relative error| as a function of a factor on some dimensions of a model."""
    values = values_of(model)
    scaled = [s for s in (symbol(word) for word in words) if s in values]
    factor = sympy.Dummy("factor", positive=True)
    fixed = {
        s: factor * v if s in scaled else sympy.Integer(v)
        for s, v in values.items()
        if s in difference.free_symbols | ours.free_symbols
    }
    above, below = sympy.expand(difference.xreplace(fixed)), sympy.expand(ours.xreplace(fixed))

    def error(scale: Fraction) -> float:
        share = _share(above, below, {factor: scale})
        return abs(float(share)) if share is not None else 0.0

    return error


def thresholds(difference: sympy.Expr, ours: sympy.Expr) -> tuple[Threshold, ...]:
    """Where the error passes 1 % and 10 %, as the context and as the hidden dimension grow."""
    model = MODELS[2]
    values = values_of(model)
    if not difference.free_symbols | ours.free_symbols <= values.keys():
        return ()
    found: list[Threshold] = []
    for name, words in (
        ("context", ("context",)),
        ("hidden", ("hidden", "intermediate", "head_dim")),
    ):
        if find(name) not in difference.free_symbols | ours.free_symbols:
            continue
        error = scaled_error(difference, ours, words, model)
        unit = Fraction(1, values[find(name)])
        for bound in BOUNDS:
            place = _crossing(error, unit, float(bound))
            if place is not None:
                found.append(Threshold(name, bound, place[0], place[1], model))
    return tuple(found)


def _crossing(
    error_of: Callable[[Fraction], float], unit: Fraction, bound: float
) -> tuple[int, bool] | None:
    """The first value at which the error passes a bound, by doubling and then halving."""

    def error(value: int) -> float:
        return error_of(value * unit)

    low, before = 1, error(1) > bound
    for power in range(1, _HIGHEST):
        high = 2**power
        if (error(high) > bound) != before:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if (error(middle) > bound) == before else (low, middle)
            return high, before
        low = high
    return None
