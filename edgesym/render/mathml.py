"""Closed forms as MathML, which browsers show without a library."""

from __future__ import annotations

import sympy
from sympy.printing.mathml import MathMLPresentationPrinter

from edgesym.engine.series import as_fractions

__all__ = ["mathml"]


def mathml(expression: sympy.Basic) -> str:
    """An expression as a ``math`` element.

    >>> from edgesym.symbols import symbol
    >>> mathml(symbol("hidden") ** 2)
    '<math><msup><mi>H</mi><mn>2</mn></msup></math>'
    """
    body = MathMLPresentationPrinter().doprint(as_fractions(expression))
    return f"<math>{body}</math>"
