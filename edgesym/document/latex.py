"""Closed forms as LaTeX that breaks over lines."""

from __future__ import annotations

import sympy
from sympy.printing.latex import LatexPrinter

from edgesym.engine.series import as_fractions
from edgesym.symbols import latex_names

__all__ = ["latex"]


#: Where lines may break, fractions of more operations than this are written with a slash, and
#: products of more factors may be broken.
_LONGEST_FRACTION, _LONGEST_PRODUCT = 20, 10


class _Printer(LatexPrinter):  # type: ignore[misc]
    """Remainders as ``a bmod b``; parentheses of fixed size, so that TeX may break inside."""

    #: Above this many operations a fraction is written with a slash; below 0: every one.
    longest: int | None = None

    def _print_Mul(self, expr: sympy.Mul) -> str:
        above, below = sympy.fraction(expr)
        operations = max(sympy.count_ops(above), sympy.count_ops(below))
        if self.longest is None or below == 1 or operations <= self.longest:
            return str(super()._print_Mul(expr))
        top, bottom = self._print(above), self._print(below)
        top = f"({top})" if above.is_Add else top
        bottom = f"({bottom})" if below.is_Add or below.is_Mul else bottom
        return rf"{top} / \allowbreak {bottom}"

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


def latex(expression: sympy.Expr, *, breakable: bool = False, inline: bool = False) -> str:
    r"""The expression in LaTeX, with the symbols of the table.

    Args:
        expression: a closed form.
        breakable: whether it stands in a paragraph that TeX may break: long fractions are
            slashes, and a line may end between the factors of long products.
        inline: whether it stands in a line of text or in a table, where fractions are slashes.

    >>> from edgesym.symbols import symbol
    >>> latex(2 * symbol("hidden") * (symbol("intermediate") + symbol("vocab")))
    '2 H (I + V)'
    >>> latex(symbol("hidden") / symbol("heads"), inline=True)
    'H / \\allowbreak A'
    """
    breaks = breakable and (inline or _longest_product(expression) > _LONGEST_PRODUCT)
    settings = {
        "symbol_names": latex_names(expression),
        "mul_symbol": r"\allowbreak " if breaks else None,
    }
    printer = _Printer(settings)
    printer.longest = -1 if inline else _LONGEST_FRACTION if breakable else None
    text = str(printer.doprint(as_fractions(expression)))
    return text.replace(r"\left", "").replace(r"\right", "")


def _longest_product(expression: sympy.Expr) -> int:
    """The most factors that stand behind one another."""
    return max((len(product.args) for product in expression.atoms(sympy.Mul)), default=0)
