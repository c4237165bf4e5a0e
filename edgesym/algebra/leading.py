"""Closed forms without their terms of lower order, and the terms that were left out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sympy

from edgesym.algebra.polynomial import Monomials, monomials, terms_at_most, total
from edgesym.algebra.tidy import tidy
from edgesym.algebra.vanish import degree
from edgesym.domain import checked
from edgesym.errors import ExpressionError

__all__ = ["Leading", "leading"]

#: Terms of an expression that are compared with one another.
_MOST = 2000


@dataclass(frozen=True, slots=True)
class Leading:
    """A closed form as the terms that lead and those of lower order, whose sum it is."""

    kept: sympy.Expr
    dropped: sympy.Expr


@checked
def leading(expression: sympy.Expr, growing: Collection[sympy.Symbol] = ()) -> Leading:
    """The terms of the highest order.

    As ``growing`` symbols grow together, the others fixed, the terms of the highest degree in them
    lead, and every other one's share of the whole vanishes, for all values of the fixed symbols.
    Without ``growing``, a term is left out if another is the same times extents, which are whole
    numbers: its share vanishes as these grow, whatever the other symbols are.

    >>> from edgesym.symbols import symbol
    >>> H, I, S = (symbol(w) for w in ("hidden", "intermediate", "context"))
    >>> leading(6 * H * I + 10 * H + 4 * H * S)
    Leading(kept=2*H*(3*I + 2*S), dropped=10*H)
    >>> leading(6 * H * I + 10 * H + 4 * H * S, [I])
    Leading(kept=6*H*I, dropped=2*H*(2*S + 5))

    Raises:
        ExpressionError: more terms than can be compared; a leading term that is negative; a
            symbol that grows within a maximum, a rounding or an exponent.
    """
    if terms_at_most(expression) > _MOST:
        raise ExpressionError(f"more than {_MOST} terms are not told apart by their order")
    terms = monomials(expression)
    kept = _highest(terms, growing) if growing else _undominated(terms)
    for term, amount in kept.items():
        if amount < 0:
            raise ExpressionError(
                f"the leading term {amount * term} is negative; orders are those of costs"
            )
    dropped = {term: amount for term, amount in terms.items() if term not in kept}
    return Leading(tidy(total(kept)), tidy(total(dropped)))


def _highest(terms: Monomials, growing: Collection[sympy.Symbol]) -> Monomials:
    """The terms of the highest degree in some symbols together."""
    for term in terms:
        for base, power in term.as_powers_dict().items():
            inside = power if base in growing else base * power
            if inside.free_symbols & set(growing):
                names = ", ".join(sorted(map(str, inside.free_symbols & set(growing))))
                raise ExpressionError(
                    f"{names} grows within {base}; orders are told apart for sums of products of "
                    "powers: name symbols that stand outside of it"
                )
    degrees = {term: degree(term, growing) for term in terms}
    top = max(degrees.values(), default=sympy.S.Zero)
    return {term: amount for term, amount in terms.items() if degrees[term] == top}


def _undominated(terms: Monomials) -> Monomials:
    """The terms that no other is a multiple of by extents."""
    powers = {term: term.as_powers_dict() for term in terms}

    def grows(term: sympy.Expr, other: sympy.Expr) -> bool:
        bases = {*powers[term], *powers[other]} - {sympy.S.One}
        apart = {b: powers[other].get(b, 0) - powers[term].get(b, 0) for b in bases}
        left = {base: power for base, power in apart.items() if power != 0}
        return bool(left) and all(
            base.is_Symbol and base.is_integer and power.is_positive for base, power in left.items()
        )

    return {
        term: amount
        for term, amount in terms.items()
        if not any(grows(term, other) and terms[other] > 0 for other in terms if other != term)
    }
