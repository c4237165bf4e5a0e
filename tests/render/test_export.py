"""Exports: compiled and run, each language gives the numbers of the closed forms."""

from __future__ import annotations

import importlib.util
import json
import math
import random
import re
import shutil
import subprocess
from fractions import Fraction
from io import BytesIO

import numpy as np
import pytest

import edgesym
from edgesym.analysis.exported import exported
from edgesym.architectures.locate import load
from edgesym.devices import find_device
from edgesym.engine.program import program_of
from edgesym.errors import ConfigError, EdgesymError, OutputError, UnknownNameError
from edgesym.render.export import LANGUAGES, export, written
from edgesym.render.export.names import Names, identifier, reserved, said
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol

EXACT = 1e-12
_STEP = ("time_per_output_token", "memory_footprint", "tokens_per_second")
#: Name -> model, device, run, quantities: experts, windows and pages, recipes, pruning, whole
#: generations, other ways of joining times.
CASES = {
    "dense": ("llama-3.2-1b", "raspberry-pi-5", Run(weights="int4"), _STEP),
    "experts": ("mixtral-8x7b", "rtx-4090", Run(weights="q4_k_m", batch=3), _STEP),
    "windows": ("gemma-3-1b", "raspberry-pi-5", Run(context=2000), (*_STEP, "generation_time")),
    "pages": ("gpt-oss-20b", "rtx-4090", Run(kernels="llama.cpp", context=3000), _STEP),
    "latent": ("deepseek-v3", None, Run(), ("flops", "kv_cache_bytes", "active_parameters")),
    "pruned": ("llama-3.2-1b", "rtx-4090", Run(prune="0.3:bitmask"), (*_STEP, "energy_per_token")),
    "smooth": ("qwen3-30b-a3b", "rtx-4090", Run(composition="smooth"), ("step_time",)),
    "prefill": ("llama-4-scout", "rtx-4090", Run(prompt=9000), ("time_to_first_token",)),
    "many": (
        "gemma-4-e2b",
        "rtx-4090",
        Run(weights="q4_k_m", batch=2),
        ("generation_time", *_STEP),
    ),
    "counts": ("gemma-2-9b", None, Run(context=20000), ("generation_flops", "parameters")),
}


def setup_of(name):
    model, device, run, names = CASES[name]
    machine = None if device is None else find_device(device)
    return Setup(load(model), machine, run), names


