"""Text and formulas as LaTeX: where text may break, and what a line may begin with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgesym.document.nodes import Formula
from edgesym.render.markup import Latex

if TYPE_CHECKING:
    import sympy

__all__ = [
    "address_latex",
    "branch_latex",
    "breakable_name",
    "breakable_text",
    "formula_latex",
    "guarded",
]

#: Behind what text with formulas in it may break.
_ENDS = ("*", "+", "-", "/", "(", ")", "=", r"\_", r"\textbackslash{}", r"\}")
#: What no address has (RFC 3986).
_NO_ADDRESS = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")


def address_latex(address: str) -> Latex:
    r"""An address that can be followed; ``\url`` takes every character of one as it is.

    >>> print(address_latex("https://a.org/b_c}"))
    \url{https://a.org/b_c}
    """
    return Latex(r"\url{%s}") % Latex(_NO_ADDRESS.sub("", address))  # noqa: S704 - none is TeX's


def breakable_name(text: str) -> Latex:
    r"""Text with dotted names in it, which may break after their dots and underscores.

    >>> print(breakable_name("attention.scores in 3.5 ms"))
    attention.\allowbreak scores in 3.5 ms
    """
    broken = re.sub(r"\.(?=[^\W\d])", r".\\allowbreak ", Latex.escape(text))
    return Latex(broken.replace(r"\_", r"\_\allowbreak "))  # noqa: S704 - of escaped text


def breakable_text(text: str) -> Latex:
    """Text with formulas in it, which may break after its operators and brackets."""
    escaped = str(Latex.escape(text))
    for sign in _ENDS:
        escaped = escaped.replace(sign, rf"{sign}\allowbreak{{}}")
    return Latex(escaped)  # noqa: S704 - of escaped text


def formula_latex(expression: sympy.Basic, *, inline: bool = False) -> Latex:
    """An expression, without dollars; see :func:`edgesym.document.latex.latex`."""
    from edgesym.document.latex import latex

    return Latex(latex(expression, inline=inline))  # noqa: S704 - names are words


def branch_latex(formula: Formula) -> Latex:
    """What the maxima, minima and roundings of an equation are."""
    pairs = ((formula_latex(node), formula_latex(taken)) for node, taken in formula.branch)
    return Latex(", ").join(Latex("$%s = %s$") % pair for pair in pairs)


def guarded(line: Latex) -> Latex:
    r"""A line behind ``\\``, a rule of a table or ``\item``, which would take a bracket for theirs.

    >>> print(guarded(Latex("[a]")), guarded(Latex("a")))
    {}[a] a
    """
    return Latex("{}%s") % line if line.lstrip()[:1] in ("[", "*") else line
