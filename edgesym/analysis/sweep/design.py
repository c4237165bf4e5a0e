"""The best design among many: every candidate looked at, and the same question without a grid.

In logarithms the costs of a model are mostly sums of products with positive coefficients, and
maxima of such; a condition that bounds one from above then bounds a convex function, and what a
search finds nearby is best everywhere (geometric programming; Boyd et al. 2007, Optimization and
Engineering 8, doi:10.1007/s11081-007-9001-7). Its derivatives are our own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from edgesym.analysis.sweep.answer import Sweep
from edgesym.analysis.sweep.engines.engine import HERE, Means
from edgesym.analysis.sweep.job import Job
from edgesym.analysis.sweep.numbers import Listed, Numbers
from edgesym.analysis.sweep.question import Question
from edgesym.analysis.sweep.sweep import Report, run
from edgesym.document.shown import Shown
from edgesym.engine.compile import Input
from edgesym.engine.point import Point
from edgesym.errors import ConfigError, EdgesymError

__all__ = ["Design", "Relaxed", "design"]

#: Conditions are met, and objectives equal, that are so to this part.
_EQUAL = 1e-6
#: Moved by this part where two branches of a maximum meet.
_STEP = 1e-6
_ROUNDS = 200
#: Most axes whose neighbours on the grid are all looked at.
_MOST_AXES = 12

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The answer where axes take any number between their ends.

    Attributes:
        values: of each axis, in the units that it is given in.
        objective: what is reached.
        binding: the conditions that hold with equality there, and axes at an end.
        same: whether the grid's answer is what it is rounded to.
        reason: why not, if so.
    """

    values: Mapping[str, float]
    objective: float
    binding: tuple[str, ...]
    same: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Design(Shown):
    """The best designs, and what the relaxation says.

    Attributes:
        found: the best rows.
        sides: of the best design, the two sides of each condition.
        relaxed: none where ``missing`` says why there is none.
    """

    found: Sweep
    question: Question
    sides: tuple[tuple[float, float], ...]
    objective: float
    relaxed: Relaxed | None
    missing: str = ""


def design(job: Job, means: Means = HERE, *, report: Report | None = None) -> Design:
    """The best candidates of a job by one objective, and the same without a grid.

    Raises:
        ConfigError: there is not one objective, or nothing meets the conditions.
    """
    if not job.top:
        raise ConfigError("--design needs what is best: give --by, such as --by hidden")
    found = run(job, means=means, report=report)
    if not found.kept:
        told = " and ".join(job.asked.where)
        raise ConfigError(
            f"none of {found.points:,} candidates meets {told}; weaken a condition, widen an axis, "
            "or ask edgesym solve what is needed"
        )
    question = _winner(job, found)
    best = {axis.name: float(found[axis.name][0]) for axis in question.inputs.values()}
    results = _at(question, {a.symbol: _base(a, best[a.name]) for a in question.inputs.values()})
    numbers = [float(number) for number in results.results]
    sides = tuple((numbers[a], numbers[b]) for a, _, b in question.rows_of_conditions)
    objective = numbers[question.rows_of_objectives.start]
    try:
        relaxed = _relaxed(job, question, best, objective)
    except _Missing as missing:  # the answer tells what is missing
        return Design(found, question, sides, objective, None, str(missing))
    return Design(found, question, sides, objective, relaxed)


class _Missing(EdgesymError):  # noqa: N818 (the grid has its answer all the same)
    """Why there is no relaxation."""


def _winner(job: Job, found: Sweep) -> Question:
    """The question of the case that the best row is of."""
    names = {f.name: found[f.name][0] for f in found.fields if f.kind == "name"}
    own = [q for q in job.questions if dict(q.case.names) == names]
    return next(q for q in own if all(found[axis.name][0] == n for axis, n in q.case.numbers))


def _base(axis: Input, number: float) -> float:
    return float(axis.in_base(number))


def _at(question: Question, values: Mapping[sympy.Symbol, float]) -> Point:
    return question.program.at({made: values[made] for made in question.program.symbols})


