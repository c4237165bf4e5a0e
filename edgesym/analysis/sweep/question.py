"""What a sweep asks of every point, read for one case: closed forms, conditions, objectives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sympy

from edgesym.analysis.inverse.conditions import Condition, read_conditions
from edgesym.analysis.inverse.sides import read_side
from edgesym.analysis.sweep.space import Case, Space
from edgesym.catalogue import find_quantity
from edgesym.engine.compile import Input
from edgesym.engine.program import Program, program_of
from edgesym.errors import ConfigError, ExpressionError
from edgesym.scenario.axes import (
    axis_of,
    followers,
    refuse_beyond,
    refuse_idle,
    refuse_still,
)
from edgesym.scenario.setup import Setup
from edgesym.symbols import REAL, describe

__all__ = ["Asked", "Objective", "Question", "objective_of", "question_of"]

#: Units of which more is better; of others, less.
_MORE = ("tokens/s", "FLOP/s", "FLOP/B")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every point, as texts.

    Attributes:
        quantities: what is computed.
        where: conditions that a point has to meet to be kept.
        ties: symbols that follow the axes, by formula.
        by: what the best points are the best of: one objective, or several for a front.
    """

    quantities: tuple[str, ...]
    where: tuple[str, ...] = ()
    ties: tuple[tuple[str, str], ...] = ()
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Objective:
    """What is to be large, or small.

    Attributes:
        text: the quantity, symbol or formula.
        sign: 1 where more is better, -1 where less is.
    """

    text: str
    sign: int
    expression: sympy.Expr
    unit: str

    def __str__(self) -> str:
        """In words."""
        return f"{'most' if self.sign > 0 else 'least'} {self.text}"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the points of one case.

    Attributes:
        program: quantities, followers, both sides of conditions, and objectives; in this order.
        inputs: the axes by symbol, in the order of the space.
    """

    setup: Setup
    case: Case
    program: Program
    asked: Asked
    ties: Mapping[Input, sympy.Expr]
    conditions: tuple[Condition, ...]
    objectives: tuple[Objective, ...]
    inputs: Mapping[sympy.Symbol, Input]

    @property
    def rows_of_ties(self) -> range:
        """The rows of the program that are followers."""
        first = len(self.asked.quantities)
        return range(first, first + len(self.ties))

    @property
    def rows_of_conditions(self) -> list[tuple[int, str, int]]:
        """Of each condition the rows of its sides, and the relation between them."""
        first = self.rows_of_ties.stop
        return [
            (first + 2 * i, c.relation, first + 2 * i + 1) for i, c in enumerate(self.conditions)
        ]

    @property
    def rows_of_objectives(self) -> range:
        """The rows of the program that are objectives."""
        first = self.rows_of_ties.stop + 2 * len(self.conditions)
        return range(first, first + len(self.objectives))


def question_of(asked: Asked, space: Space, case: Case, setup: Setup) -> Question:
    """The question of one case.

    Raises:
        EdgesymError: a name that is none, a condition that is none, an axis that nothing depends
            on, a figure that the device does not have.
    """
    setup = setup.placing(axis.symbol for axis in space.axes)
    _refuse_layers(space, case, setup)
    ties = _ties(asked.ties, setup)
    axes = [axis for axis in space.axes if axis.symbol not in {tie.symbol for tie in ties}]
    if len(axes) < len(space.axes):
        raise ConfigError("a symbol that follows the axes (--tie) is no axis itself; leave one out")
    wanted = {axis.symbol for axis in axes}
    put = _closed({tie.symbol: form for tie, form in ties.items()}, followers(setup, wanted))
    conditions = read_conditions(asked.where, setup)
    objectives = tuple(objective_of(text, setup) for text in asked.by)
    forms = {name: setup.expression(name) for name in asked.quantities}
    forms |= {tie.name: tie.symbol for tie in ties}
    for condition in conditions:
        forms[f"{condition} (left)"] = condition.left.expression
        forms[f"{condition} (right)"] = condition.right.expression
    forms |= {str(objective): objective.expression for objective in objectives}
    listed = [form.xreplace(put) for form in forms.values()]
    named = dict(zip(forms, listed, strict=True))
    refuse_idle(setup, axes, named)
    refuse_still(axes, {name.removesuffix(" (left)"): form for name, form in named.items()})
    for name, form in named.items():
        setup.require(name.removesuffix(" (left)"), form.free_symbols - wanted)
    own = {axis.symbol: axis.in_base(number) for axis, number in case.numbers}
    values = {**setup.values(), **own}
    free = {made for form in listed for made in form.free_symbols} - (wanted - own.keys())
    program = program_of(listed, {made: values[made] for made in free})
    program.refuse_sums()
    inputs = {axis.symbol: axis for axis in axes}
    return Question(setup, case, program, asked, ties, conditions, objectives, inputs)


def _refuse_layers(space: Space, case: Case, setup: Setup) -> None:
    """Refuse more layers elsewhere than on the device than can be there.

    Raises:
        ConfigError: naming the axis.
    """
    swept = [pair for d in space.dimensions for pair in zip(d.axes, d.numbers, strict=True)]
    largest = {axis: numbers.most for axis, numbers in swept} | dict(case.numbers)
    for axis, number in largest.items():
        refuse_beyond(setup, axis, float(number))


def _ties(texts: Sequence[tuple[str, str]], setup: Setup) -> dict[Input, sympy.Expr]:
    """The symbols that follow the axes.

    Raises:
        ExpressionError, UnitError: no formula, or one that is measured otherwise.
    """
    found = {}
    for name, text in texts:
        axis = axis_of(name)
        if axis.scale != 1:
            raise ConfigError(f"--tie {name}: tie {describe(axis.symbol).word}, in bytes")
        side, own = read_side(text, setup), read_side(name, setup)
        if side.dimensions or own.dimensions:
            own.agrees_with(side)
        found[axis] = side.expression
    return found


def _closed(
    ties: Mapping[sympy.Symbol, sympy.Expr], more: Mapping[sympy.Symbol, sympy.Expr]
) -> dict[sympy.Symbol, sympy.Expr]:
    """Followers in terms of what follows nothing.

    Raises:
        ExpressionError: they follow one another in a circle.
    """
    found = {**more, **ties}
    for _ in found:
        found = {made: form.xreplace(found) for made, form in found.items()}
    if any(form.free_symbols & found.keys() for form in found.values()):
        names = ", ".join(describe(made).word for made in ties)
        raise ExpressionError(f"--tie: {names} follow one another in a circle; give one as an axis")
    return found


def objective_of(text: str, setup: Setup) -> Objective:
    """What is to be large or small: a quantity, symbol or formula, + or - before it.

    Without a sign it is the usual one: more of a rate, of an extent of the model or of the
    workload; less of time, memory, energy and of figures of a device.
    """
    bare = text.strip().lstrip("+-").strip()
    side = read_side(bare, setup)
    row = describe(side.expression) if isinstance(side.expression, sympy.Symbol) else None
    extent = row is not None and row.scope in ("model", "workload")
    sign = 1 if extent or side.unit in _MORE else -1
    if text.strip()[:1] in ("+", "-"):
        sign = 1 if text.strip()[0] == "+" else -1
    return Objective(bare, sign, side.expression, side.unit)


def is_counted(axis: Input) -> bool:
    """Whether the numbers of an axis are whole."""
    return axis.scale == 1 and describe(axis.symbol).domain != REAL


def unit_of(name: str) -> str:
    """The unit of a quantity."""
    return find_quantity(name).unit


Setups = Callable[[Mapping[str, str]], Setup]
