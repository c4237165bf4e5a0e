"""Documents as data: what one screen leaves out, and what a listing answers."""

from edgesym.document.listing import listing
from edgesym.document.nodes import Amount, Column, Document, Facts, Row, Section, Text, table


def test_one_screen_has_no_details_and_the_first_rows():
    rows = [Row((str(i),), (Text("said"),)) for i in range(5)]
    total = Row(("all",), total=True)
    blocks = (
        Text("kept"),
        Section("kept", (table(("n",), [*rows, total], most=2),)),
        Section("left out", (Text("detail"),), detail=True),
    )
    brief = Document("title", blocks, dict).briefly()
    first, section = brief.blocks
    assert first == Text("kept")
    shown, more = section.blocks
    assert [row.cells for row in shown.rows] == [("0",), ("1",), ("all",)]
    assert not any(row.below for row in shown.rows)
    assert more == Text("and 3 more rows", note=True)


def test_a_short_table_stays_whole_on_one_screen():
    made = table(("n",), [("1",), ("2",)], most=2)
    assert Document("", (made,), dict).briefly().blocks == (made,)


def test_documents_are_values():
    one, other = (Facts((("a", Amount(1, "s", std=0.1)),)) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)


def test_a_listing_answers_with_its_rows():
    columns = ("name", Column("bytes per element", "number"))
    made = listing("Formats", "formats", columns, [("int4", Amount(0.5))], data={"more": 1})
    assert made.data == {"formats": [{"name": "int4", "bytes_per_element": 0.5}], "more": 1}
