"""Closed forms as functions of NumPy columns: one, or the quantities of a setup together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy

from edgesym.domain import checked
from edgesym.engine.backends import find_backend
from edgesym.engine.program import Program, program_of
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.frozen import FrozenMap
from edgesym.numbers import checked_column, checked_number, refuse_twice
from edgesym.symbols import describe

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Compiled", "Input", "Profile", "compile_expression"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A closed form as a function of columns, one keyword per symbol, by word or letter.

    A value: it is equal to another of the same fields, and what is pickled is the fields; the
    function is made again where they arrive.

    Attributes:
        program: the closed form, and the numbers put in beforehand.
        unit: unit of the result.
    """

    program: Program
    unit: str

    @property
    def arguments(self) -> tuple[sympy.Symbol, ...]:
        """The symbols it takes, in order."""
        return self.program.symbols

    def __call__(self, *, backend: str = "numpy", **columns: ArrayLike) -> NDArray[Any]:
        """The value at a point, or at every row of the columns; in double precision.

        What counts something may take fractions, between which curves are drawn.

        Args:
            backend: ``numpy``, ``c``, ``math``, or ``exact`` for Python's own numbers.

        Raises:
            UnknownNameError: a column too many or too few.
            ConfigError: a column of what the symbol cannot be.
        """
        inputs = tuple(Input(describe(made).word, made) for made in self.arguments)
        values: NDArray[Any] = _columns(self.program, inputs, columns, backend)[0]
        return values


@dataclass(frozen=True, slots=True)
class Input:
    """What a column is given for.

    Attributes:
        name: what it is called, besides the word and the letter of its symbol.
        symbol: what has its numbers, in its base unit.
        scale: how many of what is given are one of these.
        most: the most that it can be, where that is less than what the symbol can.
    """

    name: str
    symbol: sympy.Symbol
    scale: int = 1
    most: int | None = None

    @property
    def unit(self) -> str:
        """The unit of what is given."""
        return "bits" if self.scale != 1 else describe(self.symbol).unit

    @property
    def names(self) -> tuple[str, ...]:
        """All that it may be called."""
        own = (describe(self.symbol).word, str(self.symbol)) if self.scale == 1 else ()
        return (self.name, *own)

    def in_base(self, number: Any) -> Any:
        """A number, or a column, in the base unit of the symbol."""
        if self.scale == 1:
            return number
        return Fraction(number) / self.scale if isinstance(number, int) else number / self.scale


@dataclass(frozen=True, slots=True)
class Profile:
    """Quantities as a function of columns of their axes; everything else is put in beforehand.

    A value, as :class:`Compiled` is.

    Attributes:
        program: the quantities, one closed form each.
        axes: what takes columns, in order.
        units: quantity -> its unit.
    """

    program: Program
    axes: tuple[Input, ...]
    units: FrozenMap[str, str]

    def __call__(self, *, backend: str = "numpy", **columns: ArrayLike) -> dict[str, NDArray[Any]]:
        """The quantities at a point, or at every row of the columns, in base units.

        Args:
            backend: ``numpy``, ``c``, ``math``, or ``exact`` for Python's own numbers.

        Raises:
            UnknownNameError: a column too many or too few.
            ConfigError: a column of what the symbol cannot be.
        """
        return dict(
            zip(self.units, _columns(self.program, self.axes, columns, backend), strict=True)
        )


def _columns(
    program: Program, inputs: Sequence[Input], columns: Mapping[str, Any], backend: str
) -> tuple[NDArray[Any], ...]:
    """The closed forms of a program where each input has a column.

    Raises:
        UnknownNameError, ConfigError: see :meth:`Compiled.__call__`.
    """
    names = {name: each for each in inputs for name in each.names}
    exact = find_backend(backend).is_exact
    given = {}
    refuse_twice({name: names[name].symbol for name in columns if name in names})
    for name, column in columns.items():
        if name not in names:
            raise UnknownNameError("symbol of this formula", name, names)
        each = names[name]
        given[each.symbol] = _checked(each, column, exact=exact)
    for each in inputs:
        if each.symbol not in given:
            raise UnknownNameError("value, missing for symbol", each.name, columns)
    _refuse_lengths({each.name: given[each.symbol].shape for each in inputs})
    return program.columns(given, backend)


def _refuse_lengths(shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse columns whose rows do not belong together.

    Raises:
        ConfigError: naming each, with its shape.
    """
    import numpy as np

    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError as error:
        told = ", ".join(f"{name} {'x'.join(map(str, s)) or 'one'}" for name, s in shapes.items())
        raise ConfigError(f"columns have as many rows each, or are one number: {told}") from error


def _checked(each: Input, column: Any, *, exact: bool) -> Any:
    """A column of what its symbol can be, in its base unit."""
    import numpy as np

    if not exact:
        scaled = np.asarray(column) / each.scale if each.scale != 1 else column
        checked = checked_column(each.symbol, scaled)
        _refuse_beyond(each, checked.max(initial=0) if each.most is not None else 0)
        return checked
    given = np.asarray(column, dtype=object)
    numbers = [checked_number(each.symbol, each.in_base(value)) for value in given.flat]
    _refuse_beyond(each, max(numbers, default=0))
    return np.array(numbers, dtype=object).reshape(given.shape)


def _refuse_beyond(each: Input, largest: Any) -> None:
    if each.most is not None and largest > each.most:
        raise ConfigError(f"{each.name} = {largest:g} is more than {each.most}, all that can be so")


@checked
def compile_expression(
    expression: sympy.Expr, unit: str, values: Mapping[sympy.Symbol, Any] | None = None
) -> Compiled:
    """Compile a closed form, with some symbols fixed to values beforehand.

    >>> from edgesym.symbols import symbol
    >>> area = compile_expression(symbol("hidden") * symbol("intermediate"), "1")
    >>> float(area(hidden=2048, intermediate=8192))
    16777216.0

    Raises:
        EdgesymError: a sum without a closed form.
        ConfigError: a value that its symbol cannot have.
    """
    fixed = {s: checked_number(s, v) for s, v in (values or {}).items()}
    used = {s: fixed[s] for s in expression.free_symbols & fixed.keys()}
    program = program_of([expression], used)
    program.refuse_sums()
    return Compiled(program, unit)
