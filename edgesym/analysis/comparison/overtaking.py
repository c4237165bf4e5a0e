"""Where one setup overtakes another: which has less of a quantity, along context or batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import sympy

from edgesym.algebra.invert import closed_form_root
from edgesym.algebra.substitute import put_in
from edgesym.engine.grid import Range
from edgesym.engine.roots import root_between, scan
from edgesym.numbers import Number
from edgesym.scenario.setup import Setup
from edgesym.symbols import describe, symbol

__all__ = ["Overtaking", "Span", "overtakings"]

#: What a quantity is followed along, all else as it is in the setups.
AXES = tuple(symbol(w) for w in ("context", "prompt_tokens", "generated_tokens", "batch"))
_FIRST, _LAST = 1, 10**9
#: Shares of a number that two do not differ by: below it they are the same, rounded otherwise.
_SAME = sympy.Rational(1, 10**12)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole numbers from ``low`` to ``high`` in which one setup has less, or none has.

    Attributes:
        less: 0 where the first setup has less, 1 where the second has, None where they are equal.
        begins: where the span begins as a closed form, in symbols that both setups give the same
            number; None at 1, and where algebra gives none.
    """

    low: int
    high: int
    less: int | None
    begins: sympy.Expr | None = None


@dataclass(frozen=True, slots=True)
class Overtaking:
    """Which of two setups has less of a quantity as one number of the run grows.

    Attributes:
        axis: the symbol of the number.
        spans: in order; together they are 1 to 10^9. None where the quantity is a sum
            that has no closed form.
    """

    axis: sympy.Symbol
    spans: tuple[Span, ...]


def overtakings(one: Setup, other: Setup, name: str) -> list[Overtaking]:
    """Along each of :data:`AXES` that a quantity depends on, which of two setups has less of it.

    >>> from edgesym import load
    >>> one, other = (Setup(load(name)) for name in ("gemma-3-1b", "qwen3-0.6b"))
    >>> for span in overtakings(one, other, "flops")[0].spans:
    ...     print(span.low, span.high, span.less, span.begins)
    1 3966 1 None
    3967 1000000000 0 26724820/6737

    Raises:
        EdgesymError: no such quantity, or a symbol of it has no number.
    """
    forms = (one.expression(name), other.expression(name))
    values = one.values()

    def along(axis: sympy.Symbol) -> Overtaking:
        first, second = (
            _own_numbers(form, setup, against, axis)
            for form, setup, against in zip(forms, (one, other), (other, one), strict=True)
        )
        closed = not (first.has(sympy.Sum) or second.has(sympy.Sum))
        return Overtaking(axis, tuple(_spans(first, second, axis, values)) if closed else ())

    return [along(axis) for axis in AXES if any(axis in form.free_symbols for form in forms)]


def _own_numbers(form: sympy.Expr, setup: Setup, against: Setup, axis: sympy.Symbol) -> sympy.Expr:
    """A closed form with its model's numbers put in, and all that the other has not; no axis."""
    others = against.values()
    own = {
        made: number
        for made, number in setup.values().items()
        if made != axis and (describe(made).scope == "model" or others.get(made) != number)
    }
    return put_in(form, own, settle=False)


def _spans(
    first: sympy.Expr, second: sympy.Expr, axis: sympy.Symbol, values: Mapping[sympy.Symbol, Number]
) -> Iterator[Span]:
    known = {made: number for made, number in values.items() if made != axis}
    difference, within = second - first, Range(_FIRST, _LAST, whole=True)
    of_axis, same = (put_in(e, known, settle=False) for e in (difference, _SAME * first))
    differing = sorted(
        (int(interval.low), int(interval.high), less)
        for less, relation, beyond in ((0, ">", of_axis - same), (1, "<", of_axis + same))
        for interval in scan(beyond, relation, axis, {}, within).intervals
    )
    for low, high, less in _with_gaps(differing):
        begins = None
        if low > _FIRST:
            root = root_between(of_axis, axis, {}, low - 1, low)
            begins = closed_form_root(difference, axis, {**known, axis: root})
        yield Span(low, high, less, begins)


def _with_gaps(differing: list[tuple[int, int, int]]) -> Iterator[tuple[int, int, int | None]]:
    """The spans, and those between them, in which nothing differs."""
    edges = [(0, _FIRST - 1, 0), *differing, (_LAST + 1, _LAST, 0)]
    for (_, end, _), (low, high, less) in pairwise(edges):
        if low > end + 1:
            yield end + 1, low - 1, None
        if low <= high:
            yield low, high, less
