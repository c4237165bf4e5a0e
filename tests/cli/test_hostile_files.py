"""Every text of every file of a user's, hostile: refused in a line, or written as text.

The files are those that ship, each of their texts (values and quoted keys) in turn replaced; what
is refused ends in one plain line, and the document of what is not has, in every medium, no more
structure than that of the file as it ships.
"""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from edgesym.architectures.locate import load
from edgesym.cli.main import edgesym
from edgesym.cli.output import keeping
from edgesym.data import packaged, shipped_text
from edgesym.document.nodes import Diagram, Document, Imprint
from edgesym.errors import EdgesymError
from edgesym.plain import LONGEST, plain_line
from edgesym.render.write import write
from edgesym.validation.validate import BY
from tests.hostile import (
    ALL,
    WORD,
    csv_cells,
    html_structure,
    json_text,
    markdown_structure,
    shown,
    tex_structure,
)
from tests.support import SMALL_LLAMA

#: Texts of TOML in quotes, beside those of several lines.
_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
#: The same as a file of a user's may hold, which has no controls, and as none may.
PRINTED = "".join(sign for sign in ALL if sign.isprintable())
#: What is shown of a file of each kind: the room it ships in, its name there, and the verbs.
RECIPE = """
main = "int4-g64"
source = "my own"
[positions]
ends = "i < 1 or i >= n - 1"
[[rules]]
groups = ["norm", "embedding", "head"]
layout = "dtype"
[[rules]]
purposes = ["down"]
when = "ends"
layout = "int8-g64"
"""
LAYOUT_FILE = """
parts = { elements = "4 / 2", scale = "2" }
per = 32
kind = "integer"
source = "my own"
arithmetic = ["int8", "fp16"]
"""
PLAN = """
quantities = ["flops", "step_time"]
over = { batch = "1,2", weights = ["q4_0", "fp16"], device = ["pi5"] }
tie = { intermediate = "4*hidden" }
where = ["memory_footprint <= 8GiB"]
top = 3
by = "step_time"
"""
PLACES = """
source = "my own"
[[rules]]
place = "host"
layers = "0"
groups = ["linear"]
"""
LABELS = """
assumptions = ["kv_heads = heads"]
[paper]
name = "x"
title = "On sizes"
address = "https://example.org"
[symbols]
L = "layers"
H = "hidden"
[labels."eq:a"]
quantity = "parameters"
part = "attention"
phase = "decode"
per = "model"
note = "all of it"
"""
PAPER = r"\begin{equation}\label{eq:a} P = 4 L H^2 \end{equation}"
#: A heading of published rows, and two of them.
ROWS = (
    "device,device_detail,framework,model,params,quant,phase,batch,prompt_tokens,gen_tokens,metric,"
    "value,source_url,source_note\n"
    "Raspberry Pi 5,4 threads,llama.cpp CPU,llama-3.2-1b,1.2B,Q4_0,decode,1,128,128,tok_s,9.5,"
    "https://example.org,n\n"
    "rtx-4090,,vllm,gpt2,,FP16,prefill,1,128,,tok_s,9000,https://example.org,n\n"
)
KINDS = {
    "layout": (LAYOUT_FILE, [("estimate", "MODEL", "--device", "rtx-4090", "--weights", "FILE")]),
    "places": (PLACES, [("estimate", "MODEL", "--device", "rtx-4090", "--offload", "FILE")]),
    "plan": (PLAN, [("sweep", "MODEL", "--plan", "FILE")]),
    "labels": (LABELS, [("check", "file.tex", "--no-search")]),
    "fit": (
        ("fits/data", "intel-arc.json"),
        [("estimate", "MODEL", "--device", "intel-arc-a770", "--fits", "FOLDER")],
    ),
    "traced": (
        (Path(__file__).parents[1] / "data/traced/gpt.traced.json").read_text("utf-8"),
        [("derive", "FILE", "-q", "flops"), ("estimate", "FILE", "--device", "rtx-4090")],
    ),
    "rows": (ROWS, [("validate", "--corpus", "FILE", "--by", by) for by in BY]),
    "device": (
        ("devices/data", "raspberry-pi-5"),
        [("devices", "FILE"), ("estimate", "MODEL", "--device", "FILE")],
    ),
    "runtime": (
        ("runtimes/data", "vllm"),
        [("runtimes", "FILE"), ("estimate", "MODEL", "--device", "rtx-4090", "--runtime", "FILE")],
    ),
    "recipe": (
        RECIPE,
        [("estimate", "MODEL", "--device", "rtx-4090", "--weights", "FILE")],
    ),
    "architecture": (
        ("architectures/data", "llama"),
        [("derive", "MODEL", "--as", "FILE"), ("table", "MODEL", "--as", "FILE")],
    ),
    "claims": (("claims/library", "gpt-3"), [("check", "FILE", "--no-search")]),
}
#: What files are called that are no ``file.toml``.
NAMES = {"fit": "fits/intel-arc.json", "traced": "file.traced.json", "rows": "rows.csv"}
READERS = {
    "markdown": markdown_structure,
    "html": html_structure,
    "latex": tex_structure,
}
#: What lays text out, and follows from its length and from what is said of it.
LAYOUT = {
    *(r"\qquad", r"\quad", r"\footnotesize", r"\small", r"\url", r"\texttt", r"\ttfamily"),
    *(r"\Needspace", r"\baselineskip", r"\section", r"\subsection", r"\subsubsection"),
    *(r"\paragraph", r"\textbf", r"\multicolumn", r"\raggedright", r"\item"),
}
#: Texts of a file that are tried where all are too many.
FEW = 6


