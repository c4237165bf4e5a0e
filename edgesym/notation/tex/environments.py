"""The environments and commands of a paper's source, as data.

They are those of LaTeX, amsmath, breqn, listings, fancyvrb and siunitx (The LaTeX Companion,
3rd ed., chapters 3, 4, 6 and 11).
"""

from __future__ import annotations

__all__ = [
    "CONTINUING",
    "DISPLAYS",
    "DROPPED",
    "HEADINGS",
    "INNER",
    "INPUTS",
    "ITEMS",
    "PREDEFINED",
    "ROWS",
    "SHOWN",
    "TABLES",
    "UNREAD",
    "VERBATIM",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Displays whose rows are equations of their own, unless one goes on from the row before.
ROWS = _words("align alignat flalign xalignat gather eqnarray dgroup")
#: Displays that are one equation, whatever the rows.
_ONE = _words("equation multline displaymath math dmath")
#: All displays, with their starred forms.
DISPLAYS = frozenset(f"{name}{star}" for name in ROWS | _ONE for star in ("", "*"))
#: Environments within a display whose rows are equations as in ``align``.
INNER = _words("aligned alignedat gathered split multlined subarray")
#: Environments within a display that are one equation in several rows.
CONTINUING = _words("split multlined")
#: Environments of which nothing is read, and in which no command is one.
VERBATIM = _words(
    "verbatim verbatim* Verbatim BVerbatim LVerbatim lstlisting minted comment filecontents"
    " filecontents* alltt luacode"
)
#: Environments in which nothing is said of symbols: pictures, and lists of references.
UNREAD = _words("tikzpicture pgfpicture picture thebibliography forest axis")
TABLES = _words("tabular tabular* tabularx tabulary longtable array tblr")
ITEMS = _words("itemize enumerate description compactitem inparaenum")
#: Commands that head what follows, with their depth.
HEADINGS = {
    "part": 0,
    "chapter": 0,
    "section": 1,
    "subsection": 2,
    "subsubsection": 3,
    "paragraph": 4,
    "subparagraph": 5,
}
#: Commands that read another file, with the number of their arguments.
INPUTS = {"input": 1, "include": 1, "subfile": 1, "import": 2, "subimport": 2}
#: Commands whose groups are no words of the text: the command and how many of them.
DROPPED = {
    **dict.fromkeys(
        _words(
            "cite citep citet citeauthor citeyear parencite textcite autocite label ref eqref"
            " autoref cref Cref pageref vspace hspace vskip hskip includegraphics bibliography"
            " bibliographystyle usepackage documentclass pagestyle thispagestyle url nocite"
            " setlength addtolength setcounter addtocounter multirow cmidrule cline date author"
            " affiliation email address thanks hypersetup captionsetup geometry graphicspath"
        ),
        1,
    ),
    "href": 1,
    "multicolumn": 2,
    "setlength": 2,
    "addtolength": 2,
    "setcounter": 2,
    "addtocounter": 2,
    "textcolor": 1,
    "color": 1,
    "multirow": 2,
    "resizebox": 2,
    "scalebox": 1,
}
#: Commands of the prose that stand for a character.
SHOWN = {
    "%": "%",
    "&": "&",
    "#": "#",
    "_": "_",
    "$": "$",
    "{": "{",
    "}": "}",
    "-": "",
    "/": "",
    " ": " ",
    ",": " ",
    ";": " ",
    "quad": " ",
    "qquad": " ",
    "dots": "...",
    "ldots": "...",
    "textendash": "-",
    "textemdash": "-",
    "newline": " ",
    "par": "\n\n",
    "\\": " ",
    "times": "x",
}
#: Macros that every paper has: name -> arguments, body.
PREDEFINED = {
    "texorpdfstring": (2, "#1"),
    "num": (1, "#1"),
    "SI": (2, r"#1\,\text{#2}"),
    "qty": (2, r"#1\,\text{#2}"),
    "xspace": (0, ""),
    "abs": (1, r"\lvert #1 \rvert"),
    "texttrademark": (0, ""),
}
