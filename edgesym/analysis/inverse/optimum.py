"""The whole number at which a quantity is the most or the least, and where its slope is zero.

Every whole number up to some thousands is looked at, and beyond them a grid that narrows on its
best point: that the neighbours of the answer are worse is computed exactly. Where the quantity is
that of drafts, and what a step takes is a line in the tokens that are drafted, the real number at
which it does not change has a closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy
from numpy.typing import NDArray

from edgesym.algebra.derivative import branch_at, slope
from edgesym.analysis.inverse.conditions import Condition, read_conditions
from edgesym.analysis.inverse.question import exact_values, misfit, tied_in
from edgesym.analysis.inverse.sides import read_side
from edgesym.analysis.inverse.unknown import Unknown, unknown_of
from edgesym.architectures.model import Model
from edgesym.domain import checked_but
from edgesym.engine.evaluate import evaluate
from edgesym.engine.grid import Values
from edgesym.engine.roots import Interval, intersect, root_between, scan
from edgesym.engine.series import power_sum
from edgesym.errors import ConfigError, EdgesymError, ExpressionError
from edgesym.numbers import Number
from edgesym.scenario.names import symbol_of
from edgesym.scenario.setup import Setup, as_setup
from edgesym.symbols import declared, symbol

__all__ = ["RATIO", "Optimum", "Stationary", "optimum"]

#: Whole numbers that are all looked at, from the least on, and points of the grid beyond them.
_EACH, _GRID = 2**14, 2**12
#: Slopes that differ by no more than this part are one.
_SAME = 1e-9
#: What a step takes with nothing drafted, over what each drafted token adds to it.
RATIO = declared("r")
_A, _GAMMA = symbol("acceptance"), symbol("draft_tokens")
_DRAWN = power_sum(_A, _GAMMA + 1)


@dataclass(frozen=True, slots=True)
class Stationary:
    """Where a quantity does not change with the unknown, taken for a real number.

    Attributes:
        at: there.
        formula: it in closed form, over the acceptance and :data:`RATIO`; none where algebra gives
            none.
        ratio: the number of that.
    """

    at: float
    formula: sympy.Expr | None = None
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Optimum:
    """What is best, and how much worse the neighbours are.

    Attributes:
        objective: the quantity, symbol or formula; ``unit`` is of its values.
        largest: whether the most is asked for, and not the least.
        best: the whole number.
        values: the objective at it and at its neighbours that meet the conditions, by number.
        each: up to which number every whole one was looked at.
        feasible: the numbers that meet the conditions.
        stationary: where the slope is zero, where that lies between the neighbours.
        notes: what a reader should know of the answer.
    """

    setup: Setup
    unknown: Unknown
    objective: str
    unit: str
    largest: bool
    conditions: tuple[Condition, ...]
    best: int
    values: tuple[tuple[int, Number], ...]
    each: int
    feasible: tuple[Interval, ...]
    stationary: Stationary | None = None
    notes: tuple[str, ...] = ()

    @property
    def free_symbols(self) -> set[sympy.Symbol]:
        """The symbols of the objective and of the conditions."""
        side = read_side(self.objective, self.setup).expression
        return set(side.free_symbols).union(*(c.free_symbols for c in self.conditions))

    @property
    def value(self) -> Number:
        """The objective at the best number."""
        return dict(self.values)[self.best]


@checked_but("setup")
def optimum(
    setup: Setup | Model | str,
    unknown: str,
    objective: str,
    *,
    largest: bool,
    conditions: Sequence[str] = (),
    between: tuple[str, str] | None = None,
) -> Optimum:
    """The whole number of an unknown at which an objective is the most, or the least.

    >>> from edgesym import Run, load
    >>> from edgesym.devices import find_device
    >>> run = Run(draft="lookup", draft_tokens=1, acceptance=0.6)
    >>> asked = Setup(load("llama-3.2-1b"), find_device("raspberry-pi-5"), run)
    >>> optimum(asked, "draft_tokens", "time_per_output_token", largest=False).best > 1
    True

    Args:
        objective: a quantity, a symbol, or a formula of them.
        conditions: what else must hold, as of :func:`edgesym.solve`.
        between: the range to look in.

    Raises:
        EdgesymError: the objective does not depend on the unknown, the unknown is no whole
            number, nothing meets the conditions, or a symbol has no number.
    """
    setup = as_setup(setup, "optimum")
    asked = symbol_of(unknown)
    setup = setup if asked is None else setup.placing([asked])
    values = exact_values(setup)
    wanted = unknown_of(unknown, values, between, setup.placed.most)
    if not wanted.within.whole:
        raise ConfigError(
            f"{unknown} is no whole number; the best of real numbers is not looked for, so bound "
            "what it should reach with --such-that"
        )
    made, side = wanted.symbol, read_side(objective, setup)
    follow = setup.placed.follow.items()
    tied = {one: form for one, form in follow if made in form.free_symbols}
    side = replace(side, expression=side.expression.xreplace(tied))
    if made not in side.expression.free_symbols:
        raise ExpressionError(f"{objective} does not depend on {unknown}: every number is as good")
    read = tuple(tied_in(condition, tied) for condition in read_conditions(conditions, setup))
    for form, text in ((side.expression, objective), *((c.difference, str(c)) for c in read)):
        setup.require(text, form.free_symbols - {made})
    feasible: tuple[Interval, ...] = (Interval(wanted.within.low, wanted.within.high),)
    for c in read:
        found = scan(c.difference, c.relation, made, values, wanted.within)
        feasible = intersect(feasible, found.intervals)
    if not feasible:
        raise ExpressionError(f"no {unknown} meets {' and '.join(map(str, read))}")
    each, best = _best(side.expression, made, values, feasible, largest=largest)
    near = [n for n in (best - 1, best, best + 1) if any(i.low <= n <= i.high for i in feasible)]
    numbers = tuple((n, evaluate(side.expression, {**values, made: n})) for n in near)
    still = _stationary(side.expression, made, values, best, largest=largest)
    notes = tuple(misfit(setup, made, {**values, made: best}))
    return Optimum(
        setup,
        wanted,
        objective,
        side.unit,
        largest,
        read,
        best,
        numbers,
        each,
        feasible,
        still,
        notes,
    )


def _best(
    form: sympy.Expr,
    made: sympy.Symbol,
    values: Values,
    feasible: Sequence[Interval],
    *,
    largest: bool,
) -> tuple[int, int]:
    """Up to which number each was looked at, and the best."""
    rounded = {s: v if isinstance(v, int) else float(v) for s, v in values.items()}
    sign = 1.0 if largest else -1.0

    def best_of(column: NDArray[np.float64]) -> tuple[float, float, float]:
        """The best of a column, and what lies on either side of it there."""
        with np.errstate(all="ignore"):
            found = sign * np.asarray(evaluate(form, {**rounded, made: column}), np.float64)
        found = np.where(np.isnan(found), -np.inf, found)
        place = int(np.argmax(np.broadcast_to(found, column.shape)))
        sides = column[max(place - 1, 0)], column[min(place + 1, len(column) - 1)]
        return float(column[place]), float(sides[0]), float(sides[1])

    candidates: list[float] = []
    each = 0
    for interval in feasible:
        low, high = float(interval.low), float(interval.high)
        edge = min(high, low + _EACH)
        each = max(each, int(edge))
        candidates.append(best_of(np.arange(low, edge + 1))[0])
        while high > edge:
            grid = np.unique(np.round(np.geomspace(max(edge, 1), high, _GRID)))
            _, edge, high = best_of(grid)
            if high - edge <= _EACH:
                candidates.append(best_of(np.arange(edge, high + 1))[0])
                break
    return each, int(best_of(np.array(sorted(set(candidates))))[0])


def _stationary(
    form: sympy.Expr, made: sympy.Symbol, values: Values, best: int, *, largest: bool
) -> Stationary | None:
    """Where the slope of the branch that holds at the best number is zero, next to that number."""
    at = {**values, made: best}
    branch = branch_at(form, at)
    rate = slope(branch, made)
    ends = [max(best - 1, 0.5), best + 1]
    try:
        low, high = (float(evaluate(rate, {**values, made: end})) for end in ends)
    except (ArithmeticError, ValueError, EdgesymError):  # slopes without a number
        return None
    if not (low > 0 > high if largest else low < 0 < high):
        return None
    found = Stationary(root_between(rate, made, values, *ends))
    ratio = _ratio(branch, made, at, largest=largest) if made == _GAMMA else None
    if ratio is None:
        return found
    inner = sympy.LambertW(-(_A ** (RATIO - 1)) / sympy.E, -1, evaluate=False)
    return Stationary(found.at, (1 + inner) / sympy.log(_A) - RATIO, ratio)


def _ratio(branch: sympy.Expr, made: sympy.Symbol, at: Values, *, largest: bool) -> float | None:
    """What a step takes with nothing drafted, over what each token adds: none where it is no line.

    The objective is the expected tokens of a step over what that takes, or the other way round.
    """
    drawn = sympy.Dummy(positive=True)
    named = branch.xreplace({_DRAWN: drawn})
    taken = drawn / named if largest else drawn * named
    if drawn in taken.free_symbols:
        return None
    each = slope(taken, made)
    slopes = [float(evaluate(each, {**at, made: at[made] + step})) for step in (0, 1, 7)]
    if slopes[0] <= 0 or np.ptp(slopes) > _SAME * abs(slopes[0]):
        return None
    return float(evaluate(taken, at)) / slopes[0] - float(at[made])
