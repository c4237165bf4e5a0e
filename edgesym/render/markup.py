r"""Markup of each medium as a value: what is put into it is escaped, unless it is such markup.

Writers build what they write with ``%`` and ``join`` on literals of :class:`Latex`,
:class:`Markdown` and so on. Text is data: put in, it is escaped for that medium, so that a step
that is forgotten shows a character too many rather than running one. Markup of one medium is text
in another.

>>> Latex(r"\textbf{%s}") % r"\input{x}", Html("<b>%s</b>") % "a<b"
(Latex('\\textbf{\\textbackslash{}input\\{x\\}}'), Html('<b>a&lt;b</b>'))
"""

from __future__ import annotations

import re
from html import escape
from typing import Any, Self

from markupsafe import Markup

from edgesym.plain import clean
from edgesym.render.words import MICRO

__all__ = ["Bibtex", "Html", "Latex", "Markdown", "Medium", "Mermaid"]

_LATEX = str.maketrans(
    {
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
        "\0": r"\allowbreak{}",
    }
)
#: A word longer than a line may be, and the letters after each of which it may break.
_LONG, _BREAKS = re.compile(r"\w{60,}"), re.compile(r"\w{20}(?=\w)")
#: What is markup in Markdown wherever it stands, an underscore at the edge of a word.
_MARKDOWN = re.compile(r"[\\`*|\[\]$~]|(?<![^\W_])_|_(?![^\W_])")
#: What stands for itself in a label of Mermaid.
_NO_WORD = re.compile(r"[^\w .,:+*/()-]")


class Medium(Markup):
    """Text in the language of a medium."""

    __slots__ = ()

    @classmethod
    def escape(cls, s: Any, /) -> Self:
        """What prints in the medium as the text reads; its own markup as it is."""
        return s if isinstance(s, cls) else cls(cls.escaped(clean(str(s))))

    @staticmethod
    def escaped(text: str) -> str:
        """A text that is clean, escaped."""
        raise NotImplementedError


class Latex(Medium):
    r"""LaTeX, of text and of formulas.

    >>> print(Latex.escape("a_b & 5%"), Latex.escape("3.4 +- 0.2 us"))
    a\_b \& 5\% 3.4 $\pm$ 0.2 $\mu$s
    >>> print(Latex.escape("x" * 60).count(r"\allowbreak{}"))
    2
    """

    __slots__ = ()

    @staticmethod
    def escaped(text: str) -> str:
        """Each character that TeX gives a meaning as the command that prints it.

        A word that no line holds may break: a text of a script without spaces is one.
        """
        text = _LONG.sub(lambda word: _BREAKS.sub("\\g<0>\0", word[0]), text)
        return MICRO.sub(r"$\\mu$", text.translate(_LATEX).replace("+-", r"$\pm$"))


class Bibtex(Medium):
    r"""A file of BibTeX, whose fields are LaTeX; braces in text are none that BibTeX counts.

    >>> print(Bibtex.escape("a } b_c"))
    a \textbraceright{} b\_c
    """

    __slots__ = ()

    @staticmethod
    def escaped(text: str) -> str:
        """LaTeX with commands for braces."""
        found = Latex.escaped(text).replace(r"\{", r"\textbraceleft{}")
        return found.replace(r"\}", r"\textbraceright{}")


class Markdown(Medium):
    r"""Markdown, of one line: what begins a block is the concern of who begins a line.

    >>> print(Markdown.escape("a|b <c> $x$ kv_heads _d_"))
    a\|b &lt;c&gt; \$x\$ kv_heads \_d\_
    """

    __slots__ = ()

    @staticmethod
    def escaped(text: str) -> str:
        """Signs behind backslashes, and what would be HTML as entities."""
        flat = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return _MARKDOWN.sub(r"\\\g<0>", flat)


class Html(Medium):
    """HTML, SVG and MathML, within elements and within quoted attributes."""

    __slots__ = ()

    @staticmethod
    def escaped(text: str) -> str:
        """Brackets, ampersands and quotes as entities."""
        return escape(text)


class Mermaid(Medium):
    """A flowchart of Mermaid within Markdown; in labels every sign is an entity code.

    >>> print(Mermaid.escape('scores"]'))
    scores#34;#93;
    """

    __slots__ = ()

    @staticmethod
    def escaped(text: str) -> str:
        """Signs by their numbers (https://mermaid.js.org/syntax/flowchart.html)."""
        return _NO_WORD.sub(lambda found: f"#{ord(found[0])};", text)
