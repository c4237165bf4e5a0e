"""Steps of a tape that are walked again and again: one by one, or written out as one function.

A path is what depends on some symbols and is needed for some results. While it is new its steps
are computed one after the other; what is walked often is written out
(:mod:`edgesym.engine.unrolled`), with the same numbers to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from typing import Any

import sympy

from edgesym.engine.arithmetic import EXACT
from edgesym.engine.evaluate import added_up
from edgesym.engine.tape import Step, Tape
from edgesym.engine.unrolled import (
    CHOICES,
    JUMPS,
    exact_function,
    held_function,
    parts,
    rounded_function,
    same_function,
    smooth_function,
)
from edgesym.errors import EdgesymError

__all__ = ["Path", "held", "parting", "path_of", "whole_path"]

#: Walks in one way after which a path is written out: writing a step takes as long as ten of them.
_OFTEN = 4
#: Ways that are written out of one path: for inputs of so many types.
_WAYS = 8
#: Steps as a function.
_Function = Callable[..., Any]
#: Paths kept: those of some dozen tapes, by each symbol that moves there.
_KEPT = 1024

Numbers = list[Any]


@dataclass(slots=True, eq=False)
class Path:
    """The steps that depend on some symbols, and that results need.

    Attributes:
        tape: what they are of.
        steps: in the order in which they are computed.
        results: the places that are wanted.
        keep: whether :meth:`moved` puts the number of every step in its place.
        choices: the steps that take one of their arguments.
        deciding: the steps that what is chosen depends on.
        raised: the places of what is raised, and may be 0.
        jumps: whether a step rounds, or adds up a sum.
        sums: whether a step adds up a sum.
    """

    tape: Tape
    steps: tuple[Step, ...]
    results: tuple[int, ...]
    keep: bool = False
    choices: tuple[Step, ...] = field(init=False)
    deciding: tuple[Step, ...] = field(init=False)
    raised: tuple[int, ...] = field(init=False)
    jumps: bool = field(init=False)
    sums: bool = field(init=False)
    _walks: dict[Any, int] = field(default_factory=dict)
    _written: dict[Any, _Function] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Tell the kinds of steps apart."""
        self.choices = tuple(step for step in self.steps if step.operation in CHOICES)
        self.deciding = _needed(self.steps, (step.place for step in self.choices))
        powers = (step.arguments for step in self.steps if step.operation == "power")
        below = self.tape.constants
        self.raised = tuple(base for base, power in powers if below.get(power, 0) >= 0)
        self.jumps = any(step.operation in JUMPS for step in self.steps)
        self.sums = any(step.node is not None for step in self.steps)

    def moved(self, numbers: Numbers) -> tuple[Any, ...]:
        """The results where the numbers that the path begins with have changed.

        Raises:
            EdgesymError: a number is larger than floating point holds.
        """
        types = tuple([type(numbers[place]) for place in self.tape.inputs.values()])
        run = self._run(types, lambda: self._exact(types))
        try:
            if run is not None:
                return tuple(run(numbers))
            for step in self.steps:
                numbers[step.place] = _computed(step, self.tape, numbers)
        except OverflowError as error:
            raise EdgesymError(
                "a number grows beyond what can be held; give smaller ones"
            ) from error
        return tuple([numbers[place] for place in self.results])

    def rounded(self, numbers: Numbers) -> tuple[Any, ...]:
        """:meth:`moved` in double precision."""
        run = self._run("rounded", lambda: rounded_function(self.tape, self.steps, self.results))
        if run is not None:
            return tuple(run(numbers))
        for step in self.steps:
            numbers[step.place] = _rounded(step, self.tape, numbers)
        return tuple([numbers[place] for place in self.results])

    def held(self, numbers: Numbers, point: Numbers) -> tuple[Any, ...]:
        """The results where every choice and jump is that of a point, whose numbers are floats.

        A maximum or minimum keeps the argument that it takes there, a rounding and a sum the
        number that they have.
        """
        run = None
        if all(point[place] for place in self.raised):
            run = self._run("held", lambda: held_function(self.tape, self.steps, self.results))
        if run is not None:
            return tuple(run(numbers, point))
        for step in self.steps:
            numbers[step.place] = held(step, self.tape, numbers, point)
        return tuple([numbers[place] for place in self.results])

    def smooth(self, numbers: Numbers, point: Numbers) -> tuple[Any, ...] | None:
        """:meth:`held` where something has moved along the imaginary axis.

        None where a step may have no one branch at the point: it is a sum, a power of 0, or has
        the choice of arguments that are equal there and part.
        """
        if self.sums or not all(point[place] for place in self.raised):
            return None
        run = self._run("smooth", lambda: smooth_function(self.tape, self.steps, self.results))
        if run is not None:
            found: tuple[Any, ...] | None = run(numbers, point)
            return found
        for step in self.steps:
            numbers[step.place] = held(step, self.tape, numbers, point)
            if step.operation in CHOICES and parting(step, numbers, point):
                return None
        return tuple([numbers[place] for place in self.results])

    def same(self, numbers: Numbers, point: Numbers) -> bool:
        """Whether every choice is that of a point; both have numbers in double precision."""
        run = self._run("same", lambda: same_function(self.tape, self.deciding))
        if run is not None:
            return bool(run(numbers, point))
        for step in self.deciding:
            numbers[step.place] = _rounded(step, self.tape, numbers)
            if step.operation in CHOICES and numbers[step.place] != numbers[_chosen(step, point)]:
                return False
        return True

    def _exact(self, types: Sequence[type]) -> _Function:
        return exact_function(self.tape, self.steps, self.results, types, keep=self.keep)

    def _run(self, way: Any, write: Callable[[], _Function]) -> _Function | None:
        """The steps as a function, where they were walked often in this way."""
        run = self._written.get(way)
        if run is None and self._walks.get(way, 0) >= _OFTEN:
            if self.sums:
                return None
            if len(self._written) >= _WAYS:
                self._written.clear()
            run = self._written[way] = write()
        elif run is None:
            if len(self._walks) >= 2 * _WAYS:
                self._walks.clear()
            self._walks[way] = self._walks.get(way, 0) + 1
        return run


