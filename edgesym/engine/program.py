"""A program: several closed forms, computed together at as many points as are wanted.

What the forms share is computed once, and what is fixed is put in beforehand. A program has

    exact(values)      one point; whole numbers and fractions stay exact
    at(values)         the same, every step kept, to move from (:class:`Point`)
    floats(values)     one point in double precision
    columns(values)    NumPy columns, a chunk at a time, in one of the backends
    kernel(backend)    what runs a chunk, for those who make their chunks themselves

What runs them is a row of :data:`edgesym.engine.backends.BACKENDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sympy

from edgesym.domain import checked
from edgesym.engine.backends import CHUNK, Kernel, find_backend
from edgesym.engine.code import function_of
from edgesym.engine.evaluate import no_value
from edgesym.engine.fold import folded
from edgesym.engine.point import Point, point_of
from edgesym.engine.tape import Tape, tape_of
from edgesym.errors import EdgesymError
from edgesym.numbers import as_double, as_doubles

__all__ = ["Program", "program_of"]

Values = Mapping[sympy.Symbol, Any]


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
    _made: dict[Any, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the tape."""
        object.__setattr__(self, "tape", tape_of(self.outputs, dict(self.fixed)))
        object.__setattr__(self, "_made", {})

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
        return point_of(self.tape, self._taken(values))

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
            ConfigError: a whole number that no double is.
        """
        taken = map(as_double, self.symbols, self._taken(values))
        return tuple(map(float, self._function(*taken)))

    def columns(self, values: Values, backend: str = "numpy") -> tuple[Any, ...]:
        """The values of the forms, as columns of the shape that the columns given make up.

        Columns of whole numbers are computed in double precision, which does not wrap; one that
        holds a number that no double is, beyond 2^53, is refused. The backend ``exact`` takes
        any, and gives columns of Python's own numbers.

        >>> from edgesym.symbols import symbol
        >>> H = symbol("hidden")
        >>> [column.tolist() for column in program_of([H**2]).columns({H: [1, 2**40]})]
        [[1.0, 1.2089258196146292e+24]]

        Raises:
            EdgesymError: as for :meth:`floats`.
            UnknownNameError: no such backend.
        """
        import numpy as np

        exact = find_backend(backend).is_exact
        given = zip(self.symbols, self._taken(values), strict=True)
        taken = [as_doubles(made, column, exact=exact) for made, column in given]
        shape = np.broadcast_shapes(*(column.shape for column in taken))
        size = int(np.prod(shape))
        flat = [
            np.broadcast_to(column, shape).reshape(-1) if column.ndim else column
            for column in taken
        ]
        kernel = self.kernel(backend, tuple(bool(column.ndim) for column in taken))
        found = np.empty((len(self.outputs), size), dtype=object if exact else np.float64)
        for start in range(0, size, CHUNK):
            part = slice(start, start + CHUNK)
            kernel([column[part] if column.ndim else column for column in flat], found[:, part])
        return tuple(row.reshape(shape) for row in found)

    def kernel(self, backend: str, varying: tuple[bool, ...]) -> Kernel:
        """What runs the program on a chunk of rows.

        Args:
            backend: a name of :data:`edgesym.engine.backends.BACKENDS`.
            varying: of each symbol, whether it comes as a column, or as one number.

        Raises:
            EdgesymError: a form has a sum without a closed form, and the backend adds none up.
            ConfigError: the backend is not to be had here.
        """
        key = (backend, varying)
        if key not in self._made:
            found = find_backend(backend)
            if not found.is_exact:
                self.refuse_sums()
            tape = self.tape if found.is_exact else self._shortest
            self._made[key] = found.kernel(tape, varying)
        made: Kernel = self._made[key]
        return made

    @property
    def _function(self) -> Callable[..., tuple[Any, ...]]:
        """The program as a function of its symbols, in their order, in Python floats."""
        if "math" not in self._made:
            self.refuse_sums()
            self._made["math"] = function_of(self._shortest, "math")
        made: Callable[..., tuple[Any, ...]] = self._made["math"]
        return made

    @property
    def _shortest(self) -> Tape:
        """The tape that is run in double precision: a shorter one where numbers are put in."""
        if "tape" not in self._made:
            self._made["tape"] = folded(self.tape) if self.fixed else self.tape
        made: Tape = self._made["tape"]
        return made

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


@checked
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
