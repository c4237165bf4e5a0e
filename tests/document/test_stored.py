"""Documents as plain data, through JSON and back."""

from __future__ import annotations

import contextlib
import json
from fractions import Fraction

import pytest

from edgesym.document.nodes import (
    Amount,
    Code,
    Column,
    Document,
    Facts,
    Formula,
    Items,
    Mark,
    Math,
    Notation,
    Row,
    Section,
    Text,
    table,
)
from edgesym.document.stored import document_of, stored
from edgesym.render.write import MEDIA, write
from edgesym.symbols import symbol

BLOCKS = (
    Text(("a ", Amount(float("inf"), "B", 0.5, ".1%", 3, signed=True)), note=True),
    Facts((("label", Mark("good", "good")), ("other", ("x", Code("y"), Notation("z", "\\z"))))),
    Items(("one", "two"), numbered=True),
    Section(
        "",
        (
            table(
                ("text", Column("n", "number", spare=True)),
                [("a", Amount(Fraction(1, 3))), Row(("b", Amount(None)), (Text("c"),), total=True)],
                most=3,
            ),
        ),
        detail=True,
    ),
)
RECORDS = table(("a",), [(Amount(2**70),)])


def document(blocks=BLOCKS, answer=None):
    return Document("T", blocks, lambda: answer or {"a": (1, [0.1])}, lambda: RECORDS)


def through(kept):
    return document_of(json.loads(json.dumps(kept)))


def test_nothing_is_lost_on_the_way():
    found = through(stored(document()))
    assert found.title == "T"
    assert found.blocks == BLOCKS
    assert found.records() == RECORDS
    assert found.data == {"a": [1, [0.1]]}


@pytest.mark.parametrize(
    ("blocks", "answer"),
    [
        ((Formula("f", (Math(symbol("hidden")),)),), {}),
        ((Text(Math(symbol("hidden"))),), {}),
        ((), {"a": symbol("hidden")}),
        ((), {1: "a"}),
        ((), {"a": Fraction(1, 3)}),
    ],
)
def test_formulas_and_objects_are_not_stored(blocks, answer):
    with pytest.raises(TypeError, match="not stored"):
        stored(document(blocks, answer))


def mutations(data):
    """The data with one part of it replaced, dropped or doubled, for each part."""
    if isinstance(data, dict):
        for key, value in data.items():
            rest = {k: v for k, v in data.items() if k != key}
            yield rest
            yield {**rest, "Document": value}
            yield from ({**data, key: changed} for changed in mutations(value))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield data[:place] + data[place + 1 :]
            yield from (
                [*data[:place], changed, *data[place + 1 :]] for changed in mutations(value)
            )
    else:
        yield from ({}, [[]], 7, "word", None, [data, {"Math": ["x"]}])


def test_whatever_the_data_is_it_is_a_document_or_refused():
    kept = stored(document())
    kept["answer"] = {}
    refused = 0
    for changed in mutations(json.loads(json.dumps(kept))):
        try:
            found = document_of(changed)
        except (KeyError, TypeError, ValueError):
            refused += 1
            continue
        for medium in MEDIA:
            # a form of no number, a row that is too short: shapes that no kinds tell apart
            with contextlib.suppress(ValueError, IndexError, OverflowError):
                write(found, medium)
    assert refused > 50
