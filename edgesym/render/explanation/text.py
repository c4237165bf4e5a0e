"""An explanation as plain text, for a colleague who recomputes the number by hand."""

from __future__ import annotations

import textwrap
from typing import Any

from edgesym.analysis.explanation.explain import Explanation, Link
from edgesym.render.explanation.terms import term_table
from edgesym.render.explanation.wording import (
    choices,
    definition_of,
    headline,
    letters_of,
    moment,
    symbol_table,
    with_numbers,
)
from edgesym.render.substitute import exact
from edgesym.render.tables import render_table

__all__ = ["explanation_text"]

_WIDTH = 100
#: Formulas with more characters do not stand in a table.
_IN_TABLE = 40


def explanation_text(found: Explanation) -> str:
    """The explanation as plain text; formulas and sentences are wrapped at 100 columns."""
    numbers = letters_of(found)
    lines = [headline(found), *_wrapped(found.setup.describe())]
    for link in found.chain:
        lines += ["", *_link_text(link, numbers)]
    headers, rows = symbol_table(found)
    if rows:
        table = render_table(headers, rows).splitlines()
        lines += ["", "symbols", *(f"  {line}" for line in table)]
    for row in found.symbols:
        if row.condition:
            lines += _wrapped(f"{row.symbol}: {row.condition}", "  ", "       ")
    lines += ["", "how it is counted"]
    for choice in choices(found):
        lines += _wrapped(f"- {choice}", "  ", "    ")
    if found.sources:
        lines += ["", "sources"]
    for index, source in enumerate(found.sources, 1):
        lines += _wrapped(f"[{index}] {source}", "  ", "      ")
    return "\n".join(lines)


def _link_text(link: Link, numbers: dict[str, Any]) -> list[str]:
    lines = _wrapped(f"{link.quantity.name}: {link.quantity.meaning}", "", "  ")
    for side in filter(None, (definition_of(link), with_numbers(link, numbers))):
        lines += _wrapped(side, "  = ", "      ")
    lines += [f"  = {exact(link.value, link.quantity.unit)}"]
    return [*lines, "", *_terms_text(link)] if link.terms else lines


def _terms_text(link: Link) -> list[str]:
    table = term_table(link, _IN_TABLE)
    head, rule, *lines = render_table(table.headers, [*table.rows, table.total]).splitlines()
    shown = [head, rule]
    for line, notes in zip(lines, [*table.notes, []], strict=True):
        shown += [line, *(part for note in notes for part in _wrapped(note, "    ", "      "))]
    shown.insert(-1, rule)
    above = [moment(link)] if moment(link) else []
    return [f"  {line}" for line in (*above, *shown)]


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    longest = max((len(rest) + len(word) for word in text.split()), default=0)
    return textwrap.wrap(
        text,
        max(_WIDTH, longest),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