@lru_cache(maxsize=_KEPT)
def path_of(tape: Tape, changed: frozenset[sympy.Symbol], first: int | None, skip: int) -> Path:
    """The steps that depend on symbols, and that outputs from ``skip`` to ``first`` need."""
    reached = {tape.inputs[made] for made in changed if made in tape.inputs}
    forward = []
    for step in tape.steps:
        if not reached.isdisjoint(step.arguments):
            reached.add(step.place)
            forward.append(step)
    results = tape.results[skip:first]
    return Path(tape, _needed(forward, results), results)


@lru_cache(maxsize=_KEPT)
def whole_path(tape: Tape) -> Path:
    """All steps of a tape, each of whose numbers is wanted."""
    return Path(tape, tape.steps, (), keep=True)


def _needed(steps: Sequence[Step], results: Iterable[int]) -> tuple[Step, ...]:
    """Those of the steps that results need."""
    needed, kept = set(results), []
    for step in reversed(steps):
        if step.place in needed:
            needed.update(step.arguments)
            kept.append(step)
    return tuple(reversed(kept))


def _chosen(step: Step, point: Numbers) -> int:
    """The place of the argument that a maximum or minimum takes at a point."""
    number = point[step.place]
    return next(place for place in step.arguments if point[place] == number)


def parting(step: Step, numbers: Numbers, point: Numbers) -> bool:
    """Whether arguments of a choice that are equal at a point part from there."""
    there, moved = ([of[place] for place in step.arguments] for of in (point, numbers))
    return parts(there, moved, point[step.place])


def _computed(step: Step, tape: Tape, numbers: Numbers) -> Any:
    """The number of a step, from those before it."""
    if step.node is not None:
        return added_up(step.node, {s: numbers[place] for s, place in tape.inputs.items()})
    return EXACT[step.operation](*[numbers[place] for place in step.arguments])


def _rounded(step: Step, tape: Tape, numbers: Numbers) -> Any:
    """:func:`_computed` in double precision."""
    if step.operation == "multiply":
        return prod([numbers[place] for place in step.arguments])
    if step.operation == "add":
        return sum([numbers[place] for place in step.arguments])
    return _computed(step, tape, numbers)


def held(step: Step, tape: Tape, numbers: Numbers, point: Numbers) -> Any:
    """The number of a step where choices and jumps are those of a point."""
    match step.operation:
        case "maximum" | "minimum":
            return numbers[_chosen(step, point)]
        case "floor" | "ceiling" | "sum":
            return point[step.place]
        case "power" if point[step.arguments[0]] == 0:
            # 0^n stays 0 as n changes; Python has no complex power of 0
            exponent = step.arguments[1]
            if numbers[exponent] is not point[exponent]:
                return point[step.place]
        case "remainder":
            number, modulus = (point[place] for place in step.arguments)
            times = round((number - point[step.place]) / modulus)
            return numbers[step.arguments[0]] - times * numbers[step.arguments[1]]
    return _rounded(step, tape, numbers)
