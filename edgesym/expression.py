"""A safe reader of formulas kept as text in data files.

The text is parsed to a syntax tree and the tree is walked over a whitelist;
nothing is ever evaluated by Python itself. Names are looked up in the mapping
that the caller gives, and in nothing else.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from edgesym.errors import ExpressionError, nearest

__all__ = ["FUNCTIONS", "read"]

_LONGEST = 2000
_DEEPEST = 60
_HIGHEST_POWER = 64
_MOST_BITS = 4096
#: Entries of a list, or letters of a text, that a formula makes: as many as there are layers.
_MOST_ENTRIES = 100_000


def _few(times: int) -> int:
    if times > _MOST_ENTRIES:
        raise ExpressionError(f"a list of {times} entries; {_MOST_ENTRIES} at most")
    return times


#: Functions that a formula in a data file may call.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "len": len,
    "count": lambda items, item: list(items).count(item),
    "ends_with": lambda text, ending: str(text).endswith(ending),
    "starts_with": lambda text, start: str(text).startswith(start),
    "pluck": lambda tables, key: [table[key] for table in tables.values() if key in table],
    "numbers": lambda listed: (
        [int(item) for item in listed.split(",") if item.strip()]
        if isinstance(listed, str)
        else listed
    ),
    "spread": lambda value, times: value if isinstance(value, list) else [value] * _few(times),
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}


def read(
    text: str,
    names: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]] = FUNCTIONS,
) -> Any:
    """The value of a formula over ``names``: numbers, sympy expressions, lists or truth values.

    >>> read("hidden // heads", {"hidden": 2048, "heads": 32})
    64
    >>> read("__import__('os')", {})
    Traceback (most recent call last):
    ...
    edgesym.errors.ExpressionError: "__import__('os')": unknown function '__import__'

    Raises:
        ExpressionError: not a formula, an undeclared name, too long, too deep.
    """
    tree = _parse(text)
    try:
        return _Walker(names, functions).value(tree, 0)
    except ExpressionError as error:
        raise ExpressionError(f"{text!r}: {error}") from error
    except (TypeError, ArithmeticError, LookupError, ValueError) as error:
        raise ExpressionError(f"{text!r} cannot be computed: {error}") from error


@lru_cache(maxsize=256)
def _parse(text: str) -> ast.expr:
    """The syntax tree of a formula; a pattern's formula is asked for once per layer."""
    if len(text) > _LONGEST:
        raise ExpressionError(f"formula of {len(text)} characters; {_LONGEST} at most")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"{text!r} is not a formula") from error


@dataclass(frozen=True, slots=True)
class _Walker:
    """Computes a syntax tree over a whitelist of nodes."""

    names: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]

    def value(self, node: ast.expr, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ExpressionError(f"nested deeper than {_DEEPEST}")

        def value(child: ast.expr) -> Any:
            return self.value(child, depth + 1)

        match node:
            case ast.Constant(value=bool() | int() | float() | str() | None as constant):
                return constant
            case ast.Name(id=name):
                return _look_up(name, self.names)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return _power(value(left), value(right))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _combine(type(op), value(left), value(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not value(operand)
            case ast.BoolOp(op=ast.And(), values=values):
                return all(value(item) for item in values)
            case ast.BoolOp(op=ast.Or(), values=values):
                return any(value(item) for item in values)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                return _COMPARE[type(op)](value(left), value(right))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return value(body) if value(test) else value(orelse)
            case ast.Subscript(value=items, slice=index):
                return value(items)[value(index)]
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [value(item) for item in items]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                if name not in self.functions:
                    raise ExpressionError(f"unknown function {name!r}")
                return self._call(name, [value(argument) for argument in arguments])
        raise ExpressionError(f"{type(node).__name__} is not allowed in a formula")

    def _call(self, name: str, arguments: list[Any]) -> Any:
        """A call; only our own functions are handed text, for some others would evaluate it."""
        if self.functions is not FUNCTIONS and any(not _is_number(a) for a in arguments):
            raise ExpressionError(f"{name} takes numbers and symbols, not {arguments!r}")
        return self.functions[name](*arguments)


def _is_number(value: Any) -> bool:
    """Whether a value is a number or a sympy expression, and no text or list."""
    return not isinstance(value, str | list | tuple | dict | bool | None)


def _combine(operation: type[ast.operator], left: Any, right: Any) -> Any:
    """Two values combined; texts and lists can be joined, and nothing else."""
    if not (_is_number(left) and _is_number(right)) and not (
        operation is ast.Add and type(left) is type(right)
    ):
        raise ExpressionError(f"cannot combine {left!r} and {right!r}")
    if operation in (ast.Div, ast.FloorDiv, ast.Mod) and right == 0:
        raise ExpressionError("division by zero")
    return _bounded(_BINARY[operation](left, right))


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise ExpressionError(f"a whole number of more than {_MOST_BITS} bits")
    if isinstance(value, str | list):
        _few(len(value))
    return value


def _look_up(name: str, names: Mapping[str, Any]) -> Any:
    if name not in names:
        close = nearest(name, names)
        hint = f"; nearest: {', '.join(close)}" if close else ""
        raise ExpressionError(f"{name!r} is not declared{hint}")
    return names[name]


def _power(base: Any, exponent: Any) -> Any:
    if not (_is_number(base) and _is_number(exponent)):
        raise ExpressionError(f"cannot raise {base!r} to {exponent!r}")
    constant = isinstance(exponent, int | float) or getattr(exponent, "is_number", False)
    if constant and abs(exponent) > _HIGHEST_POWER:
        raise ExpressionError(f"power {exponent} is higher than {_HIGHEST_POWER}")
    if base == 0 and constant and exponent < 0:
        raise ExpressionError("division by zero")
    return _bounded(base**exponent)
