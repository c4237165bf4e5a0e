"""Evaluation of a closed form: exact for integers and fractions, by columns for NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from math import ceil, floor, log, prod
from typing import Any

import numpy as np
import sympy

from edgesym.errors import EdgesymError
from edgesym.symbols import describe

__all__ = ["evaluate", "evaluator"]

#: Above this exponent a power of a fraction is computed in floating point.
_LARGEST_EXPONENT = 64
#: Above this many bits so is a power of an integer.
_LARGEST_BITS = 2**20
#: Terms of a sum evaluated at once: a column that stays in cache.
_COLUMN = 8192


def evaluate(expression: sympy.Expr, values: Mapping[sympy.Symbol, Any]) -> Any:
    """The value of an expression at a point, without rounding where none is needed.

    A symbol may also stand for a NumPy column of floats; the result is then a column. A
    ``sympy.Sum`` is added up term by term, in floating point and row by row.

    >>> from edgesym.symbols import symbol
    >>> H = symbol("hidden")
    >>> evaluate(2 * H**2 / 3, {H: 6})
    24

    Raises:
        EdgesymError: a symbol without a value, or a function without a rule.
    """
    return evaluator(values)(expression)


def evaluator(values: Mapping[sympy.Symbol, Any]) -> Callable[[sympy.Expr], Any]:
    """:func:`evaluate` at a point, for many expressions; what they share is computed once."""
    seen: dict[sympy.Basic, Any] = dict(values)

    def value(node: sympy.Basic) -> Any:
        if node not in seen and isinstance(node, sympy.Sum):
            seen[node] = _added_up(node, values)
        if node not in seen:
            seen[node] = _whole(_apply(node, [value(argument) for argument in node.args]))
        return seen[node]

    return value


def _added_up(node: sympy.Sum, values: Mapping[sympy.Symbol, Any]) -> Any:
    """A sum over an index, a column of its values at a time."""
    given = {s: values[s] for s in node.free_symbols if s in values}
    shape = np.broadcast_shapes(*(np.shape(v) for v in given.values()))
    if shape:
        rows = zip(*(np.broadcast_to(v, shape).ravel() for v in given.values()), strict=True)
        each = [evaluate(node, dict(zip(given, row, strict=True))) for row in rows]
        return np.array(each, dtype=np.float64).reshape(shape)
    term, (index, low, high) = node.args
    first, stop = int(evaluate(low, given)), int(evaluate(high, given)) + 1
    total = 0.0
    for start in range(first, stop, _COLUMN):
        column = np.arange(start, min(start + _COLUMN, stop), dtype=np.float64)
        terms = evaluate(term, {**given, index: column})
        total += float(np.sum(np.broadcast_to(terms, column.shape)))
    return total


def _whole(number: Any) -> Any:
    if isinstance(number, Fraction) and number.denominator == 1:
        return number.numerator
    return number


def _apply(node: sympy.Basic, arguments: list[Any]) -> Any:
    match node:
        case sympy.Integer():
            return int(node)
        case sympy.Rational():
            return Fraction(int(node.p), int(node.q))
        case sympy.Float():
            return float(node)
        case sympy.Add():
            return sum(_beside_columns(arguments))
        case sympy.Mul():
            return _product(arguments)
        case sympy.Pow():
            return _power(arguments[0], arguments[1])
        case sympy.Min():
            return _pick(min, np.minimum, _beside_columns(arguments))
        case sympy.Max():
            return _pick(max, np.maximum, _beside_columns(arguments))
        case sympy.Mod():
            whole, modulus = _beside_columns(arguments)
            return whole % modulus
        case sympy.floor():
            return _rounded(floor, np.floor, arguments[0])
        case sympy.ceiling():
            return _rounded(ceil, np.ceil, arguments[0])
        case sympy.log():
            return (
                np.log(arguments[0]) if isinstance(arguments[0], np.ndarray) else log(arguments[0])
            )
        case sympy.Symbol():
            row = describe(node)
            raise EdgesymError(f"{row.word} ({node}: {row.meaning}) has no value")
    raise EdgesymError(f"{type(node).__name__} has no rule for evaluation")


def _beside_columns(arguments: list[Any]) -> list[Any]:
    """Fractions as floats where a column is among the arguments, so that NumPy computes."""
    if not any(isinstance(a, np.ndarray) for a in arguments):
        return arguments
    return [float(a) if isinstance(a, Fraction) else a for a in arguments]


def _product(arguments: list[Any]) -> Any:
    """A product; with columns, numbers first and one division, so that a whole quotient is."""
    columns = [a for a in arguments if isinstance(a, np.ndarray)]
    if not columns:
        return prod(arguments)
    plain = [a for a in arguments if not isinstance(a, np.ndarray)]
    above = prod(a.numerator if isinstance(a, Fraction) else a for a in plain)
    below = prod(a.denominator for a in plain if isinstance(a, Fraction))
    found = prod(columns) if above == 1 else float(above) * prod(columns)
    return found if below == 1 else found / float(below)


def _pick(exact: Callable[..., Any], columns: Callable[..., Any], arguments: list[Any]) -> Any:
    if any(isinstance(argument, np.ndarray) for argument in arguments):
        return reduce(columns, arguments)
    return exact(arguments)


def _rounded(exact: Callable[..., Any], columns: Callable[..., Any], number: Any) -> Any:
    return columns(number) if isinstance(number, np.ndarray) else exact(number)


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, np.ndarray) or isinstance(exponent, np.ndarray):
        base, exponent = _beside_columns([base, exponent])
        return np.power(np.asarray(base, dtype=np.float64), exponent)
    if exponent != int(exponent):
        return float(base) ** float(exponent)
    power = int(exponent)
    if isinstance(base, float):
        return base**power
    if base == 0 and power < 0:
        raise EdgesymError("division by zero: a symbol that is divided by is 0")
    if abs(power) <= _LARGEST_EXPONENT:
        return Fraction(base) ** power
    if isinstance(base, int) and power > 0 and base.bit_length() * power <= _LARGEST_BITS:
        return base**power
    return float(base) ** power
