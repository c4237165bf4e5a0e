"""How much a claim errs: on real models, and where the error passes a bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isclose

import sympy

from edgesym.claims.reference import (
    EXPERT_MODELS,
    MODELS,
    Values,
    figures_of,
    measured_at,
    rates,
    values_of,
)
from edgesym.engine.evaluate import evaluate
from edgesym.errors import EdgesymError
from edgesym.notation.bounds import weight
from edgesym.symbols import describe, find

__all__ = ["Threshold", "models_with", "relative_sizes", "scaled_error", "thresholds"]

#: Cards with other layers: latent attention, windows, states of recurrences.
_OTHERS = (
    "deepseek-v2-lite",
    "deepseek-v3",
    "minicpm3-4b",
    "mistral-7b-v0.1",
    "ministral-8b",
    "gemma-2-9b",
    "gemma-3-4b",
    "gpt-oss-20b",
    "nemotron-3-nano-4b",
    "nemotron-nano-9b-v2",
    "qwen3.5-4b",
    "qwen3-next-80b-a3b",
    "lfm2-2.6b",
    "mamba-2.8b",
)
BOUNDS = (Fraction(1, 100), Fraction(1, 10))
_HIGHEST = 40
#: Relative errors that floating point leaves where there is none.
_NOISE = 1e-12


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


def relative_sizes(difference: sympy.Expr, ours: sympy.Expr) -> dict[str, float]:
    """(theirs - ours) / ours on real models; without those that lack a symbol.

    Where figures of a device do not cancel, a model is followed by ``on DEVICE``, and left
    out on a device that lacks one of them.
    """
    found: dict[str, float] = {}
    needed = difference.free_symbols | ours.free_symbols
    for model in models_with(needed):
        shares = {
            device: float(share)
            for device, values in measured_at(model, needed).items()
            if needed <= values.keys() and (share := _share(difference, ours, values)) is not None
        }
        first = next(iter(shares.values()), 0.0)
        if all(isclose(first, share, rel_tol=1e-9, abs_tol=_NOISE) for share in shares.values()):
            found |= dict.fromkeys([model] if shares else [], first if abs(first) > _NOISE else 0.0)
        else:
            known = {device: figures_of(device).keys() for device in shares}
            wanted = rates() & needed
            found |= {f"{model} on {d}": s for d, s in shares.items() if wanted <= known[d]}
    return found


def models_with(needed: set[sympy.Basic]) -> tuple[str, ...]:
    """The cards to measure on: of the usual ones, or else of those that have the layer.

    Dense models come first; where a formula has a symbol of another layer (experts, a latent, a
    window, a state), those that give it a number.
    """
    dims = {s for s in needed if isinstance(s, sympy.Symbol) and describe(s).scope == "model"}
    found: list[str] = []
    for model in (*MODELS, *EXPERT_MODELS, *_OTHERS):
        if dims <= values_of(model).keys():
            found.append(model)
        if len(found) == len(MODELS):
            break
    return tuple(found)


def _share(difference: sympy.Expr, ours: sympy.Expr, values: Values) -> Fraction | float | None:
    try:
        below = evaluate(ours, values)
        above = evaluate(difference, values)
    except (EdgesymError, ArithmeticError):  # without a value there is no share
        return None
    if below == 0:
        return None
    try:
        if isinstance(above, float) or isinstance(below, float):
            return float(above / below)
        share = Fraction(above) / Fraction(below)
        float(share)
    except (ArithmeticError, ValueError):  # too large for a number of a machine
        return None
    return share


def scaled_error(
    difference: sympy.Expr, ours: sympy.Expr, words: tuple[str, ...], model: str = MODELS[2]
) -> Callable[[Fraction], float]:
    """|relative error| as a function of a factor on some dimensions of a model.

    Where figures of a device enter, it is the largest over the devices.
    """
    values = values_of(model)
    scaled = [s for s in map(find, words) if s in values]
    factor = sympy.Dummy("factor", positive=True)
    needed = difference.free_symbols | ours.free_symbols
    sides = []
    points = measured_at(model, needed).values()
    if any(weight(side).opaque for side in (difference, ours)):  # no polynomial in the factor

        def at_points(scale: Fraction) -> float:
            scaled_points = (
                {s: scale * v if s in scaled else v for s, v in point.items()} for point in points
            )
            shares = (_share(difference, ours, point) for point in scaled_points)
            return max((abs(float(share)) for share in shares if share is not None), default=0.0)

        return at_points
    for point in points:
        fixed = {
            s: factor * v if s in scaled else sympy.sympify(v)
            for s, v in point.items()
            if s in needed
        }
        sides.append([sympy.expand(side.xreplace(fixed)) for side in (difference, ours)])

    def error(scale: Fraction) -> float:
        shares = (_share(above, below, {factor: scale}) for above, below in sides)
        return max((abs(float(share)) for share in shares if share is not None), default=0.0)

    return error


def thresholds(difference: sympy.Expr, ours: sympy.Expr) -> tuple[Threshold, ...]:
    """Where the error passes 1 % and 10 %, as the context and as the hidden dimension grow."""
    needed = difference.free_symbols | ours.free_symbols
    known = models_with(needed)
    if not known:
        return ()
    model = MODELS[2] if MODELS[2] in known else known[0]
    values = values_of(model)
    if not needed <= values.keys() | rates():
        return ()
    found: list[Threshold] = []
    for name, words in (
        ("context", ("context",)),
        ("hidden", ("hidden", "intermediate", "head_dim")),
    ):
        if find(name) not in needed:
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
