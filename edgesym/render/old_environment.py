"""The template environments: sandboxed, strict, with the filters that templates use."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from importlib import resources
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from edgesym.render.latex import latex
from edgesym.render.tables import render_table

__all__ = ["environment", "escape_latex", "escape_markdown"]

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
}
_LATEX_DELIMITERS = {
    "block_start_string": "<%",
    "block_end_string": "%>",
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "comment_start_string": "<#",
    "comment_end_string": "#>",
}


def escape_latex(text: str) -> str:
    r"""Text as LaTeX prints it.

    >>> escape_latex("a_b & 5%")
    'a\\_b \\& 5\\%'
    >>> escape_latex("3.4 +- 0.2 s")
    '3.4 $\\pm$ 0.2 s'
    """
    escaped = "".join(_LATEX.get(c, c) if c.isprintable() else " " for c in text)
    return escaped.replace("+-", r"$\pm$")


def escape_markdown(text: str) -> str:
    r"""Text as Markdown prints it.

    >>> escape_markdown("a|b <c>")
    'a\\|b &lt;c&gt;'
    """
    flat = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*|\[\]])", r"\\\1", flat)


def _prose(escape: Callable[[str], str], text: str) -> str:
    """Text with formulas between dollars in it: what is outside of them, escaped."""
    pieces = text.split("$")
    return "$".join(piece if i % 2 else escape(piece) for i, piece in enumerate(pieces))


def _breakable_name(text: str) -> str:
    """A dotted name as LaTeX that may break after its dots and underscores."""
    broken = escape_latex(text).replace(".", r".\allowbreak ")
    return broken.replace(r"\_", r"\_\allowbreak ")


def _breakable_text(text: str) -> str:
    """Text with formulas in it as LaTeX that may break after its operators and brackets."""
    escaped = escape_latex(text)
    for sign in ("*", "+", "-", "/", "(", ")", "=", r"\_", r"\textbackslash{}", r"\}"):
        escaped = escaped.replace(sign, rf"{sign}\allowbreak{{}}")
    return escaped


def _number(value: float | Fraction | None) -> str:
    """A whole number with separators, another one in decimals, and nothing for None."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{float(value):g}"


def _template(name: str) -> str:
    return resources.files("edgesym.templates").joinpath(name).read_text(encoding="utf-8")


def environment(style: str) -> ImmutableSandboxedEnvironment:
    """The environment for ``markdown`` or ``latex``.

    LaTeX templates write blocks as ``<% %>`` and values as ``<< >>``, since braces
    and percent signs are TeX's own.
    """
    delimiters: dict[str, Any] = _LATEX_DELIMITERS if style == "latex" else {}
    made = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(_template),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        **delimiters,
    )
    filters: dict[str, Callable[..., Any]] = {
        "text": escape_latex if style == "latex" else escape_markdown,
        "prose": partial(_prose, escape_latex if style == "latex" else escape_markdown),
        "name": _breakable_name,
        "breakable": _breakable_text,
        "math": partial(latex, breakable=True) if style == "latex" else latex,
        "inline": partial(latex, breakable=True, inline=True) if style == "latex" else latex,
        "number": _number,
        "table": render_table,
    }
    made.filters.update(filters)
    return made
