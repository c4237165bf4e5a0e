"""The one printed number that, changed, would make a claim exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy

from edgesym.algebra.polynomial import monomials

__all__ = ["Repair", "find_repair"]

_MOST_NUMBERS = 24


@dataclass(frozen=True, slots=True)
class Repair:
    """A printed number and what it should be.

    Attributes:
        printed: the number.
        term: the product it stands in.
        right: the number that makes the claim exact.
    """

    printed: sympy.Rational
    term: sympy.Expr
    right: sympy.Rational

    @property
    def words(self) -> str:
        """One line."""
        rest = self.term / self.printed if self.term.is_Mul else self.term
        where = f" in {self.term}" if rest != 1 and self.term != self.printed else ""
        return f"{self.right} in place of {self.printed}{where}"


def find_repair(
    printed: sympy.Expr, bound: Callable[[sympy.Expr], sympy.Expr], ours: sympy.Expr
) -> Repair | None:
    """The first number of ``printed`` that another number makes equal to ``ours``, or None.

    Args:
        printed: the equation over the names of the text.
        bound: what brings such an expression to the symbols of ``ours``.

    >>> from edgesym.symbols import symbol
    >>> H, I = symbol("hidden"), symbol("intermediate")
    >>> find_repair(6 * H**2 + 4 * H * I, lambda e: e, 8 * H**2 + 4 * H * I).words
    '8 in place of 6 in 6*H**2'
    """
    unknown = sympy.Dummy("number", positive=True)
    for tried, (number, term, changed) in enumerate(_numbers(printed, unknown)):
        if tried >= _MOST_NUMBERS:
            return None
        right = _solved(bound(changed) - ours, unknown)
        if right is not None and right != number:
            return Repair(number, term, right)
    return None


def _numbers(
    node: sympy.Expr, unknown: sympy.Dummy
) -> Iterator[tuple[sympy.Rational, sympy.Expr, sympy.Expr]]:
    """Each number of an expression, the product it stands in, and the expression without it."""
    if node.is_Rational:
        yield node, node, unknown
        return
    if not node.args or isinstance(node, sympy.Sum):
        return
    arguments = node.args[:1] if node.is_Pow else node.args
    for index, argument in enumerate(arguments):
        for number, term, changed in _numbers(argument, unknown):
            rest = list(node.args)
            rest[index] = changed
            own = node if node.is_Mul and argument.is_Rational else term
            yield number, own, node.func(*rest)
    if node.is_Add or (node.is_Mul and not any(a.is_Rational for a in node.args)):
        bare = node.args if node.is_Add else ()
        for index, argument in enumerate(bare):
            if not any(a.is_Rational for a in sympy.Mul.make_args(argument)):
                rest = list(node.args)
                rest[index] = unknown * argument
                yield sympy.S.One, argument, node.func(*rest)


def _solved(difference: sympy.Expr, unknown: sympy.Dummy) -> sympy.Rational | None:
    """The positive number at which a difference vanishes, if it is linear in it."""
    slope: dict[sympy.Expr, sympy.Rational] = {}
    fixed: dict[sympy.Expr, sympy.Rational] = {}
    for monomial, amount in monomials(difference).items():
        powers = monomial.as_powers_dict()
        power = powers.get(unknown, 0)
        if power not in (0, 1) or (monomial / unknown**power).has(unknown):
            return None
        (slope if power else fixed)[monomial / unknown**power] = amount
    if not slope or set(slope) != set(fixed):
        return None
    rights = {-fixed[monomial] / amount for monomial, amount in slope.items()}
    right = rights.pop()
    return right if not rights and right > 0 else None
