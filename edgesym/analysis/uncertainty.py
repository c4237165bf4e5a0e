"""How uncertain a quantity is, where figures that it comes from are.

    sigma_Q^2 = sum over x, y of dQ/dx sigma_x dQ/dy sigma_y rho_xy + (s Q)^2

to first order (JCGM 100:2008, the GUM, 5.2.2). Figures that a fit gives vary together: rho is
their correlation, 0 for all others. s is the scatter of measured steps around the fit, which a
time has besides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from typing import Any

import sympy

from edgesym.algebra.derivative import branch_at, slope
from edgesym.engine.evaluate import evaluate, symbols_of
from edgesym.engine.point import Point
from edgesym.engine.program import program_of
from edgesym.fits.levels import is_bounded
from edgesym.frozen import Frozen
from edgesym.memo import memo
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe

__all__ = [
    "OF_90",
    "Correlation",
    "KnownSpreads",
    "Spreads",
    "Uncertain",
    "correlation_of",
    "known_spreads",
    "propagate",
    "uncertain_at",
    "uncertain_figures",
    "uncertain_in",
    "uncertainties",
]

Values = Mapping[sympy.Symbol, Any]
#: The correlation of two symbols.
Correlation = Callable[[sympy.Symbol, sympy.Symbol], float]
#: Standard deviations around a figure within which a kink is looked for, and that hold 90 %
#: of a normal distribution.
_NEAR, OF_90 = 2.0, 1.645
#: Half of what a symbol is moved by, in its std, where a slope is a difference quotient.
_TANGENT = 1e-3
#: A kink that moves the quantity by less, in its standard deviations or relative, is none.
_MATTERS, _ROUNDING = 0.05, 1e-9


@dataclass(frozen=True, slots=True)
class Uncertain(Frozen):
    """A number and one standard deviation of it, in its unit.

    Attributes:
        contributions: share of the variance that comes from each symbol, strongest first; one
            that makes up for another takes from it.
        kinks: symbols that meet a kink of a maximum or minimum within two standard deviations
            of theirs, where first order is not the whole truth, and how far off it then is.
        scatter: share of the variance that is the scatter of measured steps around the fit.
        best: what the quantity would be with all of the peaks and no fixed cost, which no end
            of the interval passes; none where that is not known.
    """

    value: float
    std: float
    contributions: Mapping[sympy.Symbol, float]
    kinks: Mapping[sympy.Symbol, float]
    scatter: float = 0.0
    best: float | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """What 90 % of a normal distribution of the logarithm lies between.

        A number that is not positive has no logarithm: value -+ 1.645 std.
        """
        if self.value <= 0:
            return self.value - OF_90 * self.std, self.value + OF_90 * self.std
        factor = math.exp(OF_90 * self.std / self.value)
        low, high = self.value / factor, self.value * factor
        if self.best is None:
            return low, high
        return (
            (min(max(low, self.best), self.value), high)
            if self.best <= self.value
            else (low, max(min(high, self.best), self.value))
        )

    def as_json(self) -> dict[str, Any]:
        """The spread, by words."""
        return {
            "interval_90": list(self.interval),
            "contributions": {describe(s).word: share for s, share in self.contributions.items()},
            "kinks": {describe(s).word: missed for s, missed in self.kinks.items()},
            **({"scatter": self.scatter} if self.scatter else {}),
        }


def _independent(one: sympy.Symbol, other: sympy.Symbol) -> float:
    return 0.0


def propagate(
    expression: sympy.Expr,
    values: Values,
    stds: Values,
    correlation: Correlation = _independent,
) -> Uncertain:
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
        correlation: of two of them; by default they are independent.

    Raises:
        EdgesymError: a symbol has no number.

    References:
        JCGM 100:2008 (GUM), 5.2.2.
    """
    point, forms = program_of([expression]).at(values), {"": expression}
    spread = Spreads.of({s: std for s, std in stds.items() if std}, correlation)
    exact = Uncertain(float(point.results[0]), 0.0, {}, {})
    return uncertain_at(point, forms, values, spread).get("", exact)


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """Symbols that have a spread, and how they vary together.

    Attributes:
        stds: the standard deviation of each, in its unit.
        together: the correlation of each with each, in this order.
        names: what they are called.
    """

    stds: Mapping[sympy.Symbol, float]
    together: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, stds: Mapping[sympy.Symbol, float], correlation: Correlation) -> Spreads:
        """Symbols of these standard deviations and correlations; each is one with itself."""
        together = tuple(
            tuple(1.0 if one == other else correlation(one, other) for other in stds)
            for one in stds
        )
        return cls(stds, together, tuple(map(str, stds)))


