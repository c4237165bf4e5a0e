"""Text in cells of files that spreadsheets open, which take some of it for formulas."""

from __future__ import annotations

import re

from edgesym.plain import clean

__all__ = ["cell_text", "formula_text"]

#: What a spreadsheet begins a formula with (https://owasp.org/www-community/attacks/CSV_Injection),
#: the signs of full width that keyboards of East Asia write among them.
_BEGINS = "=+-@\uff1d\uff0b\uff0d\uff20"
#: A number with a sign, and its unit: it stays one.
_NUMBER = re.compile(r"[+-](?:[\d.,]+(?:e[+-]?\d+)?|inf)(?: (?:\+- )?[\w.,/% ]+)?", re.IGNORECASE)
#: A closed form that begins with a sign: letters, numbers and operators.
_FORM = re.compile(r"-[\w.,+*/() -]+")


def cell_text(text: str) -> str:
    """A text as a cell that no spreadsheet runs: what would be a formula is behind a quote.

    Also what follows a semicolon, which parts cells where a comma is in numbers.

    >>> cell_text("=1+1"), cell_text("-5"), cell_text("+2 KiB"), cell_text("-A1+B1")
    ("'=1+1", '-5', '+2 KiB', "'-A1+B1")
    """
    return ";".join(map(_inert, clean(text).split(";")))


def formula_text(text: str) -> str:
    """A closed form as a cell: letters, numbers and operators stay, whatever they begin with.

    >>> formula_text("-2*H"), formula_text("=H")
    ('-2*H', "'=H")
    """
    return text if _FORM.fullmatch(text) else cell_text(text)


def _inert(text: str) -> str:
    runs = text.lstrip()[:1] in _BEGINS and text.strip() and not _NUMBER.fullmatch(text.strip())
    return f"'{text}" if runs else text
