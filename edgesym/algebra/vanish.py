"""Proof that a share of a whole vanishes as symbols grow, whatever the other symbols are.

Both are sums of products of powers of positive symbols. As some symbols grow together, the terms
of the highest degree in them lead. If those of the whole have positive coefficients, their sum is
positive for all values of the other symbols; if every term of the share is of a lower degree, the
share is at most of the order of 1/(what grows), for each value of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import sympy

from edgesym.algebra.polynomial import Monomials, monomials, total

__all__ = ["Vanishing", "vanishing"]

#: Symbols beyond it are not tried in pairs.
_MOST_PAIRED = 12


@dataclass(frozen=True, slots=True)
class Vanishing:
    """That a share of a whole vanishes.

    Attributes:
        growing: the symbols that grow together.
        order: the share to leading order, where the leading terms of the whole are one term;
            otherwise the leading terms of the share over those of the whole.
        gap: by how many degrees the share is of lower order.
    """

    growing: tuple[sympy.Symbol, ...]
    order: sympy.Expr
    gap: int

    def words(self, lettered: Callable[[sympy.Expr], sympy.Expr] = lambda e: e) -> str:
        """What is proved, with symbols as somebody writes them."""
        grown = " and ".join(str(lettered(s)) for s in self.growing)
        verb = "grow" if len(self.growing) > 1 else "grows"
        return (
            f"its share vanishes as {grown} {verb}, for all values of the others "
            f"({lettered(self.order)} to leading order)"
        )


def vanishing(
    share: sympy.Expr, whole: sympy.Expr, growing: Sequence[sympy.Symbol]
) -> Vanishing | None:
    """The first of some symbols, or pair of them, with whose growth share/whole vanishes.

    Args:
        share: what is left out.
        whole: what it is a share of.
        growing: symbols that may grow, the most natural first.

    >>> from sympy.abc import H, L, S
    >>> vanishing(4 * H * L * S, 24 * H**2 * L + 4 * H * L * S, (L, S, H)).growing
    (H,)
    >>> vanishing(H * L, 24 * H**2 * L, (L, H)).order
    1/(24*H)
    """
    above, below = monomials(share), monomials(whole)
    if not above or not below:
        return None
    within = [s for s in growing if any(m.has(s) for m in (*above, *below))]
    singles = [(s,) for s in within]
    pairs = combinations(within[:_MOST_PAIRED], 2)
    for together in (*singles, *pairs):
        if not _powers_only(together, above, below):
            continue
        top = max(degree(m, together) for m in below)
        most = max(degree(m, together) for m in above)
        leading = {m: a for m, a in below.items() if degree(m, together) == top}
        if most < top and all(a > 0 for a in leading.values()):
            kept = {m: a for m, a in above.items() if degree(m, together) == most}
            return Vanishing(together, _over(kept, leading), int(top - most))
    return None


def degree(monomial: sympy.Expr, symbols: Iterable[sympy.Symbol]) -> sympy.Rational:
    """The total power of some symbols in a product of powers."""
    powers = monomial.as_powers_dict()
    return sum((powers.get(s, sympy.S.Zero) for s in symbols), sympy.S.Zero)


def _over(kept: Monomials, leading: Monomials) -> sympy.Expr:
    if len(leading) == 1:
        below = total(leading)
        return sympy.Add(*(a * m / below for m, a in kept.items()))
    return total(kept) / total(leading)


def _powers_only(symbols: tuple[sympy.Symbol, ...], *sums: Mapping[sympy.Expr, object]) -> bool:
    """Whether the symbols stand nowhere but as bases of rational powers."""
    for terms in sums:
        for monomial in terms:
            for base, power in monomial.as_powers_dict().items():
                if base in symbols:
                    if not power.is_Rational:
                        return False
                elif any(base.has(s) or power.has(s) for s in symbols):
                    return False
    return True