def uncertain_at(
    point: Point, forms: Mapping[str, sympy.Expr], values: Values, spreads: Spreads
) -> dict[str, Uncertain]:
    """:func:`propagate` for those of many closed forms that a spread moves, by name.

    ``point`` is the one of a program whose first outputs are the forms, in their order.
    """
    near, inputs = point.rounded(), point.tape.inputs
    moves = [
        _moves(near, made, std, len(forms)) if made in inputs else None
        for made, std in spreads.stds.items()
    ]
    entering = _entering(tuple(forms.values()), tuple(spreads.stds))
    return {
        name: _uncertain(point, row, form, values, spreads, entering[row], moves)
        for row, (name, form) in enumerate(forms.items())
        if entering[row]
    }


@lru_cache(maxsize=256)
def _entering(
    forms: tuple[sympy.Expr, ...], symbols: tuple[sympy.Symbol, ...]
) -> tuple[tuple[int, ...], ...]:
    """Which of some symbols enter each closed form, by their places."""
    return tuple(
        tuple(place for place, made in enumerate(symbols) if made in symbols_of(form))
        for form in forms
    )


def _uncertain(
    point: Point,
    row: int,
    form: sympy.Expr,
    values: Values,
    spreads: Spreads,
    entering: Sequence[int],
    moves: Sequence[_Moves | None],
) -> Uncertain:
    """The spread of one output from what each symbol that enters it does to it."""
    symbols, stds = list(spreads.stds), list(spreads.stds.values())
    effects, leaves = [], []
    for place in entering:
        found = moves[place]
        effect, left = (0.0, 0.0) if found is None else (found.effects[row], found.leaves[row])
        if effect is None:
            effect, left = _bent(form, values, symbols[place], stds[place])
        effects.append(effect)
        leaves.append(left)
    parts = _parts(effects, [spreads.together[place] for place in entering], entering)
    value = float(point.numbers[point.tape.results[row]])
    std = math.sqrt(max(sum(parts), 0.0))
    least = max(_MATTERS * std, _ROUNDING * abs(value))
    shares = [part / std**2 if part and std else 0.0 for part in parts]
    strongest = sorted(range(len(parts)), key=lambda at: (-shares[at], spreads.names[entering[at]]))
    return Uncertain(
        value,
        std,
        {symbols[entering[at]]: shares[at] for at in strongest if parts[at] and std},
        {
            symbols[place]: left
            for place, left in zip(entering, leaves, strict=True)
            if left > least
        },
    )


def _parts(
    effects: Sequence[float], together: Sequence[Sequence[float]], entering: Sequence[int]
) -> list[float]:
    """What each symbol has of the variance: with itself, and half of what pairs have."""
    if len(entering) == len(together[0]):
        return [
            one * sum(map(mul, effects, row)) for one, row in zip(effects, together, strict=True)
        ]
    rows = ([row[place] for place in entering] for row in together)
    return [one * sum(map(mul, effects, row)) for one, row in zip(effects, rows, strict=True)]


@dataclass(frozen=True, slots=True)
class _Moves:
    """What the spread of one symbol does to each form of a program.

    Attributes:
        effects: dQ/dx sigma_x on the branch that holds at the point; None where there is no
            one branch.
        leaves: how far the form leaves that branch within two standard deviations.
    """

    effects: tuple[float | None, ...]
    leaves: tuple[float, ...]


def _moves(point: Point, made: sympy.Symbol, std: float, first: int) -> _Moves:
    """What a symbol does to the first outputs of a program."""
    slopes = point.slopes(made, first)
    ends = (point.leaves(made, at, first) for at in _ends(float(point.number(made)), std))
    effects = tuple(None if rate is None else rate * std for rate in slopes)
    return _Moves(effects, tuple(map(max, *ends)))


def _ends(middle: float, std: float) -> tuple[float, float]:
    """Two standard deviations to either side; below, of the logarithm where there is one.

    A figure that is known to within its own size is no hundredth of itself: its interval ends far
    above.
    """
    below = middle * math.exp(-_NEAR * std / middle) if middle > 0 else middle - _NEAR * std
    return below, middle + _NEAR * std


