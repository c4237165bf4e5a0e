"""Closed forms as LaTeX that breaks over lines."""

from __future__ import annotations

import sympy
from sympy.printing.latex import LatexPrinter

from edgesym.domain import checked
from edgesym.engine.series import as_fractions
from edgesym.symbols import latex_names

__all__ = ["latex"]


class _Printer(LatexPrinter):  # type: ignore[misc]
    """Remainders as ``a bmod b``; parentheses of fixed size, so that a line may end inside."""

    #: Whether fractions are written with a slash.
    flat = False

    def _print_Mul(self, expr: sympy.Mul) -> str:
        above, below = sympy.fraction(expr)
        if not self.flat or below == 1:
            return str(super()._print_Mul(expr))
        top, bottom = self._print(above), self._print(below)
        top = f"({top})" if above.is_Add else top
        bottom = f"({bottom})" if below.is_Add or below.is_Mul else bottom
        return rf"{top} / \allowbreak {bottom}"

    def _print_floor(self, expr: sympy.floor, exp: str | None = None) -> str:
        text = rf"\lfloor {self._print(expr.args[0])} \rfloor"
        return f"{text}^{{{exp}}}" if exp else text

    def _print_ceiling(self, expr: sympy.ceiling, exp: str | None = None) -> str:
        text = rf"\lceil {self._print(expr.args[0])} \rceil"
        return f"{text}^{{{exp}}}" if exp else text

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
        value, by = (self._print(each) for each in expr.args)
        # a sign in front would be that of the remainder
        value = rf"({value})" if expr.args[0].is_Add or value.startswith("-") else value
        by = rf"({by})" if expr.args[1].is_Add or expr.args[1].is_Mul else by
        text = rf"({value} \bmod {by})"
        return f"{text}^{{{exp}}}" if exp else text


@checked
def latex(expression: sympy.Expr, *, inline: bool = False) -> str:
    r"""The expression in LaTeX, with the symbols of the table.

    Args:
        expression: a closed form.
        inline: whether it stands in a line of text, in a table, or on a line that is too narrow
            for it: fractions are slashes, and roots are powers.

    >>> from edgesym.symbols import symbol
    >>> latex(2 * symbol("hidden") * (symbol("intermediate") + symbol("vocab")))
    '2 H (I + V)'
    >>> latex(symbol("hidden") / symbol("heads"), inline=True)
    'H / \\allowbreak A'
    """
    settings = {
        "symbol_names": latex_names(expression),
        "root_notation": not inline,
        "fold_frac_powers": inline,
    }
    printer = _Printer(settings)
    printer.flat = inline
    text = str(printer.doprint(as_fractions(expression)))
    return text.replace(r"\left", "").replace(r"\right", "")
