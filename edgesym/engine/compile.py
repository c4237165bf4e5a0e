"""Compiling a closed form to a function of NumPy columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray
from sympy.printing.numpy import NumPyPrinter

from edgesym.errors import EdgesymError, UnknownNameError
from edgesym.numbers import Number, checked_column, checked_number
from edgesym.symbols import describe

__all__ = ["Compiled", "compile_expression"]


class _Printer(NumPyPrinter):  # type: ignore[misc]
    """Maxima and minima as nested ufuncs, so that columns and numbers mix."""

    def _nested(self, name: str, arguments: Sequence[sympy.Expr]) -> str:
        first, *rest = (str(self._print(a)) for a in arguments)
        return reduce(lambda one, other: f"numpy.{name}({one}, {other})", rest, first)

    def _print_floor(self, expr: sympy.floor) -> str:
        """Rounded after one division, so that a whole quotient stays whole."""
        above, below = expr.args[0].as_numer_denom()
        return f"numpy.floor_divide({self._print(above)}, {self._print(below)})"

    def _print_ceiling(self, expr: sympy.ceiling) -> str:
        above, below = expr.args[0].as_numer_denom()
        return f"-numpy.floor_divide({self._print(-above)}, {self._print(below)})"

    def _print_Max(self, expr: sympy.Max) -> str:
        return self._nested("maximum", expr.args)

    def _print_Min(self, expr: sympy.Min) -> str:
        return self._nested("minimum", expr.args)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A closed form as a function of columns, one keyword per symbol, by word or letter.

    A value: it is equal to another of the same fields, and what is pickled is the fields; the
    function is made again where they arrive.

    Attributes:
        expression: the closed form, what is fixed put in.
        arguments: the symbols it takes, in order.
        unit: unit of the result.
    """

    expression: sympy.Expr
    arguments: tuple[sympy.Symbol, ...]
    unit: str
    _function: Callable[..., Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the function."""
        printer = _Printer(
            {"fully_qualified_modules": True, "inline": True, "allow_unknown_functions": False}
        )
        function = sympy.lambdify(
            self.arguments, self.expression, modules="numpy", printer=printer, cse=True
        )
        object.__setattr__(self, "_function", function)

    def __reduce__(self) -> tuple[Any, ...]:
        return Compiled, (self.expression, self.arguments, self.unit)

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
        values = self._function(*(given[s] for s in self.arguments))
        return np.asarray(values, dtype=np.float64)


def _number(number: Number) -> sympy.Number:
    """A number as sympy has it."""
    if isinstance(number, Fraction):
        return sympy.Rational(number.numerator, number.denominator)
    return sympy.Integer(number) if isinstance(number, int) else sympy.Float(number)


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
    if expression.has(sympy.Sum):
        raise EdgesymError(
            "a sum over steps has no closed form here and cannot be compiled; "
            "edgesym.engine.evaluate.evaluate adds it up"
        )
    fixed = {s: _number(checked_number(s, v)) for s, v in (values or {}).items()}
    reduced = expression.xreplace(fixed)
    arguments = tuple(sorted(reduced.free_symbols, key=str))
    return Compiled(reduced, arguments, unit)
