"""An explanation as a document, for a colleague who recomputes the number by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from edgesym.analysis.documents.explanation.data import explanation_data
from edgesym.analysis.documents.explanation.terms import term_table
from edgesym.analysis.documents.explanation.wording import (
    choices,
    definition_of,
    headline,
    letters_of,
    moment,
    symbol_rows,
    with_numbers,
)
from edgesym.analysis.explanation.explain import Explanation, Link
from edgesym.architectures.default import told
from edgesym.document.nodes import (
    Amount,
    Block,
    Code,
    Column,
    Document,
    Formula,
    Items,
    Math,
    Section,
    Span,
    Table,
    Text,
    table,
)

__all__ = ["explanation_document"]

_COLUMNS = ("symbol", "word", Column("value", "number"), "meaning", "given by")


def explanation_document(found: Explanation) -> Document:
    """The chain from the number to the graph, the symbols, the conventions, the sources."""
    numbers = letters_of(found)
    blocks: list[Block] = [Text(found.setup.describe())]
    summed = False
    for link in found.chain:
        blocks.append(Section(link.quantity.name, tuple(_link(link, numbers)), detail=summed))
        summed = summed or bool(link.terms)
    rows = symbol_rows(found)
    if rows:
        conditions = tuple((str(r.symbol), r.condition) for r in found.symbols if r.condition)
        listed = tuple(f"{name}: {text}" for name, text in conditions)
        made = table(_COLUMNS, rows)
        blocks.append(Section("Symbols", (made, *([Items(listed)] if listed else [])), detail=True))
    blocks.append(Section("How it is counted", (Items(tuple(choices(found))),), detail=True))
    if found.defaults:
        taken = tuple(told(found.defaults))
        blocks.append(Section("Defaults", (Items(taken),), detail=True))
    if found.sources:
        blocks.append(Section("Sources", (Items(found.sources, numbered=True),), detail=True))
    return Document(
        headline(found), tuple(blocks), partial(explanation_data, found), partial(_records, found)
    )


def _link(link: Link, numbers: Mapping[str, Any]) -> Iterator[Block]:
    """A quantity of the chain: what it is, the arithmetic, and the terms it is the sum of."""
    yield Text(f"{link.quantity.meaning}.")
    value = Amount(link.value, link.quantity.unit, form="exact")
    said = definition_of(link)
    filled = with_numbers(link, numbers)
    if said:
        yield Formula("", (said, value))
    else:
        by_hand: tuple[Span, ...] = (Code(filled),) if filled else ()
        yield Formula("", (Math(link.definition), *by_hand, value))
    if link.terms:
        if moment(link):
            yield Text(moment(link))
        yield term_table(link)


def _records(found: Explanation) -> Table:
    """A row per term of each quantity in the chain."""
    columns = (
        *("quantity", "term", "blocks", Column("count", "number"), "formula"),
        *(Column("value", "number"), "unit"),
    )
    rows = [
        (
            *(link.quantity.name, term.name, ", ".join(term.blocks), Amount(term.count)),
            *(Math(term.formula), Amount(term.value), link.quantity.unit),
        )
        for link in found.chain
        for term in link.terms
    ]
    return table(columns, rows)