def uncertainties(setup: Setup, names: Iterable[str]) -> dict[str, Uncertain]:
    """Those of the quantities that the spread of a figure of the device moves, by name."""
    known, values = setup.known(names), setup.values()
    return uncertain_in(setup, known, program_of(known.values()).at(values), values)


def uncertain_in(
    setup: Setup, forms: Mapping[str, sympy.Expr], point: Point, values: Values
) -> dict[str, Uncertain]:
    """:func:`uncertain_at` of the quantities of a setup, with what its fits say of them."""
    known = known_spreads(setup)
    found = uncertain_at(point, forms, values, known.spreads)
    if known.scatter is None:
        return found
    best = dict(zip(forms, point.moved(known.best, len(forms)), strict=True))
    times = {name: each.value for name, each in found.items()}
    return {
        name: _scattered(each, _scatter(name, times, known.scatter), float(best[name]))
        for name, each in found.items()
    }


@dataclass(frozen=True, slots=True, eq=False)
class KnownSpreads:
    """What is known of the figures of a setup, whatever the numbers of its run.

    Attributes:
        scatter: of measured steps around the fit, by phase; none where nothing is fitted.
        best: every utilisation of a fit at 1, and no fixed cost.
    """

    spreads: Spreads
    scatter: Mapping[str, float] | None
    best: Mapping[sympy.Symbol, float]


@memo(key=lambda setup: setup.shape, size=256)
def known_spreads(setup: Setup) -> KnownSpreads:
    """The spreads of the figures of a setup, and the scatter of measured steps."""
    spreads = Spreads.of(uncertain_figures(setup), correlation_of(setup))
    fits = setup.fits
    scatter = fits[0].fit.scatter if fits else None
    words = {made: word for part in fits for made, word in part.words.items()}
    best = {made: 1.0 if is_bounded(word) else 0.0 for made, word in words.items()}
    return KnownSpreads(spreads, scatter, best)


def _scattered(found: Uncertain, scatter: float, best: float) -> Uncertain:
    """The same with the scatter of measured steps, one standard deviation of the logarithm."""
    value, shares = found.value, found.contributions
    if not scatter:
        return Uncertain(value, found.std, shares, found.kinks, found.scatter, best)
    std = math.hypot(found.std, scatter * value)
    kept = (found.std / std) ** 2
    shares = {made: share * kept for made, share in shares.items()}
    return Uncertain(value, std, shares, found.kinks, 1.0 - kept, best)


def _scatter(name: str, times: Mapping[str, float], scatter: Mapping[str, float]) -> float:
    """The scatter of a quantity: of times alone, by their phase."""
    if name == "generation_time":
        first, all_ = times.get("time_to_first_token", 0.0), times[name]
        return math.hypot(scatter["prefill"] * first, scatter["decode"] * (all_ - first)) / all_
    return scatter[_PHASES[name]] if name in _PHASES else 0.0


_PHASES = {
    "time_to_first_token": "prefill",
    "time_per_output_token": "decode",
    "tokens_per_second": "decode",
}


def correlation_of(setup: Setup) -> Correlation:
    """The correlations of the figures of a setup, which those of one fit have."""
    fits = setup.fits

    def correlation(one: sympy.Symbol, other: sympy.Symbol) -> float:
        return sum(part.correlation(one, other) for part in fits)

    return correlation


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
        branch = max(sides, key=lambda side: abs(_slope(side, values, made)))
    return _slope(branch, values, made) * std, _leaves(expression, branch, values, made, std)


def _tangent(expression: sympy.Expr, values: Values, made: sympy.Symbol, std: float) -> sympy.Expr:
    """The line that an expression follows next to the point, along one symbol."""
    middle, step = float(values[made]), _TANGENT * std
    near = (middle - step, middle, middle + step)
    below, here, above = (float(evaluate(expression, {**values, made: at})) for at in near)
    rate = (above - below) / (2 * step)
    return sympy.Float(here) + sympy.Float(rate) * (made - sympy.Float(middle))


def _slope(branch: sympy.Expr, values: Values, made: sympy.Symbol) -> float:
    """dQ/dx on a branch."""
    return float(evaluate(slope(branch, made), values))


def _leaves(
    expression: sympy.Expr, branch: sympy.Expr, values: Values, made: sympy.Symbol, std: float
) -> float:
    """How far the expression leaves a branch within two standard deviations of a symbol."""
    return max(
        abs(float(evaluate(expression, near)) - float(evaluate(branch, near)))
        for near in ({**values, made: at} for at in _ends(float(values[made]), std))
    )
