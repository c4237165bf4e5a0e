"""Sums over a range of an index in closed form, at a cost that does not grow with the range.

What is summed may hold maxima, minima and roundings of the index besides polynomials. The
range is cut where a maximum or minimum changes sides, and counted by periods where a
rounding steps; what is left on each piece is a polynomial.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache

import sympy

from edgesym.algebra.crossing import period_of, pieces, with_floors
from edgesym.algebra.substitute import put_in
from edgesym.engine.evaluate import symbols_of

__all__ = ["sum_over"]

_CORNERED = (sympy.Max, sympy.Min)
_STEPPED = (*_CORNERED, sympy.floor, sympy.ceiling, sympy.Mod)


@lru_cache(maxsize=1024)
def sum_over(
    expression: sympy.Expr, index: sympy.Symbol, first: sympy.Expr, stop: sympy.Expr
) -> sympy.Expr:
    """The closed form of the sum of an expression over index = first, ..., stop - 1.

    >>> from edgesym.symbols import symbol
    >>> S, W, S_p = (symbol(word) for word in ("context", "window", "prompt_tokens"))
    >>> one = sympy.Integer(1)
    >>> sum_over(S, S, one, S_p + 1)
    S_p*(S_p + 1)/2
    >>> sum_over(sympy.Min(S, W), S, one, S_p + 1)
    W*(S_p - Min(S_p, W)) + (Min(S_p, W) + 1)*Min(S_p, W)/2

    Of a term without such a form (a maximum whose sides cross more than once, roundings of
    different lengths together, a power of the index that is no number) a ``sympy.Sum`` is
    left, which :func:`edgesym.engine.evaluate.evaluate` adds up index by index.

    Args:
        index: a positive integer.
        first: the first index, 1 or more.
        stop: the index after the last, ``first`` or more.
    """
    if index not in symbols_of(expression):
        return expression * (stop - first)
    names: dict[sympy.Symbol, sympy.Expr] = {}
    over = _Range(index, first - 1, stop - 1, names)
    total = _sum(with_floors(expression, index), replace(over, last=over.named(stop - 1)))
    return put_in(total, names, settle=False)


@dataclass(frozen=True, slots=True)
class _Range:
    """The values of an index after one, up to another and with it.

    Attributes:
        names: what stands for an expression while others are built on it; sympy compares
            the arguments of a maximum at each step, at a cost that grows with them.
    """

    index: sympy.Symbol
    after: sympy.Expr
    last: sympy.Expr
    names: dict[sympy.Symbol, sympy.Expr]

    def named(self, expression: sympy.Expr) -> sympy.Expr:
        """A symbol for an index that is 0 or more."""
        if expression.is_Atom:
            return expression
        made = sympy.Dummy(integer=True, nonnegative=True)
        self.names[made] = expression
        return made


def _sum(expression: sympy.Expr, over: _Range) -> sympy.Expr:
    if expression.is_Add:
        constant, rest = expression.as_independent(over.index, as_Add=True)
        if constant != 0:
            return constant * (over.last - over.after) + _sum(rest, over)
    constant, rest = expression.as_independent(over.index, as_Add=False)
    stepped = [n for n in sympy.preorder_traversal(rest) if _is_stepped(n, over.index)]
    if not stepped and rest.is_polynomial(over.index):
        return constant * _sum_of_polynomial(rest, over)
    groups = _groups(rest, over.index)
    if len(groups) > 1 and not ((counted := _in_periods(rest, over.index)) and counted.repeats):
        return constant * sympy.Add(*(_sum(group, over) for group in groups))
    for node in stepped:
        if isinstance(node, _CORNERED) and (parts := pieces(node, over.index, over.last)):
            return constant * _sum_of_pieces(rest, node, parts, over)
    counted = _in_periods(rest, over.index)
    if counted and not (total := _sum_of_periods(counted, over)).has(sympy.Sum):
        return constant * total
    return constant * sympy.Sum(rest, (over.index, over.after + 1, over.last))


def _is_stepped(node: sympy.Basic, index: sympy.Symbol) -> bool:
    return isinstance(node, _STEPPED) and node.has(index)


def _groups(expression: sympy.Expr, index: sympy.Symbol) -> list[sympy.Expr]:
    """The terms of a sum: polynomials, roundings of each length, and each of the others."""
    groups: dict[object, list[sympy.Expr]] = {}
    for term in sympy.Add.make_args(expression):
        stepped = [n for n in sympy.preorder_traversal(term) if _is_stepped(n, index)]
        if any(isinstance(n, _CORNERED) for n in stepped):
            groups[term] = [term]
        else:
            lengths = frozenset(p and p.length for p in (period_of(n, index) for n in stepped))
            groups.setdefault(lengths, []).append(term)
    return [sympy.Add(*terms) for terms in groups.values()]


_AFTER, _LAST = sympy.Dummy("after"), sympy.Dummy("last")


def _sum_of_polynomial(expression: sympy.Expr, over: _Range) -> sympy.Expr:
    """By Faulhaber's formula, power by power."""
    total = sympy.S.Zero
    ends = {_AFTER: over.after, _LAST: over.last}
    powers = sympy.collect(sympy.expand(expression), over.index, evaluate=False)
    for power, coefficient in powers.items():
        degree = 0 if power == 1 else int(power.as_base_exp()[1])
        total += coefficient * _faulhaber(degree).xreplace(ends)
    return total


