r"""Text that others wrote as one line that a terminal shows, and no more: messages are made of it.

A message holds names of files, keys and values as they were given. A line break in one would look
like a line of ours, an escape sequence would move the cursor, and a megabyte would hide the rest.
"""

from __future__ import annotations

import re

__all__ = ["LONGEST", "clean", "plain_line"]

#: Characters of a message: about eight lines of a terminal.
LONGEST = 600
#: What a terminal takes as a command or a break: the controls C0 and C1, separators of lines and
#: paragraphs, marks that turn the direction of text, and halves of surrogate pairs.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
#: Terminal sequences: commands with parameters, titles and links, and single characters.
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_BREAK = re.compile(r"[\r\n]\s*")


def clean(text: str) -> str:
    r"""Text as a document holds it: no terminal sequence, a space for what is not printed.

    Not printed are controls, line ends, marks that turn the direction of text, and halves of
    pairs (https://docs.python.org/3/library/stdtypes.html#str.isprintable).

    >>> clean("a\x1b[31mred\x1b]0;title\x07\tb\x00"), clean("a\u202eb\nc")
    ('ared b ', 'a b c')
    """
    if text.isprintable():
        return text
    shown = _SEQUENCE.sub("", text)
    return "".join(c if c.isprintable() else " " for c in shown)


def plain_line(text: str, longest: int = LONGEST) -> str:
    r"""A text in one line without control characters, its middle left out where it is long.

    >>> plain_line("no\nsuch \x1b[31mmodel"), plain_line("x" * 100, 21)
    ('no such \\x1b[31mmodel', 'xxxxxxxx ... xxxxxxxx')

    Args:
        longest: characters of the line at most; from 16 on.
    """
    if len(text) > 2 * longest:  # what stays is all that is looked at
        text = f"{text[:longest]} ... {text[-longest:]}"
    line = _CONTROL.sub(_escaped, _BREAK.sub(" ", text.strip()))
    if len(line) <= longest:
        return line
    kept = (longest - 5) // 2
    return f"{line[:kept]} ... {line[-kept:]}"


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
