"""How uncertain a quantity is, where figures that it comes from are.

    sigma_Q^2 = sum over x of (dQ/dx sigma_x)^2

to first order, for figures independent of one another (JCGM 100:2008, the GUM, 5.1.2).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.algebra.derivative import branch_at, slope
from edgesym.engine.evaluate import evaluate, symbols_of
from edgesym.engine.point import Point
from edgesym.engine.program import program_of
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["Uncertain", "propagate", "uncertain_at", "uncertain_figures", "uncertainties"]

Values = Mapping[sympy.Symbol, Any]
#: Standard deviations around a figure within which a kink is looked for, and that hold 95 %
#: of a normal distribution.
_NEAR, _OF_95 = 2.0, 1.96
#: Half of what a symbol is moved by, in its std, where a slope is a difference quotient.
_TANGENT = 1e-3
#: A kink that moves the quantity by less, in its standard deviations or relative, is none.
_MATTERS, _ROUNDING = 0.05, 1e-9


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A number and one standard deviation of it, in its unit.

    Attributes:
        contributions: share of the variance that comes from each symbol, strongest first.
        kinks: symbols that meet a kink of a maximum or minimum within two standard deviations
            of theirs, where first order is not the whole truth, and how far off it then is.
    """

    value: float
    std: float
    contributions: Mapping[sympy.Symbol, float]
    kinks: Mapping[sympy.Symbol, float]

    @property
    def interval(self) -> tuple[float, float]:
        """What 95 % of a normal distribution lies between, value -+ 1.96 std."""
        return self.value - _OF_95 * self.std, self.value + _OF_95 * self.std

    def as_json(self) -> dict[str, Any]:
        """The spread, by words."""
        return {
            "interval_95": list(self.interval),
            "contributions": {describe(s).word: share for s, share in self.contributions.items()},
            "kinks": {describe(s).word: missed for s, missed in self.kinks.items()},
        }


def propagate(expression: sympy.Expr, values: Values, stds: Values) -> Uncertain:
    """The standard deviation of an expression from those of its symbols, to first order.

    At a kink of a maximum or minimum the steeper side counts; slopes of a ``sympy.Sum`` are
    central differences.

    >>> from edgesym.symbols import symbol
    >>> Q, U, W = (symbol(w) for w in ("hidden", "memory_utilisation", "memory_bandwidth"))
    >>> found = propagate(Q / (U * W), {Q: 8, U: 0.5, W: 4.0}, {U: 0.02, W: 0.12})
    >>> round(found.std, 6), {str(s): round(c, 6) for s, c in found.contributions.items()}
    (0.2, {'U_m': 0.64, 'W_m': 0.36})

    Args:
        expression: a closed form.
        values: the number of every symbol.
        stds: the standard deviation of each symbol that has one, in its unit.

    Raises:
        EdgesymError: a symbol has no number.

    References:
        JCGM 100:2008 (GUM), 5.1.2.
    """
    point = program_of([expression]).at(values)
    spread = {s: std for s, std in stds.items() if std and s in symbols_of(expression)}
    near = point.rounded()
    rows = {made: _moves(near, made, std, 1) for made, std in spread.items()}
    return _uncertain(point, 0, expression, values, spread, rows)


def uncertain_at(
    point: Point, forms: Mapping[str, sympy.Expr], values: Values, stds: Values
) -> dict[str, Uncertain]:
    """:func:`propagate` for those of many closed forms that a spread moves, by name.

    ``point`` is the one of a program whose first outputs are the forms, in their order.
    """
    spread = {s: std for s, std in stds.items() if std and s in point.tape.inputs}
    near = point.rounded()
    moves = {made: _moves(near, made, std, len(forms)) for made, std in spread.items()}
    return {
        name: _uncertain(point, row, form, values, spread, moves)
        for row, (name, form) in enumerate(forms.items())
        if symbols_of(form) & spread.keys()
    }


