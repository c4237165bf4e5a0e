"""Closed forms as one list of steps, in which what they share stands once.

A step computes a number from numbers of earlier places; equal steps are one (hash-consing),
so the elimination of common terms costs a look-up per node. What depends on fixed symbols
alone is computed, exactly, while the tape is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from edgesym.engine.arithmetic import EXACT, OPERATIONS, constant
from edgesym.engine.evaluate import added_up
from edgesym.errors import EdgesymError

__all__ = ["Places", "Step", "Tape", "tape_of"]

#: Operations that take their argument as a quotient: rounded after one division, so that a
#: whole quotient stays whole.
_ROUNDINGS = (sympy.floor, sympy.ceiling)


@dataclass(frozen=True, slots=True)
class Step:
    """One operation.

    Attributes:
        place: where its number goes.
        operation: a name of :data:`edgesym.engine.arithmetic.OPERATIONS`, or ``sum``.
        arguments: the places of the numbers it takes.
        node: the ``sympy.Sum`` itself, where it is one.
    """

    place: int
    operation: str
    arguments: tuple[int, ...]
    node: sympy.Sum | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Inputs, constants and steps, by the place of their numbers.

    Attributes:
        size: how many places there are.
        results: the places of the closed forms' values, in their order.
    """

    size: int
    inputs: Mapping[sympy.Symbol, int]
    constants: Mapping[int, Any]
    steps: tuple[Step, ...]
    results: tuple[int, ...]


def tape_of(outputs: Iterable[sympy.Expr], fixed: Mapping[sympy.Symbol, Any]) -> Tape:
    """The tape of closed forms, numbers put in for the fixed symbols.

    >>> from edgesym.symbols import symbol
    >>> H, I = symbol("hidden"), symbol("intermediate")
    >>> made = tape_of([(H + I) ** 2, H * (H + I)], {})
    >>> [step.operation for step in made.steps]
    ['add', 'power', 'multiply']

    Raises:
        EdgesymError: a function without a rule.
    """
    writer = _Writer(fixed)
    results = tuple(writer.place(output) for output in outputs)
    inputs = dict(sorted(writer.inputs.items(), key=lambda item: str(item[0])))
    return Tape(writer.size, inputs, writer.constants, tuple(writer.steps), results)


@dataclass(kw_only=True, slots=True)
class Places:
    """The places of a tape that is being written; equal constants and equal steps share one."""

    constants: dict[int, Any] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    size: int = 0
    _of_step: dict[tuple[Any, ...], int] = field(default_factory=dict)

    def _next(self) -> int:
        self.size += 1
        return self.size - 1

    def _constant(self, number: Any) -> int:
        key = (type(number), number)
        if key not in self._of_step:
            self._of_step[key] = self._next()
            self.constants[self._of_step[key]] = number
        return self._of_step[key]


@dataclass(slots=True)
class _Writer(Places):
    """Writes steps, each once."""

    fixed: Mapping[sympy.Symbol, Any]
    inputs: dict[sympy.Symbol, int] = field(default_factory=dict)
    _of_node: dict[sympy.Basic, int] = field(default_factory=dict)

    def place(self, node: sympy.Basic) -> int:
        """The place of a node's number; what it takes is written before it."""
        if node not in self._of_node:
            self._of_node[node] = self._written(node)
        return self._of_node[node]

    def _written(self, node: sympy.Basic) -> int:
        if isinstance(node, sympy.Symbol):
            if node in self.fixed:
                return self._constant(self.fixed[node])
            self.inputs[node] = self._next()
            return self.inputs[node]
        if not node.args:
            return self._constant(constant(node))
        if isinstance(node, sympy.Sum):
            return self._sum(node)
        operation = OPERATIONS.get(type(node))
        if operation is None:
            raise EdgesymError(f"{type(node).__name__} has no rule for evaluation")
        taken = node.args[0].as_numer_denom() if isinstance(node, _ROUNDINGS) else node.args
        return self._step(operation, tuple(map(self.place, taken)))

    def _step(self, operation: str, arguments: tuple[int, ...]) -> int:
        if all(place in self.constants for place in arguments):
            taken = (self.constants[place] for place in arguments)
            return self._constant(EXACT[operation](*taken))
        if operation in ("add", "multiply"):
            arguments = self._gathered(operation, arguments)
        key = (operation, arguments)
        if key not in self._of_step:
            self._of_step[key] = self._next()
            self.steps.append(Step(self._of_step[key], operation, arguments))
        return self._of_step[key]

    def _gathered(self, operation: str, arguments: tuple[int, ...]) -> tuple[int, ...]:
        """The arguments with their constants made one."""
        numbers = [place for place in arguments if place in self.constants]
        if len(numbers) < 2:
            return arguments
        one = self._constant(EXACT[operation](*(self.constants[place] for place in numbers)))
        return (one, *(place for place in arguments if place not in self.constants))

    def _sum(self, node: sympy.Sum) -> int:
        """A sum: of fixed symbols alone its number, else a step over the others."""
        free = sorted(node.free_symbols, key=str)
        if all(s in self.fixed for s in free):
            return self._constant(added_up(node, self.fixed))
        put = {s: sympy.sympify(self.fixed[s], strict=True) for s in free if s in self.fixed}
        arguments = tuple(self.place(s) for s in free if s not in put)
        place = self._next()
        self.steps.append(Step(place, "sum", arguments, node.xreplace(put)))
        return place
