"""Whatever a text of a document holds, the document in every medium is the same but for it."""

from __future__ import annotations

import ast
import dataclasses
import io
import os
import re
import shutil
import subprocess
import typing
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import sympy

from edgesym import load
from edgesym.analysis.pictures.chart import Bar, Bars, Chart, Line, Scale
from edgesym.document import nodes
from edgesym.document.nodes import Document
from edgesym.document.source import Source
from edgesym.errors import OutputError
from edgesym.render.bibtex import bibtex
from edgesym.render.export import LANGUAGES, written
from edgesym.render.html import html_document
from edgesym.render.latex import latex_document
from edgesym.render.markdown import markdown_document
from edgesym.render.page import Page
from edgesym.render.pdf import compile_pdf, latex_engine
from edgesym.render.write import write
from edgesym.symbols import symbol
from tests.hostile import (
    ALL,
    HOSTILE,
    WORD,
    csv_cells,
    html_structure,
    html_text,
    inert,
    json_text,
    markdown_structure,
    shown,
    tex_structure,
)

BLOCK = load("llama-3.2-1b").blocks()[2]
H = symbol("hidden")
#: What a model's name may be: it holds no controls.
PRINTED = "".join(sign for sign in ALL if sign.isprintable())
#: Fields that hold no text of a user's: LaTeX of our own, formats of numbers, kinds.
OURS = {
    ("Notation", "latex"),
    ("Amount", "form"),
    ("Column", "kind"),
    ("Mark", "tone"),
    ("Cite", "key"),
    ("Document", "records"),
}


def named(text: str) -> sympy.Symbol:
    """A symbol of any name, which no reader of ours makes."""
    return sympy.Symbol(text, positive=True)


def every_node(text: str) -> tuple[nodes.Block, ...]:
    """A block of each kind, whose every text is this one; a span of each kind in each."""
    parts = {old: f"{old} {text}" for old in BLOCK.parts}
    graph = replace(
        BLOCK,
        name=text,
        parts={parts[old]: replace(op, part=parts[old]) for old, op in BLOCK.parts.items()},
        flops={parts[old]: form for old, form in BLOCK.flops.items()},
        readers={t: frozenset(parts[old] for old in by) for t, by in BLOCK.readers.items()},
    )
    spans = (
        text,
        nodes.Amount(12, text),
        nodes.Math(named(text) + H),
        nodes.Notation(text, "F / Q"),
        nodes.Code(text),
        nodes.Mark(text, "bad"),
        nodes.Mark(text, "strong"),
        nodes.Cite(1, "a-source"),
    )
    formula = nodes.Formula(text, (nodes.Math(named(text) * H), *spans), text, (), ((H, H),))
    long = nodes.Formula(nodes.Math(H), spans, text, (nodes.Formula(text, spans, text),))
    cells = tuple((span, ("a ", span)) for span in spans)
    columns = (nodes.Column(text), nodes.Column((text, nodes.Code(text)), "formula"))
    rows = tuple(nodes.Row(pair, (nodes.Text(text), formula)) for pair in cells)
    made: tuple[nodes.Block, ...] = (
        nodes.Text(spans),
        *(nodes.Text(span, note=True) for span in spans),
        nodes.Facts(tuple((text, span) for span in spans)),
        nodes.Items(spans),
        nodes.Items(spans, numbered=True),
        formula,
        long,
        nodes.Table(columns, rows),
        nodes.Diagram(graph),
        nodes.Picture("name", (text, nodes.Mark(text)), dict),
        nodes.Bibliography((Source(1, f"{text} https://a.org/{text} doi:10.1/{text}", (text,)),)),
    )
    return (*made, nodes.Section(text, made), nodes.Section(spans, (nodes.Section(text, ()),)))


def document(text: str) -> Document:
    """Every node with a text, in a document that stands alone."""
    imprint = nodes.Imprint(text, text, text)
    table = nodes.table((text, nodes.Column("f", "formula")), [(text, nodes.Math(named(text)))])
    return Document(text, every_node(text), lambda: {text: [text]}, lambda: table, imprint)


def fields(kind: type) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(kind):
        yield kind.__name__, field.name


def test_every_node_and_every_text_of_one_is_tried():
    texts, tried = set(), set()
    for kind in (*typing.get_args(nodes.Block), *typing.get_args(nodes.Span)):
        if dataclasses.is_dataclass(kind):
            texts |= set(fields(kind))
    texts |= set(fields(nodes.Imprint)) | set(fields(nodes.Row)) | set(fields(nodes.Column))

    def walk(part):
        if isinstance(part, tuple):
            return max(map(walk, part), default=False)
        if dataclasses.is_dataclass(part) and type(part).__module__ == nodes.__name__:
            found = False
            for name in (field.name for field in dataclasses.fields(part)):
                if walk(getattr(part, name)):
                    tried.add((type(part).__name__, name))
                    found = True
            return found
        return WORD in str(part)

    walk(every_node(WORD))
    walk(nodes.Imprint(WORD, WORD, WORD))
    held = {"value", "std", "digits", "signed", "number", "spare", "note", "numbered", "detail"}
    held |= {"below", "total", "most", "branch", "name", "shows"}
    assert {place for place in texts - OURS - tried if place[1] not in held} == set()