@dataclass(slots=True)
class _Search:
    """Logarithms of outputs over logarithms of axes, with their derivatives."""

    question: Question
    axes: tuple[Input, ...]
    last: tuple[bytes, Vector, Vector] | None = None

    def logs(self, u: Vector) -> tuple[Vector, Vector]:
        """The logarithm of every output, and its derivatives by the logarithm of each axis."""
        if self.last is None or self.last[0] != u.tobytes():
            x = np.exp(u)
            values = {axis.symbol: float(n) for axis, n in zip(self.axes, x, strict=True)}
            point = _at(self.question, values)
            numbers = np.array([float(n) for n in point.results])
            if not (numbers > 0).all():
                raise _Missing("a side of a condition is not above 0, and has no logarithm")
            slopes = np.array(
                [self._slopes(point, axis.symbol, n) for axis, n in zip(self.axes, x, strict=True)]
            )
            self.last = (u.tobytes(), np.log(numbers), (slopes * x[:, None] / numbers).T)
        return self.last[1], self.last[2]

    def _slopes(self, point: Point, made: sympy.Symbol, at: float) -> list[float]:
        """Derivatives by one axis; in between where branches of a maximum meet."""
        slopes = point.slopes(made)
        if all(rate is not None for rate in slopes):
            return [float(rate or 0.0) for rate in slopes]
        ends = [point.moved({made: at * (1 + step)}) for step in (-_STEP, _STEP)]
        return [
            float(rate) if rate is not None else float(high - low) / (2 * _STEP * at)
            for rate, low, high in zip(slopes, *ends, strict=True)
        ]


def _relaxed(job: Job, question: Question, best: Mapping[str, float], objective: float) -> Relaxed:
    """The best point between the ends of the axes.

    Raises:
        _Missing: there is none to be had, with the reason.
    """
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise _Missing("scipy is not installed (extra: design)") from None
    if any(len(dimension.axes) > 1 for dimension in job.space.dimensions):
        raise _Missing("axes that go together are no range")
    grids: dict[Input, Numbers] = {
        d.axes[0]: d.numbers[0]
        for d in job.space.dimensions
        if d.axes[0].symbol in question.program.symbols
    }
    axes = tuple(grids)
    search = _Search(question, axes)
    ends = [_ends(axis, grid) for axis, grid in grids.items()]
    bounds = [(math.log(low), math.log(high)) for low, high in ends]
    row, sign = question.rows_of_objectives.start, question.objectives[0].sign
    constraints: list[dict[str, Any]] = []
    for a, relation, b in question.rows_of_conditions:
        more, less = (b, a) if relation[0] in "<=" else (a, b)
        constraints.append(
            {
                "type": "eq" if relation == "=" else "ineq",
                "fun": lambda u, m=more, n=less: search.logs(u)[0][m] - search.logs(u)[0][n],
                "jac": lambda u, m=more, n=less: search.logs(u)[1][m] - search.logs(u)[1][n],
            }
        )
    here = np.array([math.log(_base(axis, best[axis.name])) for axis in axes])
    starts = [here, np.array([sum(pair) / 2 for pair in bounds]), np.array([b[0] for b in bounds])]
    reached: list[tuple[float, Vector]] = []
    for start in starts:
        try:
            made = minimize(
                lambda u: -sign * search.logs(u)[0][row],
                start,
                jac=lambda u: -sign * search.logs(u)[1][row],
                bounds=bounds,
                constraints=constraints,
                method="SLSQP",
                options={"maxiter": _ROUNDS, "ftol": 1e-12},
            )
        except EdgesymError:  # another start is tried; none left is told
            continue
        u = np.clip(made.x, [b[0] for b in bounds], [b[1] for b in bounds])
        if all(_met(c["type"], c["fun"](u)) for c in constraints):
            reached.append((float(search.logs(u)[0][row]), u))
    if not reached:
        raise _Missing("the search without a grid came to no point that meets the conditions")
    _, u = max(reached, key=lambda pair: sign * pair[0])
    return _judged(question, grids, search, u, bounds, objective)


