"""Orders of growth: the terms of a formula that lead when its symbols grow, constants left out.

A term is dominated by another if their ratio stays bounded however the symbols grow from 1 on,
and under bounds such as d <= M <= N d. The ratio is a product of powers, so this is a question
about its exponents: whether they are a sum, with weights of 0 or more, of the exponents of
symbols and of bounds. Fourier and Motzkin's elimination decides it exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import lcm

import sympy

from edgesym.errors import ExpressionError

__all__ = ["Bound", "outgrows", "same_order", "theta"]

#: (lesser, greater): lesser <= greater, both products of powers.
Bound = tuple[sympy.Expr, sympy.Expr]
_Powers = tuple[Fraction, ...]
_MOST_TERMS, _MOST_BOUNDS = 500, 6
#: Symbols of which every set is let grow together.
_MOST_TOGETHER = 10


def theta(
    expression: sympy.Expr, symbols: Iterable[sympy.Symbol], at_most: Sequence[Bound] = ()
) -> sympy.Expr:
    """The leading terms of an expression as the given symbols grow, without their constants.

    Other symbols are constants. The result is a sum of products of powers, none of which is
    dominated by another; Theta of it is Theta of the expression.

    >>> from sympy.abc import d, M, N
    >>> theta(4 * N * d + 4 * N**2 + 7, (N, d))
    N**2 + N*d
    >>> theta(12 * N**2 * d**2 / M + 2 * N * d, (N, d, M), at_most=[(M, N * d)])
    N**2*d**2/M

    Args:
        at_most: pairs (lesser, greater) of products of powers with lesser <= greater.

    Raises:
        ExpressionError: a symbol in something else than a power, more terms than can be
            compared, or leading terms with a negative coefficient.
    """
    made = tuple(symbols)
    if len(at_most) > _MOST_BOUNDS:
        raise ExpressionError(f"{len(at_most)} bounds; {_MOST_BOUNDS} at most")
    rules = _rules(made, at_most)
    terms = _terms(expression, made)
    leading = [
        powers
        for powers in terms
        if not any(
            _dominated(powers, other, rules) and not _comes_first(powers, other, rules)
            for other in terms
            if other != powers
        )
    ]
    for powers in leading:
        if terms[powers].is_negative:
            raise ExpressionError(
                f"the leading term {_term(powers, made) * terms[powers]} is negative; "
                "an order of growth is that of a cost"
            )
    return sympy.Add(*(_term(powers, made) for powers in leading))


def same_order(
    one: sympy.Expr,
    other: sympy.Expr,
    symbols: Iterable[sympy.Symbol],
    at_most: Sequence[Bound] = (),
) -> bool:
    """Whether two expressions grow alike: each leading term of one is dominated by the other.

    >>> from sympy.abc import d, N
    >>> same_order(4 * N * d + 4 * N**2, N * d + N**2, (N, d))
    True
    >>> same_order(N * d, N**2, (N, d)), same_order(N * d, N**2, (N, d), [(d, 1)])
    (False, False)

    Raises:
        ExpressionError: see :func:`theta`.
    """
    made = tuple(symbols)
    rules = _rules(made, at_most)
    first, second = (_terms(theta(e, made, at_most), made) for e in (one, other))
    return all(
        any(_dominated(powers, greater, rules) for greater in above)
        for below, above in ((first, second), (second, first))
        for powers in below
    )


def outgrows(
    one: sympy.Expr,
    other: sympy.Expr,
    symbols: Iterable[sympy.Symbol],
    at_most: Sequence[Bound] = (),
) -> Mapping[sympy.Symbol, int] | None:
    """How symbols can grow so that one/other grows beyond any bound; None if it is bounded.

    Symbol s grows as t to the power found for it; those with 0 stay as they are. Terms have
    positive coefficients. The ratio is bounded if and only if no such powers make a term of
    ``one`` of a higher degree in t than every term of ``other``: a linear program.

    >>> from sympy.abc import d, N
    >>> outgrows(N**2 * d, N * d + N**2, (N, d))
    {N: 1, d: 1}
    >>> outgrows(N * d, N**2 + d**2, (N, d)) is None
    True

    Raises:
        ExpressionError: see :func:`theta`; a coefficient that may be negative.
    """
    made = tuple(symbols)
    rules = _rules(made, at_most)
    above, below = _terms(one, made), _terms(other, made)
    for powers, constant in (*above.items(), *below.items()):
        if not constant.is_positive:
            raise ExpressionError(
                f"{_term(powers, made) * constant} may be negative; orders are told apart for "
                "sums of positive terms"
            )
    for powers in above:
        if any(_dominated(powers, other, rules) for other in below):
            continue
        found = _direction(powers, list(below), rules)
        if found is not None:
            return dict(zip(made, found, strict=True))
    return None


def _direction(
    powers: _Powers, others: list[_Powers], rules: list[_Powers]
) -> tuple[int, ...] | None:
    """Powers of t for the symbols with which one term grows faster than all others."""
    gaps = [[a - b for a, b in zip(powers, other, strict=True)] for other in others]
    for found in _simple(len(powers)):
        if _all_rise(found, gaps, strict=True) and _all_rise(found, rules, strict=False):
            return found
    return _programmed(gaps, rules)


def _simple(count: int) -> Iterator[tuple[int, ...]]:
    """Directions to try first: one symbol alone, then several at one pace."""
    if count <= _MOST_TOGETHER:
        yield from sorted(product((0, 1), repeat=count), key=lambda w: (sum(w), w[::-1]))[1:]


def _all_rise(found: Sequence[int], rows: Iterable[Sequence[Fraction]], *, strict: bool) -> bool:
    slopes = [sum(w * x for w, x in zip(found, row, strict=True)) for row in rows]
    return all(slope > 0 for slope in slopes) if strict else all(slope >= 0 for slope in slopes)


def _programmed(gaps: list[list[Fraction]], rules: list[_Powers]) -> tuple[int, ...] | None:
    """The direction in which the least gap is largest, if that is more than 0."""
    from sympy.solvers.simplex import lpmax

    weights = [sympy.Dummy(f"w{i}") for i in range(len(rules[0]))]
    gap = sympy.Dummy("gap")

    def along(row: Sequence[Fraction]) -> sympy.Expr:
        exact = (sympy.Rational(x.numerator, x.denominator) for x in row)
        return sympy.Add(*(w * x for w, x in zip(weights, exact, strict=True)))

    limits = [along(row) - gap >= 0 for row in gaps] + [along(row) >= 0 for row in rules]
    most, at = lpmax(gap, [*limits, sympy.Add(*weights) <= 1, gap >= 0, *(w >= 0 for w in weights)])
    if most <= 0:
        return None
    scale = lcm(*(int(at[w].q) for w in weights))
    return tuple(int(at[w] * scale) for w in weights)


def _terms(expression: sympy.Expr, symbols: tuple[sympy.Symbol, ...]) -> dict[_Powers, sympy.Expr]:
    """The exponents of each term of a sum, with its coefficient."""
    expanded = sympy.expand(_rounded_up(sympy.sympify(expression, strict=True)))
    found: dict[_Powers, sympy.Expr] = {}
    for term in sympy.Add.make_args(expanded):
        if term != 0:
            powers, constant = _exponents(term, symbols)
            found[powers] = found.get(powers, sympy.Integer(0)) + constant
    if len(found) > _MOST_TERMS:
        raise ExpressionError(f"{len(found)} terms to compare; {_MOST_TERMS} at most")
    return {powers: constant for powers, constant in found.items() if constant != 0}


def _rounded_up(expression: sympy.Expr) -> sympy.Expr:
    """The expression with x + 1 for a ceiling, and a sum for a maximum: of the same order."""
    rounded = expression.replace(sympy.ceiling, lambda x: x + 1)
    return rounded.replace(sympy.Max, sympy.Add)


def _exponents(term: sympy.Expr, symbols: tuple[sympy.Symbol, ...]) -> tuple[_Powers, sympy.Expr]:
    powers = dict.fromkeys(symbols, Fraction(0))
    constant: sympy.Expr = sympy.Integer(1)
    for factor in sympy.Mul.make_args(term):
        base, exponent = factor.as_base_exp()
        if not factor.free_symbols & powers.keys():
            constant *= factor
        elif base in powers and exponent.is_Rational:
            powers[base] += Fraction(int(exponent.p), int(exponent.q))
        else:
            raise ExpressionError(
                f"{factor} is no power of {', '.join(map(str, symbols))}; "
                "orders are told apart for sums of products of powers"
            )
    return tuple(powers.values()), constant


def _term(powers: _Powers, symbols: tuple[sympy.Symbol, ...]) -> sympy.Expr:
    return sympy.Mul(
        *(
            s ** sympy.Rational(p.numerator, p.denominator)
            for s, p in zip(symbols, powers, strict=True)
        )
    )


def _rules(symbols: tuple[sympy.Symbol, ...], at_most: Sequence[Bound]) -> list[_Powers]:
    """The exponents of what is at least 1: each symbol, and greater / lesser of each bound."""
    units = [tuple(Fraction(int(i == j)) for j in range(len(symbols))) for i in range(len(symbols))]
    ratios = (sympy.sympify(greater) / sympy.sympify(lesser) for lesser, greater in at_most)
    return units + [_exponents(sympy.powsimp(ratio), symbols)[0] for ratio in ratios]


def _comes_first(powers: _Powers, other: _Powers, rules: list[_Powers]) -> bool:
    """Whether terms of one order are told apart by their exponents alone, to keep one of them."""
    return _dominated(other, powers, rules) and powers > other


def _dominated(powers: _Powers, other: _Powers, rules: list[_Powers]) -> bool:
    """Whether other / powers is a product of nonnegative powers of the rules.

    The weights of the bounds are the unknowns; what they leave of each exponent must be
    0 or more, as the symbols make it up. Rows are (coefficients of the weights, constant)
    of inequalities coefficients . weights <= constant.
    """
    count = len(powers)
    bounds = rules[count:]
    target = [b - a for a, b in zip(powers, other, strict=True)]
    rows = [([bound[i] for bound in bounds], target[i]) for i in range(count)]
    rows += [
        ([Fraction(-int(i == j)) for j in range(len(bounds))], Fraction(0))
        for i in range(len(bounds))
    ]
    for place in range(len(bounds)):
        rows = _without(place, rows)
    return all(constant >= 0 for _, constant in rows)


_Row = tuple[list[Fraction], Fraction]


def _without(place: int, rows: list[_Row]) -> list[_Row]:
    """The inequalities that remain when one weight is eliminated."""
    above = [row for row in rows if row[0][place] > 0]
    below = [row for row in rows if row[0][place] < 0]
    kept = [row for row in rows if row[0][place] == 0]
    for high, top in above:
        for low, bottom in below:
            up, down = 1 / high[place], -1 / low[place]
            joined = [h * up + n * down for h, n in zip(high, low, strict=True)]
            kept.append((joined, top * up + bottom * down))
    return kept
