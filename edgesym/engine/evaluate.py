"""Evaluation of a closed form: exact for integers and fractions, by columns for NumPy arrays.

For many numbers of the same formulas there is :mod:`edgesym.engine.program`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy

from edgesym.domain import Number, checked, held
from edgesym.engine.arithmetic import EXACT, OPERATIONS, Rules, constant
from edgesym.errors import EdgesymError
from edgesym.numbers import as_doubles
from edgesym.symbols import describe

__all__ = ["added_up", "evaluate", "evaluator", "has_columns", "no_value", "symbols_of"]

#: Terms of a sum evaluated at once: a column that stays in cache.
_COLUMN = 8192
#: Terms of a sum that are added up, at most.
_MOST_SUMMED = 10_000_000
#: Types of Python's own numbers; of these NaN alone is not itself.
_OWN = frozenset({int, float, Fraction})


@checked
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
        ConfigError: a value that is no number, or a column of what are none.
    """
    return evaluator(values)(expression)


def evaluator(values: Mapping[sympy.Symbol, Any]) -> Callable[[sympy.Expr], Any]:
    """:func:`evaluate` at a point, for many expressions; what they share is computed once."""
    seen: dict[sympy.Basic, Any] = {
        made: value if type(value) in _OWN and value == value else _number(made, value)  # noqa: PLR0124
        for made, value in held("evaluate", "values", values, Mapping[Any, Any]).items()
    }
    rules = _rules(seen.values())

    def value(node: sympy.Basic) -> Any:
        if node not in seen:
            operation = OPERATIONS.get(type(node))
            if operation:
                seen[node] = rules[operation](*map(value, node.args))
            else:
                seen[node] = added_up(node, values) if node.args else _leaf(node)
        return seen[node]

    return value


def _number(made: sympy.Symbol, value: Any) -> Any:
    """A number of Python's own, which does not wrap around; or a column in double precision."""
    if getattr(value, "ndim", 0):
        return as_doubles(made, value)
    return held("evaluate", str(made), value, Number)


@checked
@lru_cache(maxsize=2**15)
def symbols_of(expression: sympy.Expr) -> frozenset[sympy.Symbol]:
    """The free symbols of an expression; those of what expressions share are looked for once.

    >>> from edgesym.symbols import symbol
    >>> sorted(map(str, symbols_of(symbol("hidden") * symbol("layers"))))
    ['H', 'L']
    """
    if not expression.args or isinstance(expression, sympy.Sum):
        return frozenset(expression.free_symbols)
    return frozenset().union(*map(symbols_of, expression.args))


def has_columns(numbers: Iterable[Any]) -> bool:
    """Whether some of the numbers are NumPy columns; NumPy is not imported to find out."""
    return any(hasattr(number, "__array_ufunc__") for number in numbers)


def _rules(numbers: Iterable[Any]) -> Rules:
    if not has_columns(numbers):
        return EXACT
    from edgesym.engine.columns import MIXED

    return MIXED


def _leaf(node: sympy.Basic) -> Any:
    if isinstance(node, sympy.Symbol):
        raise no_value(node)
    return constant(node)


def no_value(made: sympy.Symbol) -> EdgesymError:
    """The error of a symbol that has no value."""
    row = describe(made)
    return EdgesymError(f"{row.word} ({made}: {row.meaning}) has no value")


def added_up(node: sympy.Basic, values: Mapping[sympy.Symbol, Any]) -> Any:
    """A ``sympy.Sum`` over an index, a column of its terms at a time.

    Raises:
        EdgesymError: the node is no sum, and has no rule; or one of too many terms.
    """
    if not isinstance(node, sympy.Sum):
        raise EdgesymError(f"{type(node).__name__} has no rule for evaluation")
    import numpy as np

    given = {s: values[s] for s in node.free_symbols if s in values}
    shape = np.broadcast_shapes(*(np.shape(v) for v in given.values()))
    if shape:
        rows = zip(*(np.broadcast_to(v, shape).ravel() for v in given.values()), strict=True)
        each = [evaluate(node, dict(zip(given, row, strict=True))) for row in rows]
        return np.array(each, dtype=np.float64).reshape(shape)
    term, (index, low, high) = node.args
    first, stop = int(evaluate(low, given)), int(evaluate(high, given)) + 1
    if stop - first > _MOST_SUMMED:
        raise EdgesymError(
            f"the sum over {index} has {stop - first:,} terms; {_MOST_SUMMED:,} at most are added "
            "up: write it without the sum, or make its bounds smaller"
        )
    total = 0.0
    for start in range(first, stop, _COLUMN):
        column = np.arange(start, min(start + _COLUMN, stop), dtype=np.float64)
        terms = evaluate(term, {**given, index: column})
        total += float(np.sum(np.broadcast_to(terms, column.shape)))
    return total