@cache
def _faulhaber(degree: int) -> sympy.Expr:
    """The sum of index^degree; the length of the range is a factor of it."""
    low, high = (sympy.bernoulli(degree + 1, end + 1) for end in (_AFTER, _LAST))
    return sympy.factor((high - low) / (degree + 1))


def _sum_of_pieces(
    expression: sympy.Expr,
    node: sympy.Expr,
    parts: tuple[tuple[sympy.Expr, sympy.Expr], ...],
    over: _Range,
) -> sympy.Expr:
    """The range cut where the node changes what it is.

    Without maxima it is the difference of two sums from 1 on: a prefill adds up the first.
    """
    if not (over.after.is_number or expression.has(sympy.Max)):
        up_to, less = (
            _sum_of_pieces(expression, node, parts, replace(over, after=sympy.S.Zero, last=last))
            for last in (over.last, over.after)
        )
        return up_to - less
    total, after = sympy.S.Zero, over.after
    for until, side in parts:
        last = over.last if until == sympy.oo else _clip(until, over)
        piece = replace(over, after=after, last=last)
        total += _sum(expression.xreplace({node: side}), piece)
        after = last
    return total


def _clip(at: sympy.Expr, over: _Range) -> sympy.Expr:
    """An index, or the end of the range that is nearer."""
    if not (at - over.after).is_nonnegative:
        at = sympy.Max(at, over.after, evaluate=False)
    return over.named(sympy.Min(at, over.last, evaluate=False))


@dataclass(frozen=True, slots=True)
class _Counted:
    """An expression with its index as length q + r, where r begins at a shift of 0 or 1.

    Attributes:
        inside: the expression up to the last r of a period.
        at_last: what it is at the last r; nothing if there too it is ``inside``.
    """

    inside: sympy.Expr
    at_last: sympy.Expr | None
    q: sympy.Symbol
    r: sympy.Symbol
    length: sympy.Expr
    shift: int

    @property
    def repeats(self) -> bool:
        """Whether every period is like the first."""
        return not any(e.has(self.q) for e in (self.inside, self.at_last) if e is not None)


def _in_periods(expression: sympy.Expr, index: sympy.Symbol) -> _Counted | None:
    """The expression by periods, if its roundings are of one length.

    A rounding of the earlier shift steps at the last r of a period already.
    """
    found = {
        node: period_of(node, index)
        for node in sympy.preorder_traversal(expression)
        if _is_stepped(node, index) and not isinstance(node, _CORNERED)
    }
    periods = {node: period for node, period in found.items() if period is not None}
    shifts = {period.shift for period in periods.values()}
    lengths = {period.length for period in periods.values()}
    if len(periods) < len(found) or len(lengths) != 1 or not shifts <= {0, 1}:
        return None
    length, shift = lengths.pop(), max(shifts)
    q, r = (sympy.Dummy(name, integer=True, nonnegative=True) for name in "qr")
    stepped = {node: q + 1 if p.shift < shift else q for node, p in periods.items()}
    at_last = expression.xreplace({**stepped, index: length * q + length + shift - 1})
    inside = expression.xreplace({**dict.fromkeys(periods, q), index: length * q + r})
    return _Counted(inside, at_last if len(shifts) > 1 else None, q, r, length, shift)


def _sum_of_periods(e: _Counted, over: _Range) -> sympy.Expr:
    """The periods that end in the range, and the part of the next, less what is before it."""
    before = sympy.Integer(e.shift - 1)
    whole = sympy.S.Zero if e.at_last is None else e.at_last
    stop = before + e.length - int(e.at_last is not None)
    whole += _sum(e.inside, _Range(e.r, before, stop, over.names))

    def begun(last: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
        """Periods ended at an index, and the sum over what it has of the next."""
        ended = over.named(sympy.floor((last - before) / e.length))
        rest = over.named(sympy.Mod(last - before, e.length, evaluate=False)) + before
        part = _Range(e.r, before, rest, over.names)
        return ended, _sum(e.inside.xreplace({e.q: ended}), part)

    (low, less), (high, more) = begun(over.after), begun(over.last)
    return _sum(whole, _Range(e.q, low - 1, high - 1, over.names)) + more - less
