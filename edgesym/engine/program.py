"""A program: several closed forms, computed together at as many points as are wanted.

What the forms share is computed once, and what is fixed is put in beforehand. A program has

    exact(values)      one point; whole numbers and fractions stay exact
    at(values)         the same, every step kept, to move from (:class:`Point`)
    floats(values)     one point in double precision
    columns(values)    NumPy columns in double precision, in chunks that stay in cache

The last two run source code of a target (:mod:`edgesym.engine.code`); another target is
another row there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sympy

from edgesym.engine.code import function_of
from edgesym.engine.evaluate import no_value
from edgesym.engine.point import Point, computed
from edgesym.engine.tape import Tape, tape_of
from edgesym.errors import EdgesymError

__all__ = ["Program", "program_of"]

Values = Mapping[sympy.Symbol, Any]
#: Rows that are computed at once: a column of doubles of this length stays in cache.
_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class Program:
    """Closed forms, with numbers put in for some symbols; made by :func:`program_of`.

    It is equal to another of the same forms and numbers, and a pickled one is no more.

    Attributes:
        outputs: the closed forms.
        fixed: the symbols that have a number, each with it.
        tape: their steps.
    """

    outputs: tuple[sympy.Expr, ...]
    fixed: tuple[tuple[sympy.Symbol, Any], ...] = ()
    tape: Tape = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the tape."""
        object.__setattr__(self, "tape", tape_of(self.outputs, dict(self.fixed)))

    def __reduce__(self) -> tuple[Any, ...]:
        """The closed forms and the numbers; the steps are written anew."""
        return program_of, (self.outputs, dict(self.fixed))

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The symbols that need a number, by name."""
        return tuple(self.tape.inputs)

    def at(self, values: Values) -> Point:
        """Every number of the program at a point.

        Raises:
            EdgesymError: a symbol has no value, or something is divided by 0.
        """
        numbers: list[Any] = [None] * self.tape.size
        for place, number in self.tape.constants.items():
            numbers[place] = number
        for place, number in zip(self.tape.inputs.values(), self._taken(values), strict=True):
            numbers[place] = number
        for step in self.tape.steps:
            numbers[step.place] = computed(step, self.tape, numbers)
        return Point(self.tape, numbers)

    def exact(self, values: Values) -> tuple[Any, ...]:
        """The values of the forms at a point, exact where its numbers are.

        >>> from edgesym.symbols import symbol
        >>> H = symbol("hidden")
        >>> program_of([H**2, H / 3]).exact({H: 10**10})
        (100000000000000000000, Fraction(10000000000, 3))

        Raises:
            EdgesymError: as for :meth:`at`.
        """
        return self.at(values).results

    def floats(self, values: Values) -> tuple[float, ...]:
        """The values of the forms at a point in double precision.

        Raises:
            EdgesymError: a symbol has no value, or a form has a sum without a closed form.
        """
        taken = map(float, self._taken(values))
        return tuple(map(float, _function(self, "math")(*taken)))

    def columns(self, values: Values) -> tuple[Any, ...]:
        """The values of the forms, as columns of the shape that the columns given make up.

        Columns of whole numbers are computed in double precision, which does not wrap.

        >>> from edgesym.symbols import symbol
        >>> H = symbol("hidden")
        >>> [column.tolist() for column in program_of([H**2]).columns({H: [1, 2**40]})]
        [[1.0, 1.2089258196146292e+24]]

        Raises:
            EdgesymError: as for :meth:`floats`.
        """
        import numpy as np

        function = _function(self, "numpy")
        taken = [np.asarray(column, dtype=np.float64) for column in self._taken(values)]
        shape = np.broadcast_shapes(*(column.shape for column in taken))
        size = int(np.prod(shape))
        flat = [
            np.broadcast_to(column, shape).reshape(-1) if column.ndim else column
            for column in taken
        ]
        found = np.empty((len(self.outputs), size))
        for start in range(0, size, _CHUNK):
            part = slice(start, start + _CHUNK)
            results = function(*(column[part] if column.ndim else column for column in flat))
            for row, result in zip(found, results, strict=True):
                row[part] = result
        return tuple(row.reshape(shape) for row in found)

    def refuse_sums(self) -> None:
        """Refuse what no target can be written for.

        Raises:
            EdgesymError: a form has a sum without a closed form.
        """
        if any(step.node is not None for step in self.tape.steps):
            raise EdgesymError(
                "a sum over steps has no closed form here and cannot be compiled; "
                "edgesym.engine.evaluate.evaluate adds it up"
            )

    def _taken(self, values: Values) -> list[Any]:
        """The numbers of the symbols, in the order of the inputs."""
        try:
            return [values[made] for made in self.tape.inputs]
        except KeyError:
            missing = next(made for made in self.tape.inputs if made not in values)
            raise no_value(missing) from None


@lru_cache(maxsize=64)
def _function(program: Program, target: str) -> Callable[..., tuple[Any, ...]]:
    """The program as a function of its symbols, in their order."""
    program.refuse_sums()
    return function_of(program.tape, target)


def program_of(outputs: Iterable[sympy.Expr], fixed: Values | None = None) -> Program:
    """The program of closed forms, made once; ``fixed`` are numbers that do not change.

    Raises:
        EdgesymError: a function without a rule.
    """
    numbers = tuple(sorted((fixed or {}).items(), key=lambda item: str(item[0])))
    return _made(tuple(outputs), numbers, tuple(type(number) for _, number in numbers))


@lru_cache(maxsize=128)
def _made(
    outputs: tuple[sympy.Expr, ...],
    fixed: tuple[tuple[sympy.Symbol, Any], ...],
    _types: tuple[type, ...],
) -> Program:
    """A program by its value; a number of another type, such as 2.0 for 2, is another."""
    return Program(outputs, fixed)