def texts(kind: str) -> str:
    """A file that ships, or one of a user's."""
    place = KINDS[kind][0]
    if isinstance(place, tuple):
        return packaged(*place).decode() if kind == "fit" else shipped_text(*place)
    return place


def mutants(text: str, payload: str) -> list[tuple[str, str]]:
    """The file with each of its texts replaced by another, and what was there."""
    new = json.dumps(payload, ensure_ascii=False).replace("\x7f", "\\u007f")
    lines = [found for found in _TEXT.finditer(text) if not in_comment(text, found.start())]
    return [
        (found[0], f"{text[: found.start()]}{new}{text[found.end() :]}")
        for found in {found[0]: found for found in reversed(lines)}.values()
    ]


def cells(text: str, payload: str) -> list[tuple[str, str]]:
    """The same of rows: a cell that is another."""
    rows = list(csv.reader(io.StringIO(text)))
    found = []
    for at, row in enumerate(rows):
        for place, was in enumerate(row):
            changed = [*rows[:at], [*row[:place], payload, *row[place + 1 :]], *rows[at + 1 :]]
            csv.writer(file := io.StringIO()).writerows(changed)
            found.append((was, file.getvalue()))
    return found


def in_comment(text: str, at: int) -> bool:
    return text[text.rfind("\n", 0, at) + 1 :].lstrip().startswith("#")


def told(arguments: tuple[str, ...], places: dict[str, str]) -> Document | None:
    """What a verb tells of a file; nothing where it is refused, in a line."""
    given = [places.get(word, word) for word in arguments]
    try:
        with keeping() as kept, suppress(SystemExit):  # check exits as it judges
            edgesym.main(given, prog_name="edgesym", standalone_mode=False)
    except EdgesymError as error:
        line = plain_line(f"Error: {error}")
        shown(line)
        assert len(line) <= LONGEST
        assert "\n" not in line
        return None
    return kept.document


def structures(document: Document) -> dict[str, set[str]]:
    """What a document is made of in each medium, the text in it plain and the data inert."""
    alone = replace(document, imprint=Imprint("2026-01-01", "edgesym", "edgesym"))
    found = {
        medium: set(read(write(each, medium)))
        for medium, read in READERS.items()
        for each in (document, alone)
    }
    shown(write(document, "text"))
    json_text(write(document, "json"))
    if any(True for _ in _tables(document)):
        csv_cells(write(document, "csv"))
    return found


def _tables(document: Document):
    from edgesym.document.nodes import Section, Table

    blocks = list(document.blocks)
    while blocks:
        block = blocks.pop()
        if isinstance(block, Section):
            blocks += block.blocks
        elif isinstance(block, Table):
            yield block


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGESYM_CACHE", "off")
    (tmp_path / "config.json").write_text(json.dumps(SMALL_LLAMA))
    (tmp_path / "file.tex").write_text(PAPER)
    (tmp_path / "fits").mkdir()
    return {"MODEL": "config.json", "FOLDER": "fits"}


@pytest.mark.parametrize("kind", KINDS)
def test_some_texts_of_a_file(kind, places):
    for verb in KINDS[kind][1]:
        tried(kind, verb, PRINTED, places, FEW)


@pytest.mark.parametrize("kind", KINDS)
def test_some_texts_of_a_file_hold_controls(kind, places):
    tried(kind, KINDS[kind][1][-1], ALL, places, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("payload", [PRINTED, ALL], ids=["printed", "controls"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_of_a_file(kind, payload, places):
    for verb in KINDS[kind][1]:
        tried(kind, verb, payload, places)


def tried(kind, verb, payload, places, most=10**6) -> None:
    """Have a verb read a file with each of its texts replaced: each adds words to a document."""
    places = {"FILE": NAMES.get(kind, "file.toml"), **places}
    file, text = Path(places["FILE"]), texts(kind)
    file.write_text(text, encoding="utf-8", newline="")
    honest = told(verb, places)
    assert honest is not None, verb
    usual = structures(honest)
    every = (cells if kind == "rows" else mutants)(text, payload)
    for was, mutant in every[:: 1 + len(every) // most]:
        file.write_text(mutant, encoding="utf-8", newline="")
        found = told(verb, places)
        if found is None:
            continue
        for medium, parts in structures(found).items():
            more = parts - usual[medium] - LAYOUT
            runs = {part for part in more if re.search("script|img|svg|on[a-z]*$", part)}
            assert not (more if medium == "latex" else runs), (verb, was, medium)


def test_every_text_of_a_config(places, tmp_path):
    base = {**SMALL_LLAMA, "torch_dtype": "bfloat16", "hidden_act": "silu", "_name_or_path": "x"}
    base |= {"architectures": ["LlamaForCausalLM"], "transformers_version": "5.0"}
    for key in base:
        if not isinstance(base[key], str | list):
            continue
        for payload in (PRINTED, ALL):
            value = payload if isinstance(base[key], str) else [payload]
            (tmp_path / "config.json").write_text(json.dumps(base | {key: value}))
            found = told(("derive", "MODEL", "-q", "parameters"), places)
            if found is not None:
                structures(found)


@pytest.mark.parametrize("name", [PRINTED.replace("/", "|")[:200], "a\x1b[31m\nb\u202e", "=1+1"])
def test_a_folder_of_any_name(name, places, tmp_path):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(SMALL_LLAMA))
    found = told(("estimate", "MODEL", "--device", "rtx-4090"), {"MODEL": str(folder)})
    if found is not None:
        structures(found)


def test_a_part_of_any_name_is_drawn_as_text(places):
    model = load("config.json")
    drawn = Document("", tuple(Diagram(block) for block in model.blocks()), dict)
    assert WORD not in str(structures(drawn))
