r"""Text that others wrote as one line that a terminal shows, and no more: messages are made of it.

A message holds names of files, keys and values as they were given. A line break in one would look
like a line of ours, an escape sequence would move the cursor, and a megabyte would hide the rest.
"""

from __future__ import annotations

import re
import reprlib
from fractions import Fraction
from typing import Any

__all__ = ["LONGEST", "clean", "control_in", "plain_line", "shown"]

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
#: Characters of a value that an error shows, and entries of a list or a table.
_SHOWN, _ENTRIES = 60, 3


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


def control_in(text: str) -> str:
    r"""The first control character of a text, other than a tab or a line end; empty without one.

    >>> control_in("a\tb\n"), control_in("a\x1b[31m")
    ('', '\x1b')
    """
    if text.isprintable():
        return ""
    return next((found[0] for found in _CONTROL.finditer(text) if found[0] not in "\t\n"), "")


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


class _Short(reprlib.Repr):
    """Values as Python writes them, with their middle or their end left out."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = _SHOWN
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = _ENTRIES

    def repr_int(self, value: int, level: int) -> str:
        """A whole number; one of more digits than Python writes in words."""
        try:
            return super().repr_int(value, level)
        except ValueError:  # an integer of more digits than Python writes is shown in words
            return "a number of thousands of digits"

    def repr_Fraction(self, value: Fraction, level: int) -> str:
        """A fraction, as the double that is nearest."""
        try:
            return self.repr1(float(value), level)
        except OverflowError:  # a fraction beyond all doubles is shown in words
            return "a number beyond all doubles"

    def repr_instance(self, value: Any, level: int) -> str:
        """Anything else; what cannot show itself by its type."""
        try:
            repr(value)
        except Exception:  # noqa: BLE001 - what cannot show itself is named by its type
            return f"a {type(value).__name__}"
        return super().repr_instance(value, level)


_SHORT = _Short()


def shown(value: Any) -> str:
    r"""A value as errors show it: as Python writes it, short, in one line without controls.

    >>> shown("a\x1bb"), shown(10**5000), shown([1, 2, 3, 4])
    ("'a\\x1bb'", 'a number of thousands of digits', '[1, 2, 3, ...]')
    """
    return plain_line(_SHORT.repr(value))
