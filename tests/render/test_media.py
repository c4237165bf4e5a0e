"""Markdown, LaTeX, HTML, JSON and CSV of the same document."""

from __future__ import annotations

import csv
import io
import json
import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from edgesym import derive, load
from edgesym.document.nodes import (
    Amount,
    Code,
    Column,
    Diagram,
    Document,
    Facts,
    Formula,
    Items,
    Mark,
    Math,
    Row,
    Section,
    Text,
    table,
)
from edgesym.errors import OutputError, UnknownNameError
from edgesym.render.html import html_document
from edgesym.render.latex import latex_document
from edgesym.render.write import MEDIA, write
from edgesym.symbols import symbol

H, S = symbol("hidden"), symbol("context")
FORM = derive(load("llama-3.2-1b"), "kv_cache_bytes").expression
STEP = derive(load("llama-3.2-1b"), "step_time").expression
#: Text that would be markup, a command or a template in some medium.
NASTY = (
    "# a_b & <script>x</script> $y$ \\input{z} {{ 7*7 }} <% raw %> | `c` *d* [e](f) \x1b[31mg 5%"
)


def document(text="word"):
    formula = Formula(Math(H), (Math(FORM), Code(text), Amount(3e-6, "s", 1e-6)), "B")
    return Document(
        text,
        (
            Text(text),
            Facts(((text, (text, Mark(text, "bad"))),)),
            Section(text, (formula, Formula(text, (Math(STEP),), "s"), Items((text, Code(text))))),
            table(
                (text, Column("n", "number"), Column("f", "formula")),
                [
                    Row((text, Amount(12, "B"), Math(H * S)), (Text(text), formula)),
                    (text, Amount(1, "B"), ""),
                ],
            ),
            Diagram(load("llama-3.2-1b").blocks()[2]),
        ),
        lambda: {"text": text},
    )


@pytest.mark.parametrize("medium", MEDIA)
def test_every_medium_writes_every_node(medium):
    assert "word" in write(document(), medium)


def test_markdown_escapes_text_and_keeps_cells_apart():
    text = write(document(NASTY), "markdown")
    assert "<script>" not in re.sub("`.*?`", "", text)
    assert "\x1b" not in text
    assert "\n# a_b" not in text.partition("\n")[2]
    tables = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    for found in tables:
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in found.splitlines()}
        assert len(cells) == 1
    outside = re.sub(r"\$\$.*?\$\$|(?<!\\)\$.*?(?<!\\)\$|`.*?`", "", text, flags=re.DOTALL)
    assert "$y" not in outside.replace(r"\$", "")


def test_latex_escapes_text():
    text = write(document(NASTY), "latex")
    assert r"\input{z}" not in text
    assert r"\textbackslash{}input\{z\}" in text
    assert "<%" not in text
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert r"3.0 $\pm$ 1.0 $\mu$s" in text


def test_frames_add_nothing_to_the_text_of_users():
    for made in (latex_document(document(NASTY)), html_document(document(NASTY))):
        assert "49" not in made.partition("7*7")[0].rpartition("a_b")[2]
        assert "7*7" in made


def test_html_is_well_formed_and_loads_nothing():
    text = write(document(NASTY), "html").replace("&InvisibleTimes;", "")
    root = ET.fromstring(text)  # noqa: S314 - our own text
    assert not list(root.iter("script"))
    assert not re.search(r"(?:src|href)=", text)
    assert len(list(root.iter("math"))) > 3
    assert "http" not in html_document(document())


def test_json_is_the_answer():
    assert json.loads(write(document(NASTY), "json")) == {"text": NASTY}


def test_csv_has_numbers_in_full_and_the_unit_in_the_header():
    rows = [
        ("a,b", Amount(0.1, "s"), Amount(Fraction(1, 2)), "1"),
        ('"x"', Amount(None, "s"), Amount(3), ""),
    ]
    columns = ("name", Column("time", "number"), Column("n", "number"), "text")
    made = Document("", (Section("", (table(columns, rows),)),), dict)
    read = list(csv.reader(io.StringIO(write(made, "csv"))))
    assert read == [
        ["name", "time [s]", "n", "text"],
        ["a,b", "0.1", "0.5", "1"],
        ['"x"', "", "3", ""],
    ]


def test_csv_of_what_has_no_table_is_refused_with_the_remedy():
    with pytest.raises(OutputError, match="use --format json"):
        write(Document("", (Text("x"),), dict), "csv")


def test_another_medium_is_refused_with_those_there_are():
    with pytest.raises(UnknownNameError, match="markdown"):
        write(document(), "markdwon")


def test_long_formulas_name_repeats_in_every_medium():
    made = Document("", (Formula("step_time", (Math(STEP),)),), dict)
    for medium, name in (("markdown", "X_{1} = "), ("latex", "X_{1} = "), ("html", "<mi>X</mi>")):
        assert name in write(made, medium)
