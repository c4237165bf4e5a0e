"""Compiling a closed form to a function of NumPy columns."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray
from sympy.printing.numpy import NumPyPrinter

from edgesym.errors import EdgesymError, UnknownNameError
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

    Attributes:
        arguments: the symbols it takes, in order.
        unit: unit of the result.
    """

    arguments: tuple[sympy.Symbol, ...]
    unit: str
    _function: Callable[..., Any]
    _names: Mapping[str, sympy.Symbol]

    def __call__(self, **columns: ArrayLike) -> NDArray[np.float64]:
        """The value at a point, or at every row of the columns; in double precision.

        Raises:
            UnknownNameError: a column too many or too few.
        """
        given = {}
        for name, column in columns.items():
            if name not in self._names:
                raise UnknownNameError("symbol of this formula", name, self._names)
            given[self._names[name]] = np.asarray(column, dtype=np.float64)
        for needed in self.arguments:
            if needed not in given:
                raise UnknownNameError("value, missing for symbol", describe(needed).word, columns)
        values = self._function(*(given[s] for s in self.arguments))
        return np.asarray(values, dtype=np.float64)


def _number(made: sympy.Symbol, value: Any) -> sympy.Number:
    """A number as sympy has it; text is not one."""
    if isinstance(value, bool) or not isinstance(value, numbers.Number):
        raise EdgesymError(f"{describe(made).word} = {value!r} must be a number")
    if isinstance(value, numbers.Integral):
        return sympy.Integer(int(value))
    if isinstance(value, Fraction):
        return sympy.Rational(value.numerator, value.denominator)
    return sympy.Float(float(value))  # type: ignore[arg-type]


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
    """
    if expression.has(sympy.Sum):
        raise EdgesymError(
            "a sum over steps has no closed form here and cannot be compiled; "
            "edgesym.engine.evaluate.evaluate adds it up"
        )
    fixed = {s: _number(s, v) for s, v in (values or {}).items()}
    reduced = expression.xreplace(fixed)
    arguments = tuple(sorted(reduced.free_symbols, key=str))
    printer = _Printer(
        {"fully_qualified_modules": True, "inline": True, "allow_unknown_functions": False}
    )
    function = sympy.lambdify(arguments, reduced, modules="numpy", printer=printer, cse=True)
    names = {name: s for s in arguments for name in (str(s), describe(s).word)}
    return Compiled(arguments, unit, function, names)
