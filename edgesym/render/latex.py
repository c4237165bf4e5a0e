"""Closed forms as LaTeX that breaks over lines."""

from __future__ import annotations

import sympy
from sympy.printing.latex import LatexPrinter

from edgesym.symbols import latex_names

__all__ = ["latex"]


#: Above this many operations a fraction is written with a slash, where TeX may break it.
_LONGEST_FRACTION = 20


class _Printer(LatexPrinter):  # type: ignore[misc]
    """Remainders as ``a bmod b``; parentheses of fixed size, so that TeX may break inside."""

    #: Whether long fractions are written with a slash.
    slanted = False

    def _print_Mul(self, expr: sympy.Mul) -> str:
        above, below = sympy.fraction(expr)
        longest = max(sympy.count_ops(above), sympy.count_ops(below))
        if not self.slanted or below == 1 or longest <= _LONGEST_FRACTION:
            return str(super()._print_Mul(expr))
        return rf"{self._atomic(above)} / \allowbreak {self._atomic(below)}"

    def _atomic(self, expr: sympy.Expr) -> str:
        return f"({self._print(expr)})" if expr.is_Add or expr.is_Mul else str(self._print(expr))

    def _needs_mul_brackets(
        self, expr: sympy.Expr, *, first: bool = False, last: bool = False
    ) -> bool:
        """A remainder brings its own brackets, and what holds one needs no more than a sum."""
        if expr.has(sympy.Mod):
            return bool(expr.is_Add)
        return bool(super()._needs_mul_brackets(expr, first=first, last=last))

    def _needs_add_brackets(self, expr: sympy.Expr) -> bool:
        return bool(expr.is_Add)

    def _print_Mod(self, expr: sympy.Mod, exp: str | None = None) -> str:
        text = rf"({self._print(expr.args[0])} \bmod {self._print(expr.args[1])})"
        return f"{text}^{{{exp}}}" if exp else text


def latex(expression: sympy.Expr, *, breakable: bool = False) -> str:
    r"""The expression in LaTeX, with the symbols of the table.

    Args:
        expression: a closed form.
        breakable: whether TeX may also break between the factors of a product.

    >>> from edgesym.symbols import symbol
    >>> latex(2 * symbol("hidden") * (symbol("intermediate") + symbol("vocab")))
    '2 H (I + V)'
    """
    settings = {
        "symbol_names": latex_names(expression),
        "mul_symbol": r"\allowbreak " if breakable else None,
    }
    printer = _Printer(settings)
    printer.slanted = breakable
    text = str(printer.doprint(expression))
    return text.replace(r"\left", "").replace(r"\right", "")
