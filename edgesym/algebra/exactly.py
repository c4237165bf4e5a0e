"""Values of expressions as fractions: an evaluator of its own, to check proofs with.

It shares no code with sympy's arithmetic, with the engine that answers questions, or with the
residues that proofs begin with; it knows sums, products, whole powers, maxima and roundings.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor

import sympy

__all__ = ["exactly", "random_points"]

#: Whole powers above it are not worked out.
_HIGHEST_POWER = 64
#: Longer numerators and denominators are given up.
_MOST_BITS = 20_000


def exactly(expression: sympy.Expr, values: Mapping[sympy.Symbol, int | Fraction]) -> Fraction:
    """The value of an expression at rational numbers.

    >>> from edgesym.symbols import symbol
    >>> H, L = symbol("hidden"), symbol("layers")
    >>> exactly(12 * L * H**2 + H / 3, {H: 2, L: 5})
    Fraction(722, 3)

    Raises:
        ArithmeticError: it has no value there, or none in fractions: a root, a symbol without one.
    """
    seen: dict[sympy.Basic, Fraction] = {s: Fraction(v) for s, v in values.items()}
    waiting = [expression]
    while waiting:  # no recursion: formulas may be deep
        node = waiting[-1]
        missing = [a for a in node.args if a not in seen]
        if node in seen or not missing:
            waiting.pop()
            if node not in seen:
                seen[node] = _applied(node, [seen[a] for a in node.args])
        else:
            waiting += missing
    return seen[expression]


def _applied(node: sympy.Basic, values: list[Fraction]) -> Fraction:
    match node:
        case sympy.Rational():
            found = Fraction(int(node.p), int(node.q))
        case sympy.Add():
            found = sum(values, Fraction(0))
        case sympy.Mul():
            found = Fraction(1)
            for value in values:
                found *= value
        case sympy.Pow():
            found = _power(*values)
        case sympy.Max():
            found = max(values)
        case sympy.Min():
            found = min(values)
        case sympy.ceiling():
            found = Fraction(ceil(values[0]))
        case sympy.floor():
            found = Fraction(floor(values[0]))
        case sympy.Mod():
            found = values[0] % values[1]
        case _:
            raise ArithmeticError(f"{node} has no value in fractions")
    if max(found.numerator.bit_length(), found.denominator.bit_length()) > _MOST_BITS:
        raise ArithmeticError("a value of too many digits")
    return found


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > _HIGHEST_POWER:
        raise ArithmeticError(f"{base}**{exponent} has no value in fractions")
    return base ** int(exponent)


def random_points(
    symbols: frozenset[sympy.Symbol], count: int, seed: int = 20260101, highest: int = 10**6
) -> Iterator[dict[sympy.Symbol, int]]:
    """Points of random integers from 2 on, the same ones each time."""
    draw = random.Random(seed)  # noqa: S311 - reproducible points, no secret
    ordered = sorted(symbols, key=str)
    for _ in range(count):
        yield {s: draw.randrange(2, highest) for s in ordered}
