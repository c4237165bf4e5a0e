"""The numbers of a program at a point, and at points next to it.

A point keeps the number of every step, so that at another point only the steps that depend
on what changes are computed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isclose, prod
from typing import Any

import sympy

from edgesym.engine.arithmetic import EXACT
from edgesym.engine.evaluate import added_up
from edgesym.engine.tape import Step, Tape
from edgesym.errors import EdgesymError

__all__ = ["Point", "computed"]

#: Arguments of a maximum that are this close, relatively, are taken for equal.
_TIE = 1e-12
#: Part of a symbol that it is moved by along the imaginary axis; its square is no number.
_IMAGINARY = 1e-200
#: Operations without kinks and jumps.
_SMOOTH = ("add", "multiply", "power", "log", "power_sum")


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
        return tuple(self.numbers[place] for place in self.tape.results)

    def rounded(self) -> Point:
        """The same point in double precision, from which a step costs less."""
        return Point(self.tape, [float(number) for number in self.numbers])

    def moved(
        self, changes: Mapping[sympy.Symbol, Any], first: int | None = None
    ) -> tuple[Any, ...]:
        """The values of the closed forms, or the ``first`` of them, where symbols change."""
        numbers = self._with(changes)
        for step in _path(self.tape, frozenset(changes), first):
            numbers[step.place] = computed(step, self.tape, numbers)
        return tuple(numbers[place] for place in self.tape.results[:first])

    def held(
        self, changes: Mapping[sympy.Symbol, Any], first: int | None = None
    ) -> tuple[Any, ...]:
        """The same on the smooth branch of this point.

        A maximum or minimum keeps the argument that it takes at this point, a rounding and a
        sum the number that they have there.
        """
        numbers = self._with(changes)
        for step in _path(self.tape, frozenset(changes), first):
            numbers[step.place] = self._on_branch(step, numbers)
        return tuple(numbers[place] for place in self.tape.results[:first])

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
        changes = {made: complex(float(self.number(made)), _IMAGINARY)}
        numbers, bent = self._with(changes), set[int]()
        for step in _path(self.tape, frozenset(changes), first):
            numbers[step.place] = self._on_branch(step, numbers)
            if not bent.isdisjoint(step.arguments) or self._parts(step, numbers):
                bent.add(step.place)
        rates = (complex(numbers[place]).imag / _IMAGINARY for place in results)
        return tuple(
            None if place in bent else rate for place, rate in zip(results, rates, strict=True)
        )

    def leaves(self, made: sympy.Symbol, at: Any, first: int | None = None) -> tuple[float, ...]:
        """How far the closed forms are from their smooth branches where a symbol is ``at``."""
        changes = {made: at}
        path = _path(self.tape, frozenset(changes), first)
        numbers = self._with(changes)
        same = True
        for step in path:
            numbers[step.place] = _rounded(step, self.tape, numbers)
            same = same and (step.operation in _SMOOTH or self._is_on_branch(step, numbers))
        results = self.tape.results[:first]
        if same:
            return (0.0,) * len(results)
        held = self.held(changes, first)
        moved = (numbers[place] for place in results)
        return tuple(abs(float(a - b)) for a, b in zip(moved, held, strict=True))

    def number(self, made: sympy.Symbol) -> Any:
        """The number of a symbol."""
        return self.numbers[self.tape.inputs[made]]

    def _with(self, changes: Mapping[sympy.Symbol, Any]) -> list[Any]:
        numbers = list(self.numbers)
        for made, number in changes.items():
            if made in self.tape.inputs:
                numbers[self.tape.inputs[made]] = number
        return numbers

    def _on_branch(self, step: Step, numbers: Sequence[Any]) -> Any:
        """The number of a step where choices and roundings are those of this point."""
        match step.operation:
            case "multiply" | "add":
                return _rounded(step, self.tape, numbers)
            case "maximum" | "minimum":
                return numbers[self._taken(step)]
            case "floor" | "ceiling" | "sum":
                return self.numbers[step.place]
            case "power" if self.numbers[step.arguments[0]] == 0:
                # 0^n stays 0 as n changes; Python has no complex power of 0
                exponent = step.arguments[1]
                if numbers[exponent] is not self.numbers[exponent]:
                    return self.numbers[step.place]
            case "remainder":
                number, modulus = (self.numbers[place] for place in step.arguments)
                times = round((number - self.numbers[step.place]) / modulus)
                return numbers[step.arguments[0]] - times * numbers[step.arguments[1]]
        return computed(step, self.tape, numbers)

    def _is_on_branch(self, step: Step, numbers: Sequence[Any]) -> bool:
        """Whether a step does elsewhere what it does at this point."""
        if step.operation in ("maximum", "minimum"):
            return bool(numbers[step.place] == numbers[self._taken(step)])
        return False

    def _taken(self, step: Step) -> int:
        """The place of the argument that a maximum or minimum takes."""
        number = self.numbers[step.place]
        return next(place for place in step.arguments if self.numbers[place] == number)

    def _parts(self, step: Step, numbers: Sequence[Any]) -> bool:
        """Whether a step has no one branch here: its branches part, or are not known."""
        match step.operation:
            case "sum":
                return True
            case "power":
                return bool(self.numbers[step.arguments[0]] == 0)
            case "maximum" | "minimum":
                number = self.numbers[step.place]
                tied = [
                    complex(numbers[place]).imag
                    for place in step.arguments
                    if isclose(self.numbers[place], number, rel_tol=_TIE)
                ]
                return not isclose(min(tied), max(tied), rel_tol=_TIE)
        return False


def computed(step: Step, tape: Tape, numbers: Sequence[Any]) -> Any:
    """The number of a step, from those before it.

    Raises:
        EdgesymError: it is larger than floating point holds.
    """
    if step.node is not None:
        return added_up(step.node, {s: numbers[place] for s, place in tape.inputs.items()})
    try:
        return EXACT[step.operation](*[numbers[place] for place in step.arguments])
    except OverflowError as error:
        raise EdgesymError("a number grows beyond what can be held; give smaller ones") from error


def _rounded(step: Step, tape: Tape, numbers: Sequence[Any]) -> Any:
    """:func:`computed` without care for exactness, next to a point whose number is no exact one."""
    if step.operation == "multiply":
        return prod([numbers[place] for place in step.arguments])
    if step.operation == "add":
        return sum([numbers[place] for place in step.arguments])
    return computed(step, tape, numbers)


@lru_cache(maxsize=1024)
def _path(
    tape: Tape, changed: frozenset[sympy.Symbol], first: int | None = None
) -> tuple[Step, ...]:
    """The steps that depend on symbols, and that the first outputs need, or any of them."""
    reached = {tape.inputs[made] for made in changed if made in tape.inputs}
    forward = []
    for step in tape.steps:
        if not reached.isdisjoint(step.arguments):
            reached.add(step.place)
            forward.append(step)
    needed = set(tape.results[:first])
    backward = []
    for step in reversed(forward):
        if step.place in needed:
            needed.update(step.arguments)
            backward.append(step)
    return tuple(reversed(backward))
