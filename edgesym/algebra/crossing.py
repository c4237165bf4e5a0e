"""Where a maximum or a minimum of an index changes sides, and where a rounding of it steps.

Two sides of a maximum differ by lambda w + kappa, with w a function that rises with the
index. The side that is greater at w = 0 stays so up to w = -kappa / lambda, or for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sympy

from edgesym.algebra.tidy import tidy

__all__ = ["Period", "period_of", "pieces", "with_floors"]


@dataclass(frozen=True, slots=True)
class Period:
    """Where a rounding of an index steps: floor((index - shift) / length)."""

    length: sympy.Expr
    shift: int


def period_of(rounded: sympy.Expr, index: sympy.Symbol) -> Period | None:
    """The period of a rounding down, if it is of (index - shift) / length in whole numbers.

    >>> from edgesym.symbols import symbol
    >>> S, N = symbol("context"), symbol("chunk")
    >>> period_of(sympy.floor((S - 1) / N), S)
    Period(length=N, shift=1)
    """
    return _period(rounded.args[0], index) if isinstance(rounded, sympy.floor) else None


def _period(argument: sympy.Expr, index: sympy.Symbol) -> Period | None:
    slope = sympy.expand(argument).coeff(index)
    length = 1 / slope if slope != 0 else sympy.S.Zero
    shift = sympy.expand(index - argument * length)
    if length.is_integer and length.is_positive and shift.is_Integer:
        return Period(length, int(shift))
    return None


def with_floors(expression: sympy.Expr, index: sympy.Symbol) -> sympy.Expr:
    """The expression with its remainders and roundings up of an index as roundings down.

    >>> from edgesym.symbols import symbol
    >>> S, N = symbol("context"), symbol("chunk")
    >>> with_floors(sympy.ceiling(S / N), S), with_floors(sympy.Mod(S - 1 + N, N), S)
    (floor((S - 1)/N) + 1, -N*floor((S - 1)/N) + S - 1)
    """
    changed: dict[sympy.Basic, sympy.Basic] = {}
    for node in expression.atoms(sympy.ceiling, sympy.floor, sympy.Mod):
        if not node.has(index):
            continue
        number, length = (*node.args, sympy.S.One)[:2]
        whole, rest = sympy.expand(number / length).as_coeff_Add()
        found = _period(rest, index)
        if found is None or not whole.is_Integer:
            continue
        up = int(isinstance(node, sympy.ceiling))
        steps = whole + up + sympy.floor((index - found.shift - up) / found.length)
        if isinstance(node, sympy.Mod):
            steps = number - sympy.expand_mul(length * steps, deep=False)
        changed[node] = steps
    return expression.xreplace(changed) if changed else expression


@dataclass(frozen=True, slots=True)
class _Rising:
    """A function w >= 0 that does not fall as the index rises.

    Attributes:
        value: w.
        last: for a number t, an index up to which w <= t, and after which w >= t.
        above: for an index, a number above every w up to there.
    """

    value: sympy.Expr
    last: Callable[[sympy.Expr], sympy.Expr]
    above: Callable[[sympy.Expr], sympy.Expr]


def pieces(
    node: sympy.Expr, index: sympy.Symbol, last: sympy.Expr
) -> tuple[tuple[sympy.Expr, sympy.Expr], ...]:
    """What a maximum or minimum of two sides is: up to which index, and which expression.

    The last piece has no end. There are none if the sides cross more than once, or if what
    is greater at the start cannot be told.

    >>> from edgesym.symbols import symbol
    >>> S, W, S_p = (symbol(word) for word in ("context", "window", "prompt_tokens"))
    >>> pieces(sympy.Min(S, W), S, S_p)
    ((W, S), (oo, W))

    Args:
        index: 0 or more.
        last: the last index that is of interest.
    """
    if len(node.args) != 2:
        return ()
    one, other = node.args
    found = _split(one - other, index)
    if found is None:
        return ()
    rising, slope, start = found
    if slope == 0:
        return ((sympy.oo, other + node.func(start, sympy.S.Zero)),)
    w = rising.value
    rate = sympy.expand(other).coeff(index if w.coeff(index) == 1 else w)
    base = sympy.expand(other - rate * w)
    if start == 0:  # the sides meet at w = 0 alone
        return ((sympy.oo, base + w * node.func(rate, rate + slope)),)
    shift = sympy.S.Zero
    if not (slope.is_positive or slope.is_negative):
        meeting = ((base, rate), (base + start, rate + slope))
        shifts = (above / below for above, below in meeting if below != 0 and not above.has(index))
        shift, start = _known_start(slope, start, shifts)
    if slope.is_negative or (start.is_positive and not slope.is_positive):
        one, other, slope, start = other, one, -slope, -start
    if slope.is_positive:
        at = -start / slope
    elif start.is_negative:
        at = _no_later(*_over_one_denominator(-start, slope), rising.above(last) + shift)
    else:
        return ()
    below, above = (other, one) if isinstance(node, sympy.Max) else (one, other)
    return ((rising.last(at - shift), below), (sympy.oo, above))


def _known_start(
    slope: sympy.Expr, start: sympy.Expr, shifts: Iterable[sympy.Expr]
) -> tuple[sympy.Expr, sympy.Expr]:
    """A shift s >= 0 and what slope w + start is at w = -s, of known sign if one of them has it.

    Sides a (w + W) and c (w + W) + d differ by -d at w = -W, whatever a and c.
    """
    for shift in (sympy.S.Zero, *map(sympy.cancel, shifts)):
        moved = sympy.expand(start - slope * shift)
        if shift.is_nonnegative and (moved.is_positive or moved.is_negative):
            return shift, moved
    return sympy.S.Zero, start


def _no_later(above: sympy.Expr, below: sympy.Expr, bound: sympy.Expr) -> sympy.Expr:
    """above / below, or the bound if that is less or the quotient is negative or infinite."""
    return bound * above / sympy.Max(above, bound * below, evaluate=False)


def _over_one_denominator(one: sympy.Expr, other: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """Two expressions multiplied by the positive factor that clears what they have in common."""
    mark = sympy.Dummy()
    common, rest = sympy.gcd_terms(one * mark + other).as_independent(mark, as_Add=False)
    if not (common.is_positive and rest.is_Add):
        return one, other
    rest = sympy.expand(rest)
    return tidy(rest.coeff(mark, 1)), tidy(rest.coeff(mark, 0))


def _split(
    difference: sympy.Expr, index: sympy.Symbol
) -> tuple[_Rising, sympy.Expr, sympy.Expr] | None:
    """Lambda, kappa and w of a difference lambda w + kappa."""
    floors = [f for f in difference.atoms(sympy.floor) if f.has(index)]
    count = sympy.Dummy(integer=True)
    plain = sympy.expand(difference.xreplace(dict.fromkeys(floors, count)))
    slope, step = plain.coeff(index), plain.coeff(count)
    start = sympy.expand(plain - slope * index - step * count)
    if len(floors) > 1 or any(e.has(index, count) for e in (slope, step, start)):
        return None
    if step == 0:
        return _Rising(index, sympy.floor, lambda last: last + 1), slope, start
    period = period_of(floors[0], index)
    if period is None:
        return None
    if slope == 0:
        return _floor(floors[0], index, period), step, start
    ratio = sympy.cancel(step / slope)
    if not ratio.is_positive:
        return None
    return _index_and_floor(floors[0], index, period, ratio), slope, start


def _floor(rounded: sympy.Expr, index: sympy.Symbol, period: Period) -> _Rising:
    return _Rising(
        rounded,
        lambda at: period.length * (sympy.floor(at) + 1) + period.shift - 1,
        lambda last: rounded.xreplace({index: last}) + 1,
    )


def _index_and_floor(
    rounded: sympy.Expr, index: sympy.Symbol, period: Period, ratio: sympy.Expr
) -> _Rising:
    """w = index + ratio floor((index - shift) / length): whole periods first, then the rest."""
    value = index + ratio * rounded

    def last(at: sympy.Expr) -> sympy.Expr:
        periods = sympy.floor((at - period.shift) / (period.length + ratio))
        rest = sympy.floor(at - (period.length + ratio) * periods)
        most = period.length + period.shift - 1
        return period.length * periods + sympy.Min(rest, most, evaluate=False)

    return _Rising(value, last, lambda last: value.xreplace({index: last}) + 1)
