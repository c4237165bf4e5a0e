"""A closed form as a function of NumPy columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy

from edgesym.engine.program import Program, program_of
from edgesym.errors import UnknownNameError
from edgesym.numbers import checked_column, checked_number
from edgesym.symbols import describe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Compiled", "compile_expression"]


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

    def __call__(self, **columns: ArrayLike) -> NDArray[np.float64]:
        """The value at a point, or at every row of the columns; in double precision.

        Raises:
            UnknownNameError: a column too many or too few.
            ConfigError: a column of what the symbol cannot be.
        """
        names = {name: s for s in self.arguments for name in (str(s), describe(s).word)}
        given = {}
        for name, column in columns.items():
            if name not in names:
                raise UnknownNameError("symbol of this formula", name, names)
            given[names[name]] = checked_column(names[name], column)
        for needed in self.arguments:
            if needed not in given:
                raise UnknownNameError("value, missing for symbol", describe(needed).word, columns)
        values: NDArray[np.float64] = self.program.columns(given)[0]
        return values


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
