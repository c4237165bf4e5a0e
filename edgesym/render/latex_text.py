"""Text as LaTeX prints it, and where it may break."""

from __future__ import annotations

import re

from edgesym.document.nodes import Formula
from edgesym.line import clean
from edgesym.render.words import MICRO

__all__ = ["branch_latex", "breakable_name", "breakable_text", "escape_latex"]

_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


def escape_latex(text: str) -> str:
    r"""Text as LaTeX prints it.

    >>> escape_latex("a_b & 5%")
    'a\\_b \\& 5\\%'
    >>> escape_latex("3.4 +- 0.2 us")
    '3.4 $\\pm$ 0.2 $\\mu$s'
    """
    escaped = "".join(_LATEX.get(c, c) for c in clean(text))
    return MICRO.sub(r"$\\mu$", escaped.replace("+-", r"$\pm$"))


def breakable_name(text: str) -> str:
    r"""Text with dotted names in it, which may break after their dots and underscores.

    >>> breakable_name("attention.scores in 3.5 ms")
    'attention.\\allowbreak scores in 3.5 ms'
    """
    broken = re.sub(r"\.(?=[^\W\d])", r".\\allowbreak ", escape_latex(text))
    return broken.replace(r"\_", r"\_\allowbreak ")


def breakable_text(text: str) -> str:
    """Text with formulas in it, which may break after its operators and brackets."""
    escaped = escape_latex(text)
    for sign in ("*", "+", "-", "/", "(", ")", "=", r"\_", r"\textbackslash{}", r"\}"):
        escaped = escaped.replace(sign, rf"{sign}\allowbreak{{}}")
    return escaped


def branch_latex(formula: Formula) -> str:
    """What the maxima, minima and roundings of an equation are."""
    from edgesym.document.latex import latex

    return ", ".join(f"${latex(node)} = {latex(taken)}$" for node, taken in formula.branch)
