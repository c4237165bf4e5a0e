r"""Text that is a command in some medium, and readers of media that find it where it would run.

What is read is the structure of a document, with a reader of its medium: elements and attributes
of HTML and SVG, tokens of Markdown and of TeX, cells of CSV. That of a document with hostile text
must be that of the same document with a word in its place.
"""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

#: A word of no meaning, and what would be a command, a formula, a link, a script, a title of a
#: terminal, text from right to left, a line of its own or an end of text, in one medium or another.
WORD = "zqword"
COMMANDS = (
    r"\input{/etc/passwd}^^5cinput{x}$\write18{x}$\end{document}%&#~_{}",
    "|<img src=x onerror=1>](javascript:x)![a](b)`c` ``` *d* __e__ ~~f~~ <!-- --> <?x ?>",
    "</script><script>x</script></title></style><svg onload=1>\" onload=1 ' onload=1",
    "=cmd|' /C calc'!A0",
    "\x1b]0;title\x07\x1b[31m\x9b31m\x85\u202e\u2066\u2028\r\nnew line\t\x00\x7f",
    "*/ /* // \"\"\" ''' # ${x} {{7*7}} <% raw %> {% raw %} \\\n x",
)
#: The same with what a line or a cell begins with first.
BEGINS = (
    "\uff1dA1",
    "[5pt] ",
    "* ",
    "- ",
    "# ",
    "1. ",
    "@SUM(1)",
    "+A1",
    "-A1",
    "    code",
    "> ",
    "_x",
)
HOSTILE = tuple(f"{WORD} {text}" for text in COMMANDS) + tuple(
    f"{begin}{WORD} {COMMANDS[0]}{COMMANDS[1]}" for begin in BEGINS
)
#: Everything at once, for what is tried once.
ALL = " ".join((COMMANDS[3], WORD, *COMMANDS))

_CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
#: An address in LaTeX, whose signs mean nothing else there.
_URL = re.compile(r"\\url\{[^{}\\^ ]*\}")
_TEX = re.compile(r"\\[A-Za-z]+|\\.|[{}$&#^_~%]|\n[ \t]*(?=\n)", re.DOTALL)
#: Commands that print a sign, and that let text break.
_PRINTS = {
    *(rf"\{sign}" for sign in r"_&%$#{}"),
    *(r"\textbackslash", r"\textasciitilde", r"\textasciicircum", r"\textless", r"\textgreater"),
    *(r"\textbar", r"\textbraceleft", r"\textbraceright", r"\allowbreak", r"\pm", r"\mu"),
}
_EVENT = re.compile("on", re.IGNORECASE)
_NUMBER = re.compile(r"[+-](?:[\d.,]+(?:e[+-]?\d+)?|inf)(?: (?:\+- )?[\w.,/% ]+)?")
_FORM = re.compile(r"-[\w.,+*/() -]+")
#: What is taken literally in Markdown, and its formulas.
_MATH = re.compile(
    r"(?m:^(`{3,})[^\n]*\n.*?\n\1$)|(?<!\\)`([^`\n]*)`"
    r"|\$\$\n(.*?)\n\$\$|(?<!\\)\$(?!\s)((?:\\.|[^$\\])+?)\$",
    re.DOTALL,
)


class _Elements(HTMLParser):
    """Elements with their attributes, their addresses, and the text between them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.found.append(f"{tag} {' '.join(sorted(name for name, _ in attrs))}")
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.found.append("comment")

    def handle_pi(self, data):
        self.found.append("instruction")


def html_structure(text: str) -> list[str]:
    """The elements of HTML or SVG; every address is one of the page, of the web, or a picture."""
    shown(text)
    read = _Elements()
    read.feed(text)
    read.close()
    for address in read.addresses:
        assert address.startswith(("#", "https://", "http://", "data:image/")), address
    return read.found


def html_text(text: str) -> str:
    """What a page of HTML says."""
    read = _Elements()
    read.feed(text)
    read.close()
    return read.text


def markdown_structure(text: str) -> list[str]:
    """The tokens of Markdown without text; formulas are read as TeX, the rest by markdown-it."""
    shown(text)
    found: list[str] = []

    def plain(match):
        formula = match[3] or match[4]
        if formula is None:
            return match[0]
        assert not re.search(r"<[A-Za-z!/?]|\]\(|`", formula), formula
        tex_structure(formula)
        return "formula"

    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for sign in reader.parse(_MATH.sub(plain, text)):
        found.append(f"{sign.type} {sign.tag} {sign.markup.rstrip('`')}")
        if sign.type == "fence" and sign.info == "mermaid":
            _mermaid(sign.content)
        if sign.type == "html_block":
            found += html_structure(sign.content)
        for inner in sign.children or ():
            if inner.type in ("text", "softbreak"):
                continue
            found.append(f"{inner.type} {inner.tag}")
            for address in (inner.attrs[name] for name in ("href", "src") if name in inner.attrs):
                assert str(address).startswith(("#", "https://", "http://", "a.svg")), address
            if inner.type == "html_inline":
                found += html_structure(inner.content)
    rows = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    for table in rows:
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table
    return found


def _mermaid(text: str) -> None:
    for line in text.splitlines()[1:]:
        node = (
            r'    (n\d+|input)(\["|\(\["?|\[\("|\("|\(\(")[^"\[\]{}<>]*("\]|"?\]\)|"\)\]|"\)|"\)\))'
        )
        assert re.fullmatch(rf"{node}|    \w+ --> \w+", line), line


def tex_structure(text: str) -> list[str]:
    """The tokens of TeX that mean something, but those that print a sign; braces are balanced."""
    shown(text)
    found, depth = [], 0
    for sign in _TEX.findall(_URL.sub("", text)):
        if sign in _PRINTS:
            continue
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0, "a brace that closes nothing"
        if sign not in "{}":
            found.append(sign)
    assert depth == 0, "a brace that is open"
    assert found.count("$") % 2 == 0, "mathematics that is open"
    # a sign that prints may be in mathematics: its dollars are no more than those around it
    return [sign for sign in found if sign != "$"]


def shown(text: str) -> None:
    """Nothing in it moves a cursor or turns text."""
    assert not _CONTROL.search(text), repr(_CONTROL.search(text)[0])


def csv_cells(text: str) -> int:
    """The columns of CSV, each row having as many, no cell of which is run."""
    shown(text)
    rows = list(csv.reader(io.StringIO(text)))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        inert(cell)
    return len(rows[0])


def inert(cell: str) -> None:
    """No spreadsheet runs a cell."""
    for part in cell.split(";"):
        if part.lstrip()[:1] in (*"=+-@\uff1d\uff0b\uff0d\uff20",) and part.strip():
            assert _NUMBER.fullmatch(part.strip()) or _FORM.fullmatch(part), cell


def json_text(text: str) -> str:
    """Data, without a character that a terminal would take for a command."""
    assert text.isascii()
    shown(text)
    return json.dumps(json.loads(text), ensure_ascii=False)