def points_of(found, count=4, seed=0):
    """The test point, and others around it: whole numbers stay whole."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    yield {one.symbol: one.value for one in found.inputs}
    for _ in range(count):
        point = {}
        for one in found.inputs:
            factor = draw.uniform(0.3, 3)
            value = max(1, round(one.value * factor)) if one.whole else float(one.value) * factor
            point[one.symbol] = one.value if math.isinf(one.value) else value
        for many, few in (("experts", "experts_per_token"), ("context", "micro_batch")):
            pair = (symbol(many), symbol(few))
            if pair[0] in point and pair[1] in point:
                point[pair[1]] = min(point[p] for p in pair)
        if symbol("density") in point:
            point[symbol("density")] = min(1.0, point[symbol("density")])
        yield point


def truth_of(found, point):
    forms = [found.setup.expression(one.name) for one in found.outputs]
    fixed = {one.symbol: one.value for one in found.fixed}
    return list(map(float, program_of(forms, fixed).exact(point)))


def run(*command, stdin=""):
    ran = subprocess.run(
        [str(part) for part in command], input=stdin, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return ran.stdout


def module_of(file):
    spec = importlib.util.spec_from_file_location(f"made_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def python_names(found, text):
    """The parameters of an exported function, in the order of the inputs."""
    given = text.partition("def evaluate(")[2].partition("):")[0]
    return re.findall(r"^    (\w+)=", given, re.MULTILINE)


def by_python(found, points, folder):
    (folder / "made.py").write_text(text := written(found, "python"), encoding="utf-8")
    module = module_of(folder / "made.py")
    assert module.check()
    for point in points:
        given = dict(zip(python_names(found, text), point.values(), strict=True))
        yield [float(value) for value in module.evaluate(**given).values()]


def by_numpy(found, points, folder):
    (folder / "columns.py").write_text(text := written(found, "numpy"), encoding="utf-8")
    module = module_of(folder / "columns.py")
    assert module.check()
    points = list(points)
    names = python_names(found, text)
    columns = {
        name: np.array([float(point[one.symbol]) for point in points])
        for name, one in zip(names, found.inputs, strict=True)
    }
    got = [np.broadcast_to(c, len(points)) for c in module.evaluate(**columns).values()]
    yield from np.array(got).T.tolist()


_C_HARNESS = """
#define EDGESYM_NO_MAIN
#include "made.c"
int main(void) {
    struct edgesym_inputs in = edgesym_defaults;
    double *numbers = (double *)&in;
    for (;;) {
        for (int i = 0; i < COUNT; i++) if (scanf("%lf", &numbers[i]) != 1) return 0;
        struct edgesym_outputs out = edgesym_evaluate(&in);
        for (int i = 0; i < (int)(sizeof out / sizeof(double)); i++)
            printf("%.17g ", ((double *)&out)[i]);
        printf("\\n");
    }
}
"""


def by_c(found, points, folder):
    (folder / "made.c").write_text(written(found, "c"), encoding="utf-8")
    harness = _C_HARNESS.replace("COUNT", str(len(found.inputs)))
    (folder / "harness.c").write_text(harness, encoding="utf-8")
    strict = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-O1", "-ffp-contract=off")
    run("cc", *strict, folder / "made.c", "-o", folder / "made", "-lm")
    run(folder / "made")
    run("cc", *strict, folder / "harness.c", "-o", folder / "harness", "-lm")
    given = "\n".join(" ".join(repr(float(v)) for v in point.values()) for point in points)
    for line in run(folder / "harness", stdin=given).splitlines():
        yield list(map(float, line.split()))


_JS_HARNESS = """
const made = require("./made.js");
const read = (v) => (v === "inf" ? Infinity : v);
for (const given of JSON.parse(require("fs").readFileSync(0))) {
  for (const name of Object.keys(given)) given[name] = read(given[name]);
  console.log(JSON.stringify(Object.values(made.evaluate(given))));
}
"""


def by_javascript(found, points, folder):
    (folder / "made.js").write_text(text := written(found, "javascript"), encoding="utf-8")
    (folder / "harness.js").write_text(_JS_HARNESS, encoding="utf-8")
    run("node", folder / "made.js")
    taken = text.partition("evaluate({")[2].partition("} = {}")[0]
    names = re.findall(r"^  (\w+) = ", taken, re.MULTILINE)
    given = [
        {
            name: "inf" if math.isinf(value) else float(value)
            for name, value in zip(names, point.values(), strict=True)
        }
        for point in points
    ]
    for line in run("node", folder / "harness.js", stdin=json.dumps(given)).splitlines():
        yield json.loads(line)


def by_rust(found, points, folder):
    (folder / "made.rs").write_text(text := written(found, "rust"), encoding="utf-8")
    names = re.findall(r"pub (\w+): f64", text.partition("pub struct Outputs")[0])
    outputs = re.findall(
        r"pub (\w+): f64", text.partition("pub struct Outputs")[2].partition("}")[0]
    )
    lines = ['#[path = "made.rs"]', "mod made;", "fn main() {"]
    for point in points:
        given = ", ".join(
            f"{name}: {'f64::INFINITY' if math.isinf(value) else repr(float(value))}"
            for name, value in zip(names, point.values(), strict=True)
        )
        lines.append(f"    let out = made::evaluate(&made::Inputs {{ {given} }});")
        marks = " ".join("{:e}" for _ in outputs)
        listed = ", ".join(f"out.{name}" for name in outputs)
        lines.append(f'    println!("{marks}", {listed});')
    (folder / "harness.rs").write_text("\n".join([*lines, "}"]), encoding="utf-8")
    run("rustc", "--out-dir", folder, folder / "made.rs")
    run(folder / "made")
    run("rustc", "--out-dir", folder, folder / "harness.rs")
    for line in run(folder / "harness").splitlines():
        yield list(map(float, line.split()))


def by_excel(found, points, folder):
    """The formulas of the cells, computed in Python: names, MAX, MIN, INT, LN and powers."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(BytesIO(written(found, "excel")))
    where = {made.attr_text.replace("$", ""): name for name, made in book.defined_names.items()}
    steps = {
        where[f"Steps!B{row[1].row}"]: row[1].value for row in book["Steps"].iter_rows(min_row=2)
    }
    assert all(len(text) < 8192 for text in steps.values())
    functions = {"MAX": max, "MIN": min, "INT": math.floor, "LN": math.log}
    inputs = [book["Inputs"].cell(row, 2) for row in range(2, 2 + len(found.inputs))]
    for point in points:
        numbers = {}
        for cell, value in zip(inputs, point.values(), strict=True):
            numbers[where[f"Inputs!{cell.coordinate}"]] = min(float(value), 1e290)
        results = [
            row[1].value for row in book["Results"].iter_rows() if str(row[1].value)[:1] == "="
        ]
        for name, text in steps.items():
            numbers[name] = computed(text, functions, numbers)
        yield [computed(text, functions, numbers) for text in results]


