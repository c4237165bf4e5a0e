"""Text from elsewhere as a line of text: nothing in it moves a cursor, and it ends."""

from __future__ import annotations

import re

__all__ = ["clean", "one_line"]

#: Terminal sequences: commands with parameters, titles and links, and single characters.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
#: Characters of a line that a person reads, and what stands for those left out.
_LONGEST, _CUT = 2000, " ... "


def clean(text: str) -> str:
    r"""Text without terminal sequences, its other unprintable characters as spaces.

    Unprintable are controls, line ends, what turns the direction of writing, and halves of
    characters (https://docs.python.org/3/library/stdtypes.html#str.isprintable).

    >>> clean("a\x1b[31mred\x1b]0;title\x07\tb\x00"), clean("a\u202eb\nc")
    ('ared b ', 'a b c')
    """
    if text.isprintable():
        return text
    flat = _ESCAPES.sub("", text)
    return "".join(c if c.isprintable() else " " for c in flat)


def one_line(text: str, longest: int = _LONGEST) -> str:
    r"""What a program says in a line: cleaned, its lines joined by blanks, bounded.

    Args:
        text: it.
        longest: characters of it; of a longer one the beginning and the end are kept.

    >>> one_line("a\n  b"), one_line("abcdefghijklmnop", 9)
    ('a b', 'ab ... op')
    """
    flat = clean(" ".join(map(str.strip, text.splitlines()))).strip()
    if len(flat) <= longest:
        return flat
    half = (longest - len(_CUT)) // 2
    return f"{flat[:half]}{_CUT}{flat[-half:]}"