def _ends(axis: Input, grid: Numbers) -> tuple[float, float]:
    if isinstance(grid, Listed):
        return _base(axis, min(grid.numbers)), _base(axis, max(grid.numbers))
    return _base(axis, grid.low), _base(axis, grid.high)


def _met(kind: str, slack: float) -> bool:
    return bool(abs(slack) < _EQUAL if kind == "eq" else slack > -_EQUAL)


def _judged(
    question: Question,
    grids: Mapping[Input, Numbers],
    search: _Search,
    u: Vector,
    bounds: list[tuple[float, float]],
    objective: float,
) -> Relaxed:
    """What binds at the relaxed optimum, and whether the grid's answer is next to it."""
    logs, _ = search.logs(u)
    axes, x = tuple(grids), np.exp(u)
    row, wanted = question.rows_of_objectives.start, question.objectives[0]
    value = float(np.exp(logs[row]))
    binding = [
        str(condition)
        for condition, (a, _, b) in zip(
            question.conditions, question.rows_of_conditions, strict=True
        )
        if abs(logs[a] - logs[b]) < 100 * _EQUAL
    ]
    for axis, number, (low, high) in zip(axes, u, bounds, strict=True):
        if high - low > _EQUAL and min(number - low, high - number) < 100 * _EQUAL:
            end = "least" if number - low < high - number else "largest"
            binding.append(f"{axis.name} at its {end}")
    shown = {axis.name: float(n) * axis.scale for axis, n in zip(axes, x, strict=True)}
    near = _neighbours(question, grids, x)
    gain = wanted.sign * (math.log(value) - math.log(objective))
    same = near is not None and math.isclose(near, objective, rel_tol=_EQUAL)
    reason = "" if same else _why(gain, near, wanted.text)
    return Relaxed(shown, value, tuple(binding), same, reason)


def _why(gain: float, near: float | None, text: str) -> str:
    """Why the grid's answer is not the relaxed one, rounded."""
    if gain < -_EQUAL:
        return (
            "the search ended at a point that is only best nearby: something asked for is not "
            "convex in logarithms"
        )
    part = math.expm1(abs(gain))
    more = f"between the numbers of the axes {text} is better by up to {part:.2%}"
    if near is None:
        return f"no neighbour of it on the grid is a model and meets the conditions; {more}"
    return f"the best neighbour of it on the grid reaches {near:.6g}; {more}"


def _neighbours(question: Question, grids: Mapping[Input, Numbers], x: Vector) -> float | None:
    """The best objective among the points of the grid around a point; none where none is met."""
    if len(grids) > _MOST_AXES:
        return None
    sides = [
        _around(axis, grid, float(n)) for (axis, grid), n in zip(grids.items(), x, strict=True)
    ]
    points = np.array(list(product(*sides)))
    columns = {axis.symbol: points[:, place] for place, axis in enumerate(grids)}
    found = question.program.columns({m: columns[m] for m in question.program.symbols})
    met = np.ones(len(points), dtype=bool)
    for a, relation, b in question.rows_of_conditions:
        left, right = found[a], found[b]
        met &= left <= right if relation[0] == "<" else left >= right
    for place in question.rows_of_ties:
        met &= np.floor(found[place]) == found[place]
    if not met.any():
        return None
    sign = question.objectives[0].sign
    return float(sign * np.max(sign * found[question.rows_of_objectives.start][met]))


def _around(axis: Input, grid: Numbers, at: float) -> tuple[Any, ...]:
    """The numbers of an axis just below and above one."""
    given = at * axis.scale
    if isinstance(grid, Listed):
        known = sorted(set(map(float, grid.numbers)))
        place = int(np.searchsorted(known, given))
        near = known[max(place - 1, 0) : place + 1] or known[-1:]
    else:
        step = (grid.high - grid.low) / max(len(grid) - 1, 1)
        place = int((given - grid.low) / step) if step else 0
        near = list(grid.part(max(place - 1, 0), min(place + 3, len(grid))))
    return tuple(_base(axis, number) for number in near)