def _uncertain(
    point: Point,
    row: int,
    form: sympy.Expr,
    values: Values,
    stds: Values,
    moves: Mapping[sympy.Symbol, _Moves],
) -> Uncertain:
    """The spread of one output from what each symbol does to it."""
    effects, leaves = {}, {}
    for made in stds.keys() & symbols_of(form):
        effect, left = moves[made].effects[row], moves[made].leaves[row]
        if effect is None:
            effect, left = _bent(form, values, made, stds[made])
        effects[made], leaves[made] = effect, left
    value, std = float(point.results[row]), math.hypot(*effects.values())
    shares = {s: (effect / std) ** 2 for s, effect in effects.items() if effect}
    strongest = dict(sorted(shares.items(), key=lambda item: (-item[1], str(item[0]))))
    least = max(_MATTERS * std, _ROUNDING * abs(value))
    return Uncertain(value, std, strongest, {s: off for s, off in leaves.items() if off > least})


@dataclass(frozen=True, slots=True)
class _Moves:
    """What the spread of one symbol does to each form of a program.

    Attributes:
        effects: |dQ/dx| sigma_x on the branch that holds at the point; None where there is no
            one branch.
        leaves: how far the form leaves that branch within two standard deviations.
    """

    effects: tuple[float | None, ...]
    leaves: tuple[float, ...]


def _moves(point: Point, made: sympy.Symbol, std: float, first: int) -> _Moves:
    """What a symbol does to the first outputs of a program."""
    slopes = point.slopes(made, first)
    ends = (point.leaves(made, at, first) for at in _ends(float(point.number(made)), std))
    effects = tuple(None if rate is None else abs(rate) * std for rate in slopes)
    return _Moves(effects, tuple(map(max, *ends)))


def _ends(middle: float, std: float) -> tuple[float, float]:
    """Two standard deviations to either side; what is positive stays so."""
    return max(middle - _NEAR * std, middle / 100), middle + _NEAR * std


def uncertainties(setup: Setup, names: Iterable[str]) -> dict[str, Uncertain]:
    """Those of the quantities that the spread of a figure of the device moves, by name."""
    stds = uncertain_figures(setup)
    known, values = setup.known(names), setup.values()
    point = program_of(known.values()).at(values)
    return uncertain_at(point, known, values, stds)


def uncertain_figures(setup: Setup) -> dict[sympy.Symbol, float]:
    """The standard deviation of each figure of the device that has one and is not given."""
    given = {made for made, _ in setup.run.given}
    figures = setup.figures().items()
    return {s: figure.std for s, figure in figures if figure.std and s not in given}


def _bent(
    expression: sympy.Expr, values: Values, made: sympy.Symbol, std: float
) -> tuple[float, float]:
    """The effect of a symbol at a kink, where the steeper side counts, and how far that is left.

    Of a sum, whose terms may turn one by one, it is the slope of its tangent.
    """
    if expression.has(sympy.Sum):
        branch = _tangent(expression, values, made, std)
    else:
        sides = (branch_at(expression, values, made, side) for side in (-1, 1))
        branch = max(sides, key=lambda side: _slope(side, values, made))
    return _slope(branch, values, made) * std, _leaves(expression, branch, values, made, std)


def _tangent(expression: sympy.Expr, values: Values, made: sympy.Symbol, std: float) -> sympy.Expr:
    """The line that an expression follows next to the point, along one symbol."""
    middle, step = float(values[made]), _TANGENT * std
    near = (middle - step, middle, middle + step)
    below, here, above = (float(evaluate(expression, {**values, made: at})) for at in near)
    rate = (above - below) / (2 * step)
    return sympy.Float(here) + sympy.Float(rate) * (made - sympy.Float(middle))


def _slope(branch: sympy.Expr, values: Values, made: sympy.Symbol) -> float:
    """|dQ/dx| on a branch."""
    return abs(float(evaluate(slope(branch, made), values)))


def _leaves(
    expression: sympy.Expr, branch: sympy.Expr, values: Values, made: sympy.Symbol, std: float
) -> float:
    """How far the expression leaves a branch within two standard deviations of a symbol."""
    return max(
        abs(float(evaluate(expression, near)) - float(evaluate(branch, near)))
        for near in ({**values, made: at} for at in _ends(float(values[made]), std))
    )