def computed(text, functions, numbers):
    return eval(text[1:].replace("^", "**"), {"__builtins__": {}}, {**functions, **numbers})  # noqa: S307


TOOLS = {"c": "cc", "javascript": "node", "rust": "rustc"}
RUNS = {
    "python": by_python,
    "numpy": by_numpy,
    "c": by_c,
    "javascript": by_javascript,
    "rust": by_rust,
    "excel": by_excel,
}


def test_every_language_is_run():
    assert list(RUNS) == list(LANGUAGES)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", RUNS)
def test_a_language_gives_the_numbers_of_the_closed_forms(language, name, tmp_path):
    if language in TOOLS and not shutil.which(TOOLS[language]):
        pytest.skip(f"{TOOLS[language]} is not installed")
    if language == "rust" and name not in ("experts", "pages"):
        pytest.skip("the compiler is slow; two cases hold all it writes")
    found = exported(*setup_of(name))
    points = list(points_of(found))
    got = list(RUNS[language](found, points, tmp_path))
    assert len(got) == len(points)
    for values, point in zip(got, points, strict=True):
        assert values == pytest.approx(truth_of(found, point), rel=EXACT, abs=0)


def test_the_largest_numbers_are_exact_in_python_and_never_wrap_elsewhere(tmp_path):
    setup = Setup(load("llama-3.1-405b"), run=Run(batch=10**9, context=10**9))
    found = exported(setup, ["flops"])
    point = {one.symbol: one.value for one in found.inputs}
    truth = program_of([setup.expression("flops")]).exact(point)[0]
    assert truth > 2**63
    (tmp_path / "made.py").write_text(text := written(found, "python"), encoding="utf-8")
    assert module_of(tmp_path / "made.py").evaluate() == {"flops": truth}
    assert f'"flops": {truth},' in text
    ((one,), *_) = by_numpy(found, [point], tmp_path)
    assert one == float(truth)


def test_a_count_that_a_double_does_not_hold_is_refused(tmp_path):
    found = exported("llama-3.2-1b", ["kv_cache_bytes"])
    point = {one.symbol: one.value for one in found.inputs} | {symbol("context"): 2**53}
    with pytest.raises(ValueError, match="2\\^53"):
        list(by_numpy(found, [point], tmp_path))
    if shutil.which("cc"):
        ((one,),) = by_c(found, [point], tmp_path)
        assert math.isnan(one)
    if shutil.which("node"):
        with pytest.raises(AssertionError, match="is no count below 2\\^53"):
            list(by_javascript(found, [point], tmp_path))
    if shutil.which("rustc"):
        with pytest.raises(AssertionError, match="is no count below 2\\^53"):
            list(by_rust(found, [point], tmp_path))
    given = Run(given=((symbol("hidden"), 2**53),))
    with pytest.raises(ConfigError, match="must lie between"):
        exported(Setup(load("llama-3.2-1b"), run=given), ["parameters"])


EVIL = '\u00e9vil */ "; system("touch pwned"); // \\\n#include <oops>\n\u2028=cmd|A1 \u202e'


@pytest.fixture
def evil(tmp_path):
    """A model whose name would be code where it were not escaped."""
    from dataclasses import replace

    return replace(load("llama-3.2-1b"), name=EVIL)


@pytest.mark.parametrize("language", RUNS)
def test_names_of_users_are_data_and_never_code(language, evil, tmp_path):
    if language in TOOLS and not shutil.which(TOOLS[language]):
        pytest.skip(f"{TOOLS[language]} is not installed")
    found = exported(evil, ["kv_cache_bytes", "flops"])
    points = list(points_of(found, 1))
    got = list(RUNS[language](found, points, tmp_path))
    assert got[0] == pytest.approx(truth_of(found, points[0]), rel=EXACT)
    assert not list(tmp_path.rglob("pwned"))
    if language != "excel":
        text = written(found, language)
        assert "\u00e9vil" in text.splitlines()[0]
        assert not any(letter in text for letter in "\u2028\u202e")


