"""How uncertain a quantity is, where figures that it comes from are.

    sigma_Q^2 = sum over x of (dQ/dx sigma_x)^2

to first order, for figures independent of one another (JCGM 100:2008, the GUM, 5.1.2).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from edgesym.algebra.derivative import branch_at, kinked, slope
from edgesym.engine.evaluate import evaluate
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = ["Uncertain", "propagate", "uncertainties"]

Values = Mapping[sympy.Symbol, Any]
#: Standard deviations around a figure within which a kink is looked for, and that hold 95 %
#: of a normal distribution.
_NEAR, _OF_95 = 2.0, 1.96
#: Half of what a symbol is moved by, in its std, where a slope is a difference quotient.
_STEP = 1e-3
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
    value = float(evaluate(expression, values))
    spread = {s: std for s, std in stds.items() if std and s in expression.free_symbols}
    branches = _branches(expression, values, spread)
    effects = {s: _slope(branches[s], values, s) * std for s, std in spread.items()}
    std = math.hypot(*effects.values())
    shares = {s: (effect / std) ** 2 for s, effect in effects.items() if effect}
    strongest = dict(sorted(shares.items(), key=lambda item: -item[1]))
    least = max(_MATTERS * std, _ROUNDING * abs(value))
    leaves = {s: _leaves(expression, branches[s], values, s, std) for s, std in spread.items()}
    return Uncertain(value, std, strongest, {s: off for s, off in leaves.items() if off > least})


def uncertainties(setup: Setup, names: Iterable[str]) -> dict[str, Uncertain]:
    """Those of the quantities that the spread of a figure of the device moves, by name."""
    if setup.device is None:
        return {}
    given = {made for made, _ in setup.run.given}
    stds = {s: std for s, std in setup.device.stds(setup.dtype).items() if s not in given}
    if not stds:
        return {}
    values = setup.values()
    forms = {name: setup.expression(name) for name in names}
    return {
        name: propagate(form, values, stds)
        for name, form in forms.items()
        if form.free_symbols & stds.keys() and form.free_symbols <= values.keys()
    }


def _branches(
    expression: sympy.Expr, values: Values, wanted: Values
) -> dict[sympy.Symbol, sympy.Expr]:
    """The smooth expression at the point for each symbol; at a kink that of the steeper side."""
    if expression.has(sympy.Sum):
        return {made: _tangent(expression, values, made, std) for made, std in wanted.items()}
    smooth = branch_at(expression, values)
    kinks = kinked(expression, values)

    def steeper(made: sympy.Symbol) -> sympy.Expr:
        sides = (branch_at(expression, values, made, side) for side in (-1, 1))
        return max(sides, key=lambda side: _slope(side, values, made))

    return {made: steeper(made) if made in kinks else smooth for made in wanted}


def _tangent(expression: sympy.Expr, values: Values, made: sympy.Symbol, std: float) -> sympy.Expr:
    """The line that an expression follows next to the point, along one symbol."""
    middle, step = float(values[made]), _STEP * std
    near = np.array([middle - step, middle, middle + step])
    below, here, above = evaluate(expression, {**values, made: near}).tolist()
    rate = (above - below) / (2 * step)
    return sympy.Float(here) + sympy.Float(rate) * (made - sympy.Float(middle))


def _slope(branch: sympy.Expr, values: Values, made: sympy.Symbol) -> float:
    """|dQ/dx| on a branch."""
    return abs(float(evaluate(slope(branch, made), values)))


def _leaves(
    expression: sympy.Expr, branch: sympy.Expr, values: Values, made: sympy.Symbol, std: float
) -> float:
    """How far the expression leaves a branch within two standard deviations of a symbol."""
    middle = float(values[made])
    low = max(middle - _NEAR * std, middle / 100)
    near = {**values, made: np.array([low, middle + _NEAR * std])}
    return float(np.max(np.abs(evaluate(expression, near) - evaluate(branch, near))))