PAGES = {
    "markdown": lambda text: markdown_document(document(text), Page(pictures={"name": "a.svg"})),
    "html": lambda text: html_document(
        document(text), Page(pictures={"name": "data:image/svg+xml;base64,PHN2Zy8+"})
    ),
    "latex": lambda text: latex_document(document(text), Page(pictures={"name": "a.pdf"})),
    "fragment": lambda text: write(document(text), "latex"),
    "bibtex": lambda text: bibtex(document(text).sources),
}
READERS = {
    "markdown": markdown_structure,
    "html": html_structure,
    "latex": tex_structure,
    "fragment": tex_structure,
    "bibtex": tex_structure,
}


@pytest.fixture(scope="module")
def honest():
    return {medium: READERS[medium](str(made(WORD))) for medium, made in PAGES.items()}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("medium", PAGES)
def test_structure_is_that_of_a_plain_word(medium, text, honest):
    found = READERS[medium](str(PAGES[medium](text)))
    if medium in ("latex", "fragment", "bibtex"):  # formulas break where they are long
        assert set(found) - set(honest[medium]) <= {r"\qquad", r"\footnotesize"}
    else:
        assert found == honest[medium]


def test_a_fragment_of_html_is_well_formed():
    made = write(replace(document(ALL), imprint=None), "html").replace("&InvisibleTimes;", "")
    made = made.replace("<br>", "<br/>")  # HTML has no end of it
    ET.fromstring(made)  # noqa: S314 - our own
    assert ALL.split()[0] in html_text(write(document(ALL), "html"))


@pytest.mark.parametrize("colour", [False, True])
def test_a_terminal_gets_its_own_sequences_alone(colour):
    text = write(document(ALL), "text", Page(width=60, colour=colour))
    if colour:
        text = re.sub(r"\x1b\[[\d;]*m", "", text)
    shown(text)


def test_data_are_whole_and_inert():
    assert csv_cells(write(document(ALL), "csv")) == 2
    assert ALL.split()[-1] in json_text(write(document(ALL), "json"))


def test_text_of_pictures_is_no_formula(tmp_path):
    mpl = pytest.importorskip("matplotlib")
    from edgesym.render.pictures import figure_of
    from edgesym.render.style import picture

    text = "_a $\\frac{1}{2}$ <b>\x1b\n\\$x & \u202e"
    scale = Scale(text, "1")
    line = Line(text, (1.0, 2.0), (1.0, 2.0))
    charts = (
        Chart(text, text, scale, scale, (line, replace(line, label=f"{text} 2")), text, text),
        Bars(text, text, text, "1", (Bar(text, text, ((text, 1.0),)),), ((text, 1.0),)),
    )
    for chart in charts:
        with mpl.rc_context({"svg.fonttype": "none"}):
            made = picture(figure_of(chart), "svg").decode()
        root = ET.fromstring(made)  # noqa: S314 - our own
        assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
        assert r"$\frac{1}{2}$" in "".join(root.itertext())
        assert picture(figure_of(chart), "pdf")


@pytest.fixture(scope="module")
def exported():
    from edgesym.analysis.exported import exported as made
    from edgesym.scenario.run import Run
    from edgesym.scenario.setup import Setup

    model = replace(load("llama-3.2-1b"), name=PRINTED)
    return made(Setup(model, None, Run()), ["flops", "kv_cache_bytes"], ["context", "batch"])


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "excel"])
def test_text_in_code_is_comment(language, exported, tmp_path):
    hostile = replace(
        exported, inputs=tuple(replace(one, meaning=ALL, word=ALL) for one in exported.inputs)
    )
    code = written(hostile, language)
    shown(code)
    assert "</script" not in code
    mark = "#" if language in ("python", "numpy") else "//"
    for line in code.splitlines():
        assert WORD not in line.partition(mark)[0].replace(WORD.lower(), "") or "=" in line
    if mark == "#":
        ast.parse(code)
        names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
        assert all(name.isidentifier() for name in names)
    checks = {"c": ["cc", "-std=c99", "-fsyntax-only"], "javascript": ["node", "--check"]}
    command = checks.get(language)
    if command and shutil.which(command[0]):
        file = tmp_path / f"a.{LANGUAGES[language].ending}"
        file.write_text(code, encoding="utf-8")
        subprocess.run([*command, file], check=True)


def test_no_text_of_a_workbook_is_a_formula(exported):
    openpyxl = pytest.importorskip("openpyxl")
    hostile = replace(
        exported, inputs=tuple(replace(one, meaning=ALL, unit="=1+1") for one in exported.inputs)
    )
    content = written(hostile, "excel")
    book = openpyxl.load_workbook(io.BytesIO(content))
    texts = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    for cell in texts:
        if cell.data_type == "f":
            assert "cmd" not in cell.value
        elif isinstance(cell.value, str) and cell.value[:1] in "=+-@":
            assert cell.quotePrefix
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.endswith(".xml"):
                ET.fromstring(parts.read(name))  # noqa: S314 - our own


