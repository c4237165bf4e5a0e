"""An explanation in Markdown."""

from __future__ import annotations

from typing import Any

from edgesym.analysis.explanation.explain import Explanation, Link
from edgesym.render.explanation.terms import term_table
from edgesym.render.explanation.wording import (
    LONGEST,
    choices,
    definition_of,
    headline,
    letters_of,
    moment,
    symbol_table,
    with_numbers,
)
from edgesym.render.latex import latex
from edgesym.render.substitute import exact
from edgesym.render.tables import render_table

__all__ = ["explanation_markdown"]


def explanation_markdown(found: Explanation) -> str:
    """The explanation in Markdown, formulas in LaTeX."""
    numbers = letters_of(found)
    blocks = [f"# {headline(found)}", f"{found.setup.describe()}."]
    for link in found.chain:
        blocks += _link_markdown(link, numbers)
    headers, rows = symbol_table(found)
    rows = [
        [f"${row.entry.latex}$", *cells[1:], row.condition]
        for row, cells in zip(found.symbols, rows, strict=True)
    ]
    blocks += ["## Symbols", render_table([*headers, "condition"], rows, "markdown")]
    blocks += ["## How it is counted", "\n".join(f"- {choice}" for choice in choices(found))]
    if found.sources:
        listed = enumerate(found.sources, 1)
        blocks += ["## Sources", "\n".join(f"{i}. {source}" for i, source in listed)]
    return "\n\n".join(blocks)


def _link_markdown(link: Link, numbers: dict[str, Any]) -> list[str]:
    blocks = [f"## {link.quantity.name}", f"{link.quantity.meaning}."]
    definition, filled = definition_of(link), with_numbers(link, numbers)
    if filled:
        blocks += [f"$$\n{latex(link.definition)}\n$$", f"= `{filled}`"]
    else:
        blocks += [f"= {definition}"]
    blocks += [f"= **{exact(link.value, link.quantity.unit)}**"]
    if not link.terms:
        return blocks
    table = term_table(link, LONGEST)
    notes = [*("; ".join(notes) for notes in table.notes), ""]
    cells = [[*row, note] for row, note in zip([*table.rows, table.total], notes, strict=True)]
    headers = [*table.headers, "from the graph"]
    return [*blocks, *filter(None, [moment(link)]), render_table(headers, cells, "markdown")]
