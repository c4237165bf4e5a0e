# ruff: noqa: D102 (a method is what the rule of its name is in the grammar)
"""From the parser's reductions to a sympy expression, bottom up and within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from lark import Token, Transformer

from edgesym.notation.bounds import DEGREE, bounded, weight
from edgesym.notation.errors import NotationError
from edgesym.notation.numbers import bits
from edgesym.notation.totals import total

__all__ = ["Build"]

_BITS = 4000
_ROOT_BITS = 128
_ARGUMENTS = 16
_MOST_FACTORS = 64


def _bounded(value: sympy.Expr) -> sympy.Expr:
    """A value that is finite, real, not too long a number and not too large a formula."""
    if bits(value) > _BITS:
        raise NotationError(f"a number of more than {_BITS} bits")
    return bounded(value)


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if exponent.is_Integer and base.is_Rational:
        if abs(int(exponent)) > _BITS or bits(base) * abs(int(exponent)) > 2 * _BITS:
            raise NotationError(f"power {str(exponent)[:20]} of a number is too high")
    elif base.is_number and (bits(base) > _ROOT_BITS or not base.is_Rational):
        raise NotationError("a root or power of so long a number is not taken")
    elif exponent.is_number and (not exponent.is_Rational or abs(exponent) > 64):
        raise NotationError(f"power {str(exponent)[:20]} is higher than 64")
    elif exponent.is_Rational and weight(base).degree * abs(float(exponent)) > DEGREE:
        raise NotationError(f"powers of powers go beyond degree {DEGREE}")
    elif bits(exponent) > 32:
        raise NotationError("an exponent of so many digits is not taken")
    if base.is_number and base.is_negative and not exponent.is_Integer:
        raise NotationError("a broken or unknown power of a negative number")
    if base == 0 and not (exponent.is_Rational and exponent > 0):
        raise NotationError("this divides by zero")
    return _bounded(sympy.Pow(base, exponent))


def _log(value: sympy.Expr, base: sympy.Expr | None) -> sympy.Expr:
    for given in (value, base):
        if given is not None and given.is_number and (not given.is_Rational or given <= 0):
            raise NotationError("the logarithm of such a number is not taken")
        if bits(given) > _ROOT_BITS:
            raise NotationError("the logarithm of so long a number is not taken")
    if base == 1:
        raise NotationError("a logarithm to base 1")
    return sympy.log(value) if base is None else sympy.log(value) / sympy.log(base)


def _rounded(function: Callable[..., Any], value: sympy.Expr) -> sympy.Expr:
    """A ceiling or floor; whole terms go outside where the value is a polynomial or a number."""
    if value.is_number and not value.is_Rational:
        return function(value, evaluate=False)
    return function(value)


def _remainder(value: sympy.Expr, by: sympy.Expr) -> sympy.Expr:
    """What is left of a value divided by another."""
    if by == 0:
        raise NotationError("this divides by zero")
    return sympy.Mod(value, by)


def _multiplied(
    body: sympy.Expr, i: sympy.Symbol, lower: sympy.Expr, upper: sympy.Expr
) -> sympy.Expr:
    """The product over an index: a power where no factor depends on it, else written out."""
    count = upper - lower + 1
    if i not in body.free_symbols:
        return _power(body, count)
    if not count.is_Integer or not 0 <= int(count) <= _MOST_FACTORS:
        raise NotationError(
            f"a product with factors of {i} needs numbers as bounds, at most {_MOST_FACTORS} apart"
        )
    steps = range(int(count))
    return sympy.Mul(*(_bounded(body.xreplace({i: lower + k})) for k in steps))


class Build(Transformer[Token, sympy.Expr]):
    """One method per rule of the grammar."""

    def sum(self, children: list[Any]) -> sympy.Expr:
        if len(children) == 1:
            return children[0]
        terms, sign = [], 1
        for child in children:
            if isinstance(child, Token):
                sign = -1 if child.type == "MINUS" else 1
            else:
                terms.append(child if sign == 1 else -child)
                sign = 1
        return _bounded(sympy.Add(*terms))

    def negative(self, children: list[Any]) -> sympy.Expr:
        return -children[1]

    def first(self, children: list[Any]) -> sympy.Expr:
        return children[1]

    def product(self, children: list[Any]) -> sympy.Expr:
        factors, long = [children[0]], bits(children[0])
        for sign, factor in zip(children[1::2], children[2::2], strict=True):
            long += bits(factor)
            if long > 2 * _BITS:
                raise NotationError(f"a product of numbers of more than {2 * _BITS} bits")
            if sign.type == "MOD":
                factors = [_remainder(_bounded(sympy.Mul(*factors)), factor)]
            else:
                factors.append(self._inverse(factor) if sign.type == "DIVIDE" else factor)
        return _bounded(sympy.Mul(*factors))

    chain = product

    def _inverse(self, value: sympy.Expr) -> sympy.Expr:
        if value == 0:
            raise NotationError("this divides by zero")
        return sympy.Pow(value, -1)

    def total(self, children: list[Any]) -> sympy.Expr:
        lower, upper, index, body = children[2], children[5], children[7].value, children[8]
        if index in lower.free_symbols | upper.free_symbols:
            raise NotationError(f"the bounds of a sum speak of its own index {index}")
        if children[0].type == "PROD":
            return _bounded(_multiplied(body, index, lower, upper))
        return _bounded(total(body, index, lower, upper))

    def power(self, children: list[Any]) -> sympy.Expr:
        return _power(children[0], children[2])

    def percent(self, children: list[Any]) -> sympy.Expr:
        return children[0] / 100

    def number(self, children: list[Any]) -> sympy.Expr:
        return children[0].value

    name = number

    def group(self, children: list[Any]) -> sympy.Expr:
        return children[1]

    def ceiling(self, children: list[Any]) -> sympy.Expr:
        return _rounded(sympy.ceiling, children[1])

    def floor(self, children: list[Any]) -> sympy.Expr:
        return _rounded(sympy.floor, children[1])

    def fraction(self, children: list[Any]) -> sympy.Expr:
        return _bounded(children[2] * self._inverse(children[5]))

    def root(self, children: list[Any]) -> sympy.Expr:
        order = children[2] if len(children) > 4 else sympy.Integer(2)
        return _power(children[-2], self._inverse(order))

    def logarithm(self, children: list[Any]) -> sympy.Expr:
        return _bounded(_log(children[-1], children[3] if len(children) > 2 else None))

    def listed(self, children: list[Any]) -> list[Any]:
        return children[1::2]

    def call(self, children: list[Any]) -> sympy.Expr:
        name, given = children[0].value, children[1]
        most = {"MAX": _ARGUMENTS, "MIN": _ARGUMENTS, "RATIO": 2, "LOG": 2, "MOD": 2}.get(name, 1)
        least = 2 if name in ("RATIO", "MOD") else 1
        if not least <= len(given) <= most:
            raise NotationError(f"{name.lower()} of {len(given)} arguments; at most {most}")
        return _bounded(_FUNCTIONS[name](*given))


def _extreme(function: Any, *given: sympy.Expr) -> sympy.Expr:
    """The largest or smallest; not compared where symbols stand, which is slow."""
    numbers = [value for value in given if value.is_Rational]
    rest = [value for value in given if not value.is_Rational]
    if not rest:
        return function(*numbers)
    kept = [function(*numbers)] if numbers else []
    kept += rest
    return kept[0] if len(set(kept)) == 1 else function(*kept, evaluate=False)


_FUNCTIONS: dict[str, Callable[..., sympy.Expr]] = {
    "MAX": lambda *given: _extreme(sympy.Max, *given),
    "MIN": lambda *given: _extreme(sympy.Min, *given),
    "SQRT": lambda value: _power(value, sympy.Rational(1, 2)),
    "LOG": lambda value, base=None: _log(value, base),
    "LOG2": lambda value: _log(value, sympy.Integer(2)),
    "LOG10": lambda value: _log(value, sympy.Integer(10)),
    "CEIL": lambda value: _rounded(sympy.ceiling, value),
    "FLOOR": lambda value: _rounded(sympy.floor, value),
    "MOD": _remainder,
    "RATIO": lambda above, below: _bounded(above / below),
}
