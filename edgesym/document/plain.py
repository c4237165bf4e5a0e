"""Closed forms as plain text, in the notation that formulas in files are written in."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.str import StrPrinter

from edgesym.domain import checked
from edgesym.engine.series import as_fractions
from edgesym.plain import clean

__all__ = ["plain"]

_NAMES = {"Max": "max", "Min": "min", "Mod": "mod", "floor": "floor", "ceiling": "ceil"}


class _Printer(StrPrinter):  # type: ignore[misc]
    """Functions under their short names."""

    def _function(self, expr: sympy.Expr) -> str:
        arguments = ", ".join(self._print(a) for a in expr.args)
        return f"{_NAMES[type(expr).__name__]}({arguments})"

    _print_Max = _print_Min = _print_Mod = _print_floor = _print_ceiling = _function  # noqa: N815

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        return clean(expr.name)

    def _print_Mul(self, expr: sympy.Mul) -> Any:
        """A product that sympy was kept from multiplying out is printed as it stands."""
        if expr.args and expr.args[0].is_Number and any(a.is_Add for a in expr.args[1:]):
            number, *rest = expr.args
            if len(rest) == 1:
                return f"{self._print(number)}*({self._print(rest[0])})"
        return super()._print_Mul(expr)


@checked
def plain(expression: sympy.Expr) -> str:
    """The expression as text.

    >>> from edgesym.symbols import symbol
    >>> plain(2 * symbol("layers") * sympy.Min(symbol("context"), symbol("window")))
    '2*L*min(S, W)'
    """
    return str(_Printer({"order": None}).doprint(as_fractions(expression)))
