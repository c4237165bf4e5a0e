"""The numbers of a program at a point, and at points next to it.

A point keeps the number of every step, so that at another point only the steps that depend
on what changes are computed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from edgesym.engine.arithmetic import whole
from edgesym.engine.path import held, parting, path_of, whole_path
from edgesym.engine.tape import Step, Tape

__all__ = ["Point", "point_of"]

#: Part of a symbol that it is moved by along the imaginary axis; its square is no number.
_IMAGINARY = 1e-200


@dataclass(frozen=True, slots=True)
class Point:
    """A program at a point.

    Attributes:
        tape: the steps of the program.
        numbers: the number at each place of the tape.
    """

    tape: Tape
    numbers: list[Any]

    @property
    def results(self) -> tuple[Any, ...]:
        """The values of the closed forms."""
        return tuple([self.numbers[place] for place in self.tape.results])

    def rounded(self) -> Point:
        """The same point in double precision, from which a step costs less."""
        return Point(self.tape, list(map(float, self.numbers)))

    def moved(
        self, changes: Mapping[sympy.Symbol, Any], first: int | None = None, skip: int = 0
    ) -> tuple[Any, ...]:
        """The values of the closed forms where symbols change, or those from ``skip`` to ``first``.

        Raises:
            EdgesymError: a number is larger than floating point holds.
        """
        return path_of(self.tape, frozenset(changes), first, skip).moved(self._with(changes))

    def held(
        self, changes: Mapping[sympy.Symbol, Any], first: int | None = None
    ) -> tuple[Any, ...]:
        """The values of the closed forms, or the ``first``, on the smooth branch of this point.

        A maximum or minimum keeps the argument that it takes at this point, a rounding and a
        sum the number that they have there.
        """
        path = path_of(self.tape, frozenset(changes), first, 0)
        return path.held(self._with(changes), self.numbers)

    def slopes(self, made: sympy.Symbol, first: int | None = None) -> tuple[float | None, ...]:
        """The derivatives of the closed forms by a symbol, on the smooth branch of this point.

        By a step along the imaginary axis, which loses no digit:
        f(x + ih) = f(x) + ih f'(x) + O(h^2). None stands where there is no one derivative: where
        arguments of a maximum or minimum tie and part there, and for a sum, whose terms are not
        looked into.

        >>> from edgesym.engine.program import program_of
        >>> from edgesym.symbols import symbol
        >>> U, W = symbol("memory_utilisation"), symbol("memory_bandwidth")
        >>> program_of([6 / (U * W), W]).at({U: 0.5, W: 4.0}).slopes(U)
        (-6.0, 0.0)

        References:
            Squire and Trapp 1998, SIAM Review 40(1), doi:10.1137/S003614459631241X.
        """
        results = self.tape.results[:first]
        if made not in self.tape.inputs:
            return (0.0,) * len(results)
        path = path_of(self.tape, frozenset({made}), first, 0)
        numbers = self._with({made: complex(float(self.number(made)), _IMAGINARY)})
        found = path.smooth(numbers, self.numbers)
        if found is not None:
            return tuple([complex(number).imag / _IMAGINARY for number in found])
        bent = set[int]()
        for step in path.steps:
            numbers[step.place] = held(step, self.tape, numbers, self.numbers)
            if not bent.isdisjoint(step.arguments) or self._parts(step, numbers):
                bent.add(step.place)
        rates = (complex(numbers[place]).imag / _IMAGINARY for place in results)
        return tuple(
            None if place in bent else rate for place, rate in zip(results, rates, strict=True)
        )

    def leaves(self, made: sympy.Symbol, at: Any, first: int | None = None) -> tuple[float, ...]:
        """How far the closed forms are from their smooth branches where a symbol is ``at``."""
        changes = {made: at}
        path = path_of(self.tape, frozenset(changes), first, 0)
        if not path.jumps and path.same(self._with(changes), self.numbers):
            return (0.0,) * len(path.results)
        held = path.held(self._with(changes), self.numbers)
        moved = path.rounded(self._with(changes))
        return tuple([abs(float(a - b)) for a, b in zip(moved, held, strict=True)])

    def number(self, made: sympy.Symbol) -> Any:
        """The number of a symbol."""
        return self.numbers[self.tape.inputs[made]]

    def _with(self, changes: Mapping[sympy.Symbol, Any]) -> list[Any]:
        numbers = list(self.numbers)
        for made, number in changes.items():
            if made in self.tape.inputs:
                numbers[self.tape.inputs[made]] = number
        return numbers

    def _parts(self, step: Step, numbers: list[Any]) -> bool:
        """Whether a step has no one branch here: its branches part, or are not known."""
        match step.operation:
            case "sum":
                return True
            case "power":
                return bool(self.numbers[step.arguments[0]] == 0)
            case "maximum" | "minimum":
                return parting(step, numbers, self.numbers)
        return False


def point_of(tape: Tape, given: Sequence[Any]) -> Point:
    """The point of a tape where its inputs, in their order, have these numbers.

    Raises:
        EdgesymError: a number is larger than floating point holds.
    """
    numbers: list[Any] = [None] * tape.size
    for place, number in tape.constants.items():
        numbers[place] = number
    for place, number in zip(tape.inputs.values(), given, strict=True):
        numbers[place] = whole(number)
    whole_path(tape).moved(numbers)
    return Point(tape, numbers)
