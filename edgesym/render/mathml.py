"""Closed forms as MathML, which browsers show without a library."""

from __future__ import annotations

import re
from typing import Any

import sympy
from sympy.printing.mathml import MathMLPresentationPrinter

from edgesym.engine.series import as_fractions
from edgesym.plain import clean
from edgesym.render.markup import Html
from edgesym.symbols import in_table

__all__ = ["MARK", "mathml"]

#: Attribute of what a symbol is written as, which says which one it is.
MARK = "data-symbol"
#: Names without a sign that XML gives a meaning.
_PLAIN = re.compile(r"[\w.{}-]+")


class _Printer(MathMLPresentationPrinter):  # type: ignore[misc]
    """Writes names as text: sympy takes every one for XML."""

    def _print_Symbol(self, sym: sympy.Symbol, style: str = "plain") -> Any:
        if _PLAIN.fullmatch(sym.name):
            return super()._print_Symbol(sym, style=style)
        return self._named(sym)

    def _named(self, sym: sympy.Symbol) -> Any:
        """A symbol as its name in full."""
        element = self.dom.createElement("mi")
        element.appendChild(self.dom.createTextNode(Html.escape(sym.name)))
        return element


class _Marking(_Printer):
    """Writes symbols so that what reads the result can tell them apart."""

    def _print_Symbol(self, sym: sympy.Symbol, style: str = "plain") -> Any:
        if len(sym.name.partition("_")[0]) > 1 and not in_table(sym):
            element = self._named(sym)  # such as that of a quantity
        else:
            element = super()._print_Symbol(sym, style=style)
        element.setAttribute(MARK, clean(sym.name))
        return element


def mathml(expression: sympy.Basic, *, marked: bool = False) -> Html:
    """An expression as a ``math`` element.

    Args:
        marked: whether each symbol says in the attribute :data:`MARK` which one it is.

    >>> from edgesym.symbols import symbol
    >>> print(mathml(symbol("hidden") ** 2))
    <math><msup><mi>H</mi><mn>2</mn></msup></math>
    >>> print(mathml(symbol("hidden"), marked=True))
    <math><mi data-symbol="H">H</mi></math>
    """
    printer = _Marking() if marked else _Printer()
    body = printer.doprint(as_fractions(expression))
    return Html("<math>%s</math>") % Html(body)  # noqa: S704 - a tree of elements, as XML
