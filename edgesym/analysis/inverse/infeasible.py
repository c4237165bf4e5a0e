"""Why there is no answer: the extreme that a quantity can reach, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import sympy

from edgesym.algebra.derivative import branch_at
from edgesym.algebra.invert import constant_terms
from edgesym.analysis.inverse.conditions import Condition
from edgesym.analysis.inverse.ends import End, end_at
from edgesym.analysis.inverse.measured import Measured
from edgesym.analysis.inverse.unknown import Unknown
from edgesym.engine.evaluate import evaluate
from edgesym.engine.grid import Values
from edgesym.engine.roots import Interval, Scan, intersect
from edgesym.frozen import Frozen
from edgesym.numbers import Number
from edgesym.symbols import symbol
from edgesym.units import UNITS, human

__all__ = ["Impossible", "conflict", "out_of_reach", "parts", "written"]

#: What a term is for, by the first of these symbols that it contains.
_LABELS = (
    ("idle_power", "idle power"),
    ("launch_overhead", "launch"),
    ("weight_bytes_per_element", "weights"),
    ("cache_bytes_per_element", "cache"),
    ("state_bytes_per_element", "states"),
    ("activation_bytes_per_element", "activations"),
    ("token_bytes_per_element", "token ids"),
    ("peak_flops", "compute"),
    ("energy_per_flop", "compute"),
)
_LEAST_SHARE = 0.001


@dataclass(frozen=True, slots=True)
class Impossible(Frozen):
    """Why no value of the unknown meets the conditions.

    Attributes:
        reason: in words.
        conditions: those that cannot be met, alone or together.
        at: the value of the unknown that comes closest, for a single condition.
        extreme: what the left side is there.
        parts: what that is made of, as fractions of it.
        floor: the terms of a left side that stays too large that the unknown does not move, in
            closed form.
        end: where a whole unknown steps over an equality.
    """

    reason: str
    conditions: tuple[Condition, ...]
    at: Number | None = None
    extreme: Number | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    floor: sympy.Expr | None = None
    end: End | None = None


def out_of_reach(
    condition: Condition, found: Scan | None, unknown: Unknown, values: Values
) -> Impossible:
    """Why no value of the unknown meets a condition; ``found`` is None if it has no part in it."""
    left, right = condition.left, condition.right
    at = values[unknown.symbol] if found is None else found.closest
    there = {**values, unknown.symbol: at}
    extreme, bound = (evaluate(side.expression, there) for side in (left, right))
    shares = parts(left.expression, there)
    if found is None:
        reason = f"{left.text} is {written(extreme, left)} whatever {unknown.name} is"
        return Impossible(reason + _made_of(shares, extreme, left), (condition,), None, extreme)
    wide = {"<": "at least", ">": "at most", "=": "at least" if extreme > bound else "at most"}
    where = _where(at, unknown)
    if not right.expression.is_number:
        reason = (
            f"{left.text} is {written(extreme, left)} and {right.text} is "
            f"{written(bound, right)} where they come closest, at {unknown.name} = "
            f"{unknown.written(at)}"
        )
    elif (next_to := _neighbour(condition, there, unknown)) is not None:
        return _stepped_over(condition, there, next_to, unknown)
    else:
        reason = f"{left.text} is {wide[condition.relation[0]]} {written(extreme, left)} {where}"
    floor = constant_terms(left.expression, unknown.symbol, there) if extreme > bound else 0
    return Impossible(
        reason + _made_of(shares, extreme, left),
        (condition,),
        at,
        extreme,
        shares,
        None if floor == 0 else floor,
    )


def conflict(
    conditions: Sequence[Condition], sets: Sequence[tuple[Interval, ...]], unknown: Unknown
) -> Impossible:
    """Which conditions exclude each other, each of which can be met alone."""
    indices = next(
        ((i, j) for i, j in combinations(range(len(sets)), 2) if not intersect(sets[i], sets[j])),
        tuple(range(len(sets))),
    )
    needs = "; ".join(f"{conditions[i]} needs {unknown.listed(sets[i])}" for i in indices)
    reason = f"the conditions exclude each other: {needs}"
    return Impossible(reason, tuple(conditions[i] for i in indices))


def parts(expression: sympy.Expr, values: Values) -> dict[str, float]:
    """What a quantity is made of at a point, as fractions, the largest first.

    Of b over a sum, as tokens per second are, it is that sum that is taken apart.
    """
    smooth = branch_at(expression, values)
    below = [f.base for f in sympy.Mul.make_args(smooth) if f.is_Pow and f.exp == -1]
    sums = [base for base in below if base.is_Add]
    terms = sympy.Add.make_args(sympy.expand(sums[0] if sums else smooth))
    found: dict[str, float] = {}
    for term in terms:
        name = next((t for w, t in _LABELS if symbol(w) in term.free_symbols), "the rest")
        found[name] = found.get(name, 0.0) + float(evaluate(term, values))
    total = sum(found.values())
    shares = {name: value / total for name, value in found.items()} if total else {}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def written(value: Number, side: Measured, digits: int = 6) -> str:
    """A value of a side with its unit."""
    if side.unit in UNITS:
        return human(float(value), side.unit, digits)
    return f"{human(float(value), '1', digits)} {side.unit}"


def _made_of(shares: Mapping[str, float], whole: Number, side: Measured) -> str:
    """The parts in words: amounts, or percentages of a time that is divided by."""
    large = {name: share for name, share in shares.items() if share >= _LEAST_SHARE}
    if len(large) < 2 and "the rest" in large:
        return ""
    if side.unit == "tokens/s":
        return ": of a step " + ", ".join(f"{name} {share:.1%}" for name, share in large.items())
    return ": " + ", ".join(
        f"{name} {written(float(whole) * share, side)}" for name, share in large.items()
    )


def _where(at: Number, unknown: Unknown) -> str:
    """The place of an extreme in words."""
    if not unknown.open or unknown.within.low < at < unknown.within.high:
        return f"at {unknown.name} = {unknown.written(at)}"
    if at == unknown.within.high:
        return f"however large {unknown.name} is"
    if unknown.within.whole:
        return f"even at {unknown.name} = {unknown.written(at)}"
    return f"however small {unknown.name} is"


def _neighbour(condition: Condition, there: Values, unknown: Unknown) -> int | None:
    """The integer next to a point across which the sides of an equality change places."""
    if condition.relation != "=" or not unknown.within.whole:
        return None
    at, above = there[unknown.symbol], evaluate(condition.difference, there) > 0
    for x in (at - 1, at + 1):
        if unknown.within.low <= x <= unknown.within.high:
            difference = evaluate(condition.difference, {**there, unknown.symbol: x})
            if (difference > 0) != above:
                return int(x)
    return None


def _stepped_over(
    condition: Condition, there: Values, next_to: int, unknown: Unknown
) -> Impossible:
    """Why no whole number meets an equality that two neighbours enclose."""
    at, left = there[unknown.symbol], condition.left
    end = end_at(at, next_to - at, (condition,), unknown, there)
    before, after = (
        written(evaluate(left.expression, {**there, unknown.symbol: x}), left, 12)
        for x in sorted((at, next_to))
    )
    reason = (
        f"{left.text} steps from {before} to {after} between {unknown.name} = {min(at, next_to)} "
        f"and {max(at, next_to)}"
    )
    return Impossible(reason, (condition,), at, evaluate(left.expression, there), end=end)
