"""Text: it fits the page, breaks where one may, and is only ever text."""

from __future__ import annotations

import re

import pytest

from edgesym import derive, load
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
    Row,
    Section,
    Table,
    Text,
    table,
)
from edgesym.render.lines import atoms_of_formula, atoms_of_words, broken
from edgesym.render.page import Page
from edgesym.render.text import write_text
from edgesym.render.text_table import layout_of

FORM = derive(load("llama-3.2-1b"), "memory_traffic").expression
STEP = derive(load("llama-3.2-1b"), "step_time").expression
NAME = "time_per_output_token"
ROWS = [
    (NAME, Amount(0.0555912, "s", std=0.0036), Math(FORM), "a sentence that is long " * 4),
    ("flops", Amount(2471493632, "FLOP"), Math(FORM), "short"),
]
COLUMNS = ("quantity", Column("value", "number"), Column("form", "formula"), "meaning")
EVERYTHING = Document(
    ("Title of ", NAME),
    (
        Text("a sentence that is long " * 8),
        Facts((("memory", (Amount(2**30, "B"), ": ", Mark("fits", "good"))), (NAME, Math(FORM)))),
        Section(
            "Section",
            (
                Formula("flops", (Math(FORM), Code("2*3*4"), Amount(24, "FLOP")), "FLOP"),
                Formula(Math(FORM.free_symbols.pop()), (Math(STEP),)),
                table(COLUMNS, [*ROWS, Row(("total", Amount(1), "", ""), total=True)]),
                table(
                    COLUMNS[:3],
                    [Row(ROWS[0][:3], (Text("below " * 30), Formula("", (Math(FORM),))))],
                ),
            ),
        ),
        Items(("one " * 40, "two"), numbered=True),
    ),
    dict,
)


def words(text):
    return {word for word in re.split(r"[^\w.]+", text) if word}


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140, 200])
def test_no_line_is_wider_than_the_page_but_for_one_word(width):
    lines = write_text(EVERYTHING, Page(width)).splitlines()
    assert len(lines) > 10
    for line in lines:
        assert len(line) <= width or " " not in line.strip(), line


@pytest.mark.parametrize("width", [30, 40, 60, 80, 140])
def test_no_name_and_no_number_is_cut(width):
    wide, narrow = (write_text(EVERYTHING, Page(w)) for w in (1000, width))
    assert words(wide) <= words(narrow)


def test_ends_of_lines_are_not_blank():
    assert not re.search(r" $", write_text(EVERYTHING, Page(80)), re.MULTILINE)


@pytest.mark.parametrize(
    ("formula", "width", "lines"),
    [
        ("a*(b + c) + d*(e + f)", 21, ["a*(b + c) + d*(e + f)"]),
        ("a*(b + c) + d*(e + f)", 13, ["a*(b + c)", "+ d*(e + f)"]),
        ("a*(b + c)/d", 10, ["a*(b + c)/", "d"]),
        ("a**2*b/c", 5, ["a**2*", "b/c"]),
    ],
)
def test_a_formula_breaks_at_operators_the_outermost_first(formula, width, lines):
    found = broken(atoms_of_formula(formula), width)
    assert ["".join(text for text, _ in line) for line in found] == lines


def test_an_address_breaks_behind_a_slash_and_no_other_word_does():
    address = "https://example.org/a/long/path/of/names"
    lines = broken(atoms_of_words(address), 24)
    assert len(lines) > 1
    assert "".join(text for line in lines for text, _ in line) == address
    assert len(broken(atoms_of_words("meta-llama/Llama-3.2-1B-Instruct-long"), 24)) == 1


def test_a_long_formula_names_what_it_repeats_and_a_short_one_does_not():
    text = write_text(Document("", (Formula("step_time", (Math(STEP),), "s"),), dict), Page())
    assert "  X_1 = 1/(U_m*W_m)" in text
    assert "X_1" not in write_text(Document("", (Formula("q", (Math(FORM),)),), dict), Page())


@pytest.mark.parametrize(
    ("unicode", "signs"), [(True, ("55.6 ± 3.6 ms", "3 µs", "──")), (False, ("+-", "3 us", "--"))]
)
def test_signs_are_those_that_the_encoding_has(unicode, signs):
    made = table(
        ("a", Column("b", "number")), [("x", Amount(0.0556, "s", 0.0036)), ("y", Amount(3e-6, "s"))]
    )
    text = write_text(Document("", (made,), dict), Page(80, unicode))
    assert all(sign in text for sign in signs)
    assert text.isascii() is not unicode


def test_colours_are_only_where_they_are_asked_for():
    plain, coloured = (write_text(EVERYTHING, Page(80, True, colour)) for colour in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[32mfits" in coloured
    bare = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


@pytest.mark.parametrize(
    "text", ["a\x1b[31mb", "a\x1b]0;title\x07b", "a\x1b]8;;x\x1b\\b", "a[red]b[/red]\x00"]
)
def test_text_of_users_is_only_text(text):
    made = Document(text, (Text(text), Facts(((text, text),)), table((text,), [(text,)])), dict)
    written = write_text(made, Page(80))
    assert written.replace("\n", "").isprintable()
    assert "title" not in written
    if "[red]" in text:
        assert "[red]b[/red]" in written


@pytest.mark.parametrize(
    ("natural", "least", "room", "widths"),
    [
        ((10, 10), (1, 1), 22, (10, 10)),
        ((10, 50), (10, 14), 42, (10, 30)),
        ((50, 50), (10, 10), 42, (20, 20)),
        ((50, 51, 5), (10, 10, 5), 50, (21, 20, 5)),
        ((50, 50), (30, 30), 42, ()),
    ],
)
def test_the_widest_columns_give_way(natural, least, room, widths):
    assert layout_of(natural, least, room).widths == widths


def test_spare_columns_are_left_out_before_names_are_wrapped():
    columns = ("symbol", Column("meaning", spare=True), Column("given by", spare=True))
    rows = [("memory_utilisation U_m", "fraction_of_it", "device")]
    made = Document("", (table(columns, rows),), dict)
    assert "given by" in write_text(made, Page(60)).splitlines()[0]
    narrow = write_text(made, Page(40)).splitlines()
    assert narrow[0].split() == ["symbol", "meaning"]
    assert narrow[-1] == "(for a wider page: given by)"


def test_a_table_that_nothing_makes_fit_sets_its_rows_below_one_another():
    rows = [("a" * 30, "b" * 30), ("c" * 30, "")]
    text = write_text(Document("", (table(("one", "two"), rows),), dict), Page(40))
    assert text.splitlines() == [f"one  {'a' * 30}", f"two  {'b' * 30}", "", f"one  {'c' * 30}"]


def test_numbers_stand_right_and_formulas_left():
    text = write_text(Document("", (table(COLUMNS[:3], [r[:3] for r in ROWS]),), dict), Page(200))
    assert "  2.471 GFLOP  B_a*b" in text
    assert isinstance(table(COLUMNS, ROWS), Table)


def test_a_notebook_is_shown_nothing_beside_the_text(monkeypatch) -> None:
    page = Page(width=60)
    plain = write_text(EVERYTHING, page)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert write_text(EVERYTHING, page) == plain
