"""Closed forms as MathML, which browsers show without a library."""

from __future__ import annotations

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


class _Marking(MathMLPresentationPrinter):  # type: ignore[misc]
    """Writes symbols so that what reads the result can tell them apart."""

    def _print_Symbol(self, sym: sympy.Symbol, style: str = "plain") -> Any:
        if len(sym.name.partition("_")[0]) > 1 and not in_table(sym):
            element = self.dom.createElement("mi")  # a name in full, such as that of a quantity
            element.appendChild(self.dom.createTextNode(sym.name))
        else:
            element = super()._print_Symbol(sym, style=style)
        element.setAttribute(MARK, sym.name)
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
    printer = _Marking() if marked else MathMLPresentationPrinter()
    body = clean(printer.doprint(as_fractions(expression)))
    return Html("<math>%s</math>") % Html(body)  # noqa: S704 - a tree of elements, as XML
