"""Conditions that others of a domain imply, which need not be said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy

from edgesym.architectures.traced.domain import Condition

__all__ = ["without_implied"]


def without_implied(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Conditions without those that follow from one of the others, of the same call or of all.

    What divides a size divides its multiples, and sizes of which one is larger are not equal.

    >>> from edgesym.symbols import symbol
    >>> A, H = symbol("heads"), symbol("hidden")
    >>> asked = (sympy.Eq(sympy.Mod(H, n), 0) for n in (A, 2 * A, sympy.Integer(2)))
    >>> [str(condition) for condition in without_implied(map(Condition, asked))]
    ['2*A divides H']
    """
    kept = list(conditions)
    for condition in tuple(kept):
        others = [c for c in kept if c is not condition and c.case in ("", condition.case)]
        if _is_implied(condition.relation, [other.relation for other in others]):
            kept.remove(condition)
    return tuple(kept)


def _is_implied(relation: sympy.Basic, others: Sequence[sympy.Basic]) -> bool:
    if isinstance(relation, sympy.Ne):
        sides = {relation.lhs, relation.rhs}
        orders = [other for other in others if isinstance(other, sympy.Lt | sympy.Gt)]
        return any({other.lhs, other.rhs} == sides for other in orders) or any(
            _is_beyond(relation, other)
            for other in others
            if isinstance(other, sympy.Lt | sympy.Le)
        )
    if not _is_whole(relation):
        return False
    above, below = relation.lhs.args
    known = [other.lhs.args for other in others if _is_whole(other)]
    return any(_is_of_sizes(above * by / (whole * below)) for whole, by in known)


def _is_whole(relation: sympy.Basic) -> bool:
    """Whether it says that one size divides another."""
    is_equal = isinstance(relation, sympy.Eq) and relation.rhs == 0
    return is_equal and isinstance(relation.lhs, sympy.Mod)


def _is_of_sizes(quotient: sympy.Expr) -> bool:
    """Whether it is a sum of products of sizes, a whole number wherever they are."""
    made = sympy.cancel(quotient)
    if not made.is_polynomial(*made.free_symbols) if made.free_symbols else not made.is_Integer:
        return False
    return all(n.is_Integer for n in sympy.expand(made).as_coefficients_dict().values())


def _is_beyond(relation: sympy.Ne, order: sympy.Rel) -> bool:
    """Whether two sizes differ because more than the one is at most the other: n x <= y."""
    small, large = order.lhs, order.rhs
    for one, other in ((relation.lhs, relation.rhs), (relation.rhs, relation.lhs)):
        times = sympy.cancel(small / one)
        if other == large and times.is_Integer and times > 1:
            return True
    return False
