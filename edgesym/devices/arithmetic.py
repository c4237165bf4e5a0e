"""The arithmetic of a figure, ``4 * 2.4e9 * 16``: read over a whitelist, computed exactly.

The text is parsed to a syntax tree and the tree is walked; nothing is evaluated by Python
itself. It holds numbers, ``+ - * / **``, brackets, the functions of :data:`FUNCTIONS`, and
names of other figures such as ``memory_bandwidth`` or ``peak.fp16``.
"""

from __future__ import annotations

import ast
import operator
import statistics
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from edgesym.errors import ExpressionError

__all__ = ["FUNCTIONS", "compute"]

_LONGEST, _DEEPEST, _MOST_BITS = 1000, 40, 4096

#: What arithmetic may call, each of one number or more; ``std`` is that of a sample (n - 1).
FUNCTIONS: dict[str, Callable[[list[Fraction]], Fraction]] = {
    "mean": lambda numbers: sum(numbers, Fraction(0)) / len(numbers),
    "std": lambda numbers: Fraction(repr(statistics.stdev(map(float, numbers)))),
    "min": min,
    "max": max,
}
#: Texts whose trees are kept: rows of a class are those of many devices.
_REMEMBERED = 1024
_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def compute(text: str, figure: Callable[[str], Fraction]) -> Fraction:
    """The number that arithmetic comes to, without rounding.

    >>> compute("4 * 2.4e9 * 16", {}.__getitem__)
    Fraction(153600000000, 1)
    >>> compute("1 / peak.fp16", {"peak.fp16": Fraction(5)}.__getitem__)
    Fraction(1, 5)

    Args:
        figure: the number of a figure by name, in its base unit; what it raises is not caught.

    Raises:
        ExpressionError: not such arithmetic, too long, too deep, or without a result.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"arithmetic of {len(text)} characters; {_LONGEST} at most")
    try:
        tree = _tree(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"{text!r} is not arithmetic; write it as 4 * 2.4e9 * 16") from error
    try:
        return _value(tree, figure, 0)
    except (ArithmeticError, RecursionError, ValueError, statistics.StatisticsError) as error:
        raise ExpressionError(f"{text!r} cannot be computed: {error}") from error


@lru_cache(maxsize=_REMEMBERED)
def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _value(node: ast.expr, figure: Callable[[str], Fraction], depth: int) -> Fraction:
    if depth > _DEEPEST:
        raise ExpressionError(f"arithmetic nested deeper than {_DEEPEST}")

    def value(child: ast.expr) -> Fraction:
        return _value(child, figure, depth + 1)

    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(Fraction(repr(number)))
        case ast.Name(id=name):
            return figure(name)
        case ast.Attribute(value=ast.Name(id=name), attr=dtype):
            return figure(f"{name}.{dtype}")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -value(operand)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(value(left), value(right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _bounded(_OPERATORS[type(op)](value(left), value(right)))
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as numbers, keywords=[]):
            if name in FUNCTIONS:
                return _bounded(FUNCTIONS[name]([value(number) for number in numbers]))
    known = ", ".join(FUNCTIONS)
    raise ExpressionError(
        f"{ast.unparse(node)!r} is no arithmetic: numbers, + - * / **, names of figures and {known}"
    )


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    """A power; a root is rounded to a floating-point number."""
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * abs(exponent) > _MOST_BITS:
        raise ExpressionError(f"a power of more than {_MOST_BITS} bits")
    if exponent.denominator == 1:
        return base ** int(exponent)
    if base < 0:
        raise ExpressionError(f"a root of {float(base):g}")
    return Fraction(repr(float(base) ** float(exponent)))


def _bounded(number: Fraction) -> Fraction:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > _MOST_BITS:
        raise ExpressionError(f"a number of more than {_MOST_BITS} bits")
    return number