def test_names_of_symbols_are_words_in_formulas():
    made = symbol("layers", "a}$\\input{x}")
    forms = (named("\\input{x}"), named("\\_1"), named("$"), made)
    for form in forms:
        text = write(Document("", (nodes.Formula("", (nodes.Math(form + H),)),), dict), "latex")
        assert r"\input" not in text
        tex_structure(text)
        for medium in ("markdown", "html", "text"):
            shown(write(Document("", (nodes.Text(nodes.Math(form)),), dict), medium))


@pytest.mark.skipif(latex_engine() is None, reason="no LaTeX engine")
def test_a_compiled_document_reads_no_other_file(tmp_path, monkeypatch):
    (tmp_path / "other.tex").write_text("secret")
    monkeypatch.setenv("TEXINPUTS", f"{tmp_path}:")
    text = "".join(c if ord(c) < 128 else "?" for c in ALL)
    small = Document(text, (nodes.Facts(((f"[{text}", text),)), nodes.Items((f"[{text}",))), dict)
    assert compile_pdf(latex_document(small)).startswith(b"%PDF")
    for wanted in ("other", "/etc/passwd", tmp_path / "other.tex"):
        with pytest.raises(OutputError):
            compile_pdf(
                rf"\documentclass{{article}}\begin{{document}}\input{{{wanted}}}\end{{document}}"
            )
    monkeypatch.setenv("TEXMFHOME", os.fspath(tmp_path))


#: What a frame in LaTeX may hold besides ``\\input``: reading, and writing, by other commands.
REACHES = (
    r"\typeout{\pdffiledump offset 0 length 9 {FILE}}\immediate\openout6=FILE\immediate\write6{x}",
    r"\pdfcompresslevel=0\immediate\pdfobj stream file {FILE}\pdfrefobj\pdflastobj",
    r"\directlua{io.open('FILE', 'w'):write('x')}",
    r"\immediate\write18{rm FILE}x\immediate\openout6=|rm FILE",
)


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("engine", ["pdflatex", "lualatex", "xelatex"])
def test_no_engine_lets_a_frame_write_elsewhere(reach, engine, tmp_path, monkeypatch):
    if (found := shutil.which(engine)) is None:
        pytest.skip(f"no {engine}")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / engine).symlink_to(found)
    monkeypatch.setenv("PATH", os.fspath(tmp_path / "bin"))
    kept = tmp_path / "kept"
    kept.write_text("secret")
    body = reach.replace("FILE", os.fspath(kept))
    with suppress(OutputError):
        made = compile_pdf(rf"{body}\documentclass{{article}}\begin{{document}}x\end{{document}}")
        assert b"secret" not in made
    assert kept.read_text() == "secret"


@pytest.mark.skipif(
    not (shutil.which("pdflatex") and shutil.which("pdftotext")), reason="no pdflatex, or no reader"
)
def test_a_compiled_document_shows_every_character_within_its_page(tmp_path):
    templates = Path(__file__).parents[2] / "templates"
    text = f"樹 קטן Łódź {'Größe' * 60}"
    document = Document(text, (nodes.Section(text, (nodes.Text(text),)),), dict)
    (tmp_path / "a.pdf").write_bytes(compile_pdf(latex_document(document, None, templates)))
    # a page without its margins
    area = ["-x", "57", "-y", "0", "-W", "482", "-H", "842"]
    ran = subprocess.run(
        ["pdftotext", *area, tmp_path / "a.pdf", "-"], capture_output=True, check=True
    )
    said = re.sub(r"\s", "", ran.stdout.decode())
    counts = {"Größe": 180, "Łódź": 3, **dict.fromkeys(("U+6A39", "U+05E7", "U+05DF"), 3)}
    assert {word: said.count(word) for word in counts} == counts


def test_a_cell_of_a_sweep_is_inert(tmp_path: Path):
    import numpy as np

    from edgesym.analysis.sweep.sinks.csv import CsvSink
    from edgesym.analysis.sweep.sinks.sink import Field

    for place, names in enumerate(([ALL], ["=1+1", 'a,"b"\n=2'])):
        folder = tmp_path / str(place)
        folder.mkdir()
        sink = CsvSink(folder, (Field("device", "1", "name"), Field("=n", "1", "whole")), {})
        for name in names:
            sink.write({"device": name}, {"=n": np.array([-1, 2])}, 2)
        csv_cells(sink.finish().read_text(encoding="utf-8"))


def test_numbers_stay_numbers():
    table = nodes.table(("n", "m"), [(nodes.Amount(-5), "-5"), (nodes.Amount(-5.5), "+1e3")])
    text = write(Document("", (table,), dict), "csv")
    assert "'" not in text
    inert("-5")