def test_a_workbook_has_no_formula_of_a_users(evil):
    openpyxl = pytest.importorskip("openpyxl")
    from dataclasses import replace

    found = exported(replace(evil, name='=HYPERLINK("x")'), ["flops"])
    book = openpyxl.load_workbook(BytesIO(written(found, "excel")))
    texts = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    formulas = [cell.value for cell in texts if cell.data_type == "f"]
    assert not any("HYPERLINK" in text for text in formulas)
    assert written(found, "excel") == written(found, "excel")


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_a_spreadsheet_computes_what_the_closed_form_does(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    found = exported(*setup_of("pages"))
    (point,) = [*points_of(found, 1)][1:]
    book = openpyxl.load_workbook(BytesIO(written(found, "excel")))
    for row, value in enumerate(point.values(), 2):
        book["Inputs"].cell(row, 2).value = min(float(value), 1e290)
    book.save(tmp_path / "made.xlsx")
    office = f"-env:UserInstallation=file://{tmp_path}/office"
    to = ("--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", tmp_path / "out")
    run("soffice", office, "--headless", *to, tmp_path / "made.xlsx")
    computed_ = openpyxl.load_workbook(tmp_path / "out" / "made.xlsx", data_only=True)["Results"]
    got = [row[1].value for row in computed_.iter_rows() if row[2].value in ("s", "B", "tokens/s")]
    assert got == pytest.approx(truth_of(found, point), rel=EXACT)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("layers.gr\u00f6\u00dfe", "layers_grosse"),
        ("\u5c42", "n"),
        ("2:4", "n_2_4"),
        ("class", "class"),
        ("a b;c", "a_b_c"),
        ("__import__", "import"),
    ],
)
def test_a_name_is_of_letters_of_every_language(text, made):
    assert identifier(text) == made


def test_names_are_given_once_and_never_those_of_the_language():
    names = Names(reserved("c"))
    given = [
        names.given(text) for text in ("class", "class", "na\u00efve", "naive", "pow", "\u5c42")
    ]
    assert given == ["class_", "class__2", "naive", "naive_2", "pow_", "n"]
    assert len(set(given)) == len(given)


def test_what_is_said_in_a_comment_stays_there():
    assert said("a*/b\\\nc\u2028d\r??/e\u202e\x00") == "a* /b/ c d ? ?/e  "


def test_only_some_symbols_are_left_open():
    found = exported("llama-3.2-1b", ["memory_footprint"], ["context", "b"])
    assert {one.word for one in found.inputs} == {"context", "batch"}
    text = written(found, "python")
    assert "Put in: " in text
    assert "hidden=" not in text


def test_the_library_exports_too():
    text = edgesym.export("llama-3.2-1b", "flops", "javascript")
    assert "function evaluate({" in text
    assert edgesym.export("llama-3.2-1b", ["flops"], "c").count("double flops") == 2


ERRORS = [
    (("llama-3.2-1b", "flops", "cobol"), UnknownNameError, "language to export to 'cobol'"),
    (("llama-3.2-1b", "flop"), UnknownNameError, "quantity 'flop'; nearest: flops"),
    (("llama-3.2-1b", "step_time"), EdgesymError, "needs .* of a device; name one"),
    (("llama-3.2-1b", []), ConfigError, "nothing is named to export"),
    (("llama-3.2-1b", "flops", "c", ["contxt"]), UnknownNameError, "nearest: context"),
    (("llama-3.2-1b", "flops", "c", ["window"]), UnknownNameError, "input of these quantities"),
]


@pytest.mark.parametrize(("given", "kind", "message"), ERRORS)
def test_what_cannot_be_exported_is_refused(given, kind, message):
    with pytest.raises(kind, match=message):
        export(*given)


def test_without_openpyxl_the_remedy_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(OutputError, match=r"pip install 'edgesym\[excel\]'"):
        export("llama-3.2-1b", "flops", "excel")


def test_fractions_stay_fractions_in_python():
    found = exported(Setup(load("llama-3.2-1b"), run=Run(weights="q4_0")), ["weight_storage_bytes"])
    assert "Fraction(9, 16)" in written(found, "python")
    assert found.outputs[0].value == int(found.outputs[0].value)
    assert isinstance(found.outputs[0].value, int | Fraction)
