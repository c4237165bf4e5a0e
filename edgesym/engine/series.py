"""The sum of a geometric series, a function: its fraction is 0/0 where the ratio is 1."""

from __future__ import annotations

from typing import Any

import sympy

__all__ = ["as_fractions", "power_sum"]


class power_sum(sympy.Function):  # type: ignore[misc]  # noqa: N801 - as sympy calls its functions
    """1 + a + a^2 + ... + a^(n - 1) = (1 - a^n) / (1 - a), and n where a is 1.

    >>> power_sum(sympy.Rational(1, 2), 3), power_sum(1, 5), power_sum(0, 5)
    (7/4, 5, 1)
    >>> from edgesym.symbols import symbol
    >>> power_sum(symbol("acceptance"), symbol("draft_tokens") + 1).fraction
    (1 - alpha**(gamma + 1))/(1 - alpha)
    """

    nargs = 2

    @classmethod
    def eval(cls, ratio: sympy.Expr, terms: sympy.Expr) -> sympy.Expr | None:
        """The number where it is one."""
        if ratio == 1:
            return terms
        if ratio == 0:
            return sympy.Integer(1)
        if ratio.is_number and terms.is_number:
            return (1 - ratio**terms) / (1 - ratio)
        return None

    @property
    def fraction(self) -> sympy.Expr:
        """The quotient that it is for every ratio but 1."""
        ratio, terms = self.args
        return (1 - ratio**terms) / (1 - ratio)

    def _sympystr(self, printer: Any) -> str:
        return f"({printer.doprint(self.fraction)})"

    def _eval_is_positive(self) -> Any:
        ratio, terms = self.args
        return True if ratio.is_nonnegative and terms.is_positive else None

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """Its derivatives: by the ratio (S - n a^(n - 1)) / (1 - a), by n -a^n ln a / (1 - a)."""
        ratio, terms = self.args
        if argindex == 1:
            return (self - terms * ratio ** (terms - 1)) / (1 - ratio)
        return -(ratio**terms) * sympy.log(ratio) / (1 - ratio)


def as_fractions(expression: sympy.Expr) -> sympy.Expr:
    """The expression with the fraction of each :class:`power_sum`: equal where no ratio is 1."""
    if not expression.has(power_sum):
        return expression
    return expression.replace(lambda e: isinstance(e, power_sum), lambda e: e.fraction)
