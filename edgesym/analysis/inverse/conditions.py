"""Conditions such as ``time_per_output_token <= 50ms``, read from text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy

from edgesym.analysis.inverse.measured import Measured
from edgesym.analysis.inverse.sides import read_side
from edgesym.catalogue import REGISTRY
from edgesym.engine.evaluate import evaluate
from edgesym.engine.grid import Values
from edgesym.engine.roots import RELATIONS
from edgesym.errors import ExpressionError
from edgesym.scenario.setup import Setup
from edgesym.symbols import declared

__all__ = ["Condition", "read_condition", "read_conditions", "refuse_contradictions"]

_FLIPPED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "=": "="}
_LONGEST = 200
#: Conditions of one question: each is looked at over all values of the unknown.
_MOST = 50
_RELATION = re.compile(r"<=|>=|==|<|>|=")


@dataclass(frozen=True, slots=True)
class Condition:
    """A relation between two sides that are measured alike.

    Attributes:
        relation: ``<=``, ``<``, ``>=``, ``>`` or ``=``.
        left: the side with symbols, where the other is a number.
    """

    left: Measured
    relation: str
    right: Measured

    def __str__(self) -> str:
        """As it was written, a number on the right."""
        return f"{self.left.text} {self.relation} {self.right.text}"

    @property
    def difference(self) -> sympy.Expr:
        """Left less right."""
        return self.left.expression - self.right.expression

    @property
    def free_symbols(self) -> set[sympy.Symbol]:
        """The symbols of both sides."""
        return set(self.left.expression.free_symbols | self.right.expression.free_symbols)

    def holds(self, values: Values) -> bool:
        """Whether it is met, in exact arithmetic where the numbers are exact."""
        difference = evaluate(self.difference, values)
        if self.relation == "=":
            return bool(difference == 0)
        return bool(RELATIONS[self.relation](difference))

    @property
    def bound(self) -> sympy.Symbol | None:
        """A symbol for the number on the right, called as the quantity that it bounds.

        None where the right is no number, or one without a unit that bounds no quantity.
        """
        named = self.left.text in REGISTRY
        if not self.right.expression.is_number or not (named or self.right.dimensions):
            return None
        return declared(self.left.text if named else "bound")


def read_conditions(texts: Sequence[str], setup: Setup) -> tuple[Condition, ...]:
    """The conditions that texts state of a setup.

    Raises:
        EdgesymError: as of :func:`read_condition`, or there are too many.
    """
    if len(texts) > _MOST:
        raise ExpressionError(f"{len(texts):,} conditions; {_MOST} at most")
    return tuple(read_condition(text, setup) for text in texts)


def read_condition(text: str, setup: Setup) -> Condition:
    """The condition that a text states of a setup.

    A number may go without a unit where the other side has but one, as ``tokens_per_second`` has.

    Raises:
        ExpressionError: not a condition.
        UnknownNameError: a name that is neither a quantity nor a symbol.
        UnitError: sides that are not measured alike.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"condition of {len(text)} characters; {_LONGEST} at most")
    sides = _RELATION.split(text)
    if len(sides) != 2 or not all(side.strip() for side in sides):
        raise ExpressionError(
            f"{text!r} is not a condition; write one such as 'time_per_output_token <= 50ms', "
            "with exactly one of <=, <, >=, >, ="
        )
    relation = _RELATION.findall(text)[0].replace("==", "=")
    left, right = (read_side(side, setup) for side in sides)
    left, right = left.measured_as(right), right.measured_as(left)
    left.agrees_with(right)
    if left.expression.is_number:
        left, right, relation = right, left, _FLIPPED[relation]
    if left.expression.is_number:
        raise ExpressionError(
            f"{text!r} compares two numbers; name a quantity or a symbol on one side"
        )
    return Condition(left, relation, right)


def refuse_contradictions(conditions: Iterable[Condition]) -> None:
    """Refuse bounds on the same thing that leave nothing between them.

    Raises:
        ExpressionError: two conditions of which only one can hold.
    """
    seen: list[Condition] = []
    for condition in conditions:
        for other in seen:
            if other.left.expression == condition.left.expression and _exclude(other, condition):
                raise ExpressionError(f"{other} and {condition} contradict each other")
        if condition.right.expression.is_number:
            seen.append(condition)


def _exclude(one: Condition, other: Condition) -> bool:
    """Whether one bounds from above what the other bounds from below, too low."""
    for upper, lower in ((one, other), (other, one)):
        if upper.relation[0] in "<=" and lower.relation[0] in ">=":
            top, bottom = upper.right.expression, lower.right.expression
            strict = {upper.relation, lower.relation} & {"<", ">"}
            if top < bottom or (strict and top == bottom):
                return True
    return False
