"""What all media share: how numbers read, and that text from users is only ever text."""

from __future__ import annotations

import re

from edgesym.document.nodes import Amount, Cell, Cite, Code, Imprint, Mark, Math, Notation, Span
from edgesym.plain import clean
from edgesym.units import UNITS, human, human_spread

__all__ = ["MICRO", "amount_text", "imprint_rows", "plain_text", "signs", "spans_of"]

#: The u of a unit that stands for micro.
MICRO = re.compile(r"(?:(?<=\d )|(?<= per ))u(?=[sJW]\b)")


def spans_of(cell: Cell) -> tuple[Span, ...]:
    """The spans of a cell, in order."""
    return cell if isinstance(cell, tuple) else (cell,)


def imprint_rows(imprint: Imprint) -> tuple[tuple[str, Cell], ...]:
    """What an imprint says, with a label for each."""
    rows = (
        ("date", imprint.date),
        ("made by", imprint.maker),
        ("command", Code(imprint.command) if imprint.command else ""),
    )
    return tuple((label, said) for label, said in rows if said)


def signs(text: str, *, unicode: bool) -> str:
    """Plus-minus and micro as the signs that they are, where the encoding has them.

    >>> signs("420 +- 3 us", unicode=True), signs("420 +- 3 us", unicode=False)
    ('420 ± 3 µs', '420 +- 3 us')
    """
    return MICRO.sub("µ", text).replace("+-", "±") if unicode else text


def amount_text(amount: Amount) -> str:
    """A number as it reads, in ASCII.

    >>> amount_text(Amount(0.05559, "s", std=0.00231)), amount_text(Amount(0.972, form=".1%"))
    ('55.6 +- 2.3 ms', '97.2%')
    >>> amount_text(Amount(8, "sequences")), amount_text(Amount(2048, "B", signed=True))
    ('8 sequences', '+2 KiB')
    """
    value, unit = amount.value, amount.unit
    if value is None:
        return ""
    if amount.form in ("digits", "exact"):
        from edgesym.document.numbers import digits, exact

        full = f"{digits(value)} {unit}".removesuffix(" 1")
        text = full if amount.form == "digits" else exact(value, unit)
    elif amount.form:
        exactly = value if isinstance(value, int) else float(value)
        text = f"{format(exactly, amount.form)} {unit}".removesuffix(" 1")
    elif unit not in UNITS:
        number = human(float(value), "1", amount.digits)
        text = f"{number} {unit.removesuffix('s') if number == '1' else unit}"
    elif amount.std:
        text = human_spread(float(value), amount.std, unit)
    else:
        text = human(float(value), unit, amount.digits)
    return f"+{text}" if amount.signed and value > 0 else text


def plain_text(cell: Cell) -> str:
    """A cell as one line of ASCII notation, for CSV and for names.

    >>> plain_text(("at most ", Amount(3, "tokens")))
    'at most 3 tokens'
    """
    return "".join(map(_plain, spans_of(cell)))


def _plain(span: Span) -> str:
    match span:
        case str():
            return clean(span)
        case Amount():
            return amount_text(span)
        case Math(expression):
            from edgesym.document.plain import plain

            return plain(expression)
        case Cite(number, _):
            return f"[{number}]"
        case Notation(text, _) | Code(text) | Mark(text, _):
            return clean(text)
