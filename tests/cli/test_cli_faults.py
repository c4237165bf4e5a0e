"""What fails midway: the old file or the new one stands whole, nothing beside it, and a clear word.

The n-th step of writing fails, for every n until nothing does: see ``tests/files/faults.py``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from edgesym.architectures.traced.library import packed
from edgesym.data import packaged
from edgesym.errors import OutputError
from edgesym.explore.page import GENERATOR
from edgesym.files.parse import unpacked
from edgesym.files.write import BESIDE
from tests.files.faults import ENDS, Faults

if sys.platform == "win32":
    pytest.skip("has other signals", allow_module_level=True)

CONFIG = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
}
#: What writes a file, and the file.
VERBS = {
    "export": (
        ("export", "llama-3.2-1b", "-q", "parameters", "--output", "made/made.py", "--force"),
        "made/made.py",
    ),
    "report": (
        ("report", "small.json", "--brief", "--no-figures", "--date", "none", "--to", "made"),
        "made/small.md",
    ),
    "explore": (("explore", "small.json", "--to", "made"), "made/index.html"),
    "trace": (
        ("trace", "small.json", "--to", "made/it.traced.json", "--force"),
        "made/it.traced.json",
    ),
}
PAGE = f'<meta name="generator" content="{GENERATOR}">'
MOST = 60
#: What is left open where opening the next one fails is closed with the process.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def verbs(edgesym, monkeypatch, tmp_path):
    """The command line, with what takes long in place of itself."""
    (tmp_path / "small.json").write_text(json.dumps({**CONFIG, "torch_dtype": "bfloat16"}))
    traced = packaged("architectures/traced/data", "biogpt.traced.json.gz")
    data = json.loads(unpacked(traced, "biogpt", "trace"))
    monkeypatch.setattr("edgesym.cli.trace.trace", lambda job: data)
    monkeypatch.setattr("edgesym.explore.page.page", lambda data, served: PAGE)
    monkeypatch.setattr("edgesym.explore.data.data_of", lambda choices, told: None)
    monkeypatch.setenv("EDGESYM_CACHE", "off")
    return edgesym


def beside(folder):
    """Files that were being written."""
    return [path for path in folder.rglob("*") if path.name.startswith((BESIDE, ".tmp"))]


def one_line(ran, code):
    """Whether a command ended as it should, and said so."""
    passed = ("Warning:", "Wrote")
    lines = [line for line in ran.err.splitlines() if line and not line.startswith(passed)]
    assert ran.code == code, ran
    assert "Traceback" not in ran.err
    assert len(lines) == (code != 143), lines
    assert all(line.startswith(("Error: ", "Stopped")) for line in lines)


@pytest.mark.parametrize("end", ["a full disk", "Ctrl-C", "the request to end"])
@pytest.mark.parametrize("verb", [*VERBS])
def test_what_a_verb_writes_is_whole_or_as_it_was(verbs, tmp_path, monkeypatch, verb, end):
    arguments, name = VERBS[verb]
    fault, code = ENDS[end]
    target = tmp_path / name
    assert verbs(*arguments).code == 0
    new = target.read_bytes()
    old = f"{PAGE} old".encode()
    for n in range(1, MOST):
        target.write_bytes(old)
        target.chmod(0o600)
        with Faults(tmp_path, n, fault).installed(monkeypatch) as faults:
            ran = verbs(*arguments)
        assert target.read_bytes() in (old, new)
        assert target.stat().st_mode & 0o777 == 0o600
        assert not beside(tmp_path)
        if not faults.hit:
            break
        if ran.code == 0:
            assert faults.steps[n - 1].startswith("mkdir")
        else:
            one_line(ran, code)
    assert 4 < n < MOST
    assert (ran.code, target.read_bytes()) == (0, new)


SWEEP = (
    *("sweep", "small.json", "--over", "batch=1..40", "--over", "context=1k,2k"),
    *("-q", "kv_cache_bytes", "--out"),
)


@pytest.mark.parametrize("end", ["a full disk", "Ctrl-C", "the request to end"])
@pytest.mark.parametrize("target", ["rows.csv", "rows.npz"])
@pytest.mark.parametrize("kept", ["", "--top 5 --by kv_cache_bytes"], ids=["all", "best"])
def test_a_sweep_goes_on_from_any_step(verbs, tmp_path, monkeypatch, target, end, kept):
    monkeypatch.setattr("edgesym.analysis.sweep.keep._EVERY", 0.0)
    fault, code = ENDS[end]
    path, kept = tmp_path / target, kept.split()
    assert verbs(*SWEEP, target, *kept).code == 0
    whole = path.read_bytes()
    path.unlink()
    n, left = 1, True
    while left:
        with Faults(tmp_path, n, fault).installed(monkeypatch) as faults:
            ran = verbs(*SWEEP, target, *kept)
        left, n = faults.hit, n + 3
        if ran.code == 0:
            assert path.read_bytes() == whole
            path.unlink()
            continue
        one_line(ran, code)
        assert not path.exists() or path.read_bytes() == whole
        assert not beside(tmp_path)
        path.unlink(missing_ok=True)
        again = verbs(*SWEEP, target, *kept)
        assert (again.code, path.read_bytes()) == (0, whole), (faults.steps, again.err)
        path.unlink()
    assert 9 < n < 200


@pytest.mark.parametrize("end", ["a full disk", "Ctrl-C"])
def test_a_sweep_that_is_to_replace_a_file_keeps_it_until_it_is_done(
    verbs, tmp_path, monkeypatch, end
):
    path, old = tmp_path / "rows.npz", b"old"
    fault, code = ENDS[end]
    n, left = 1, True
    while left:
        path.write_bytes(old)
        with Faults(tmp_path, n, fault).installed(monkeypatch) as faults:
            ran = verbs(*SWEEP, "rows.npz", "--overwrite")
        left, n = faults.hit, n + 2
        if ran.code:
            one_line(ran, code)
            assert path.read_bytes() == old, faults.steps
    assert path.read_bytes() != old


@pytest.mark.parametrize("end", ["a full disk", "a broken disk", "read only", "Ctrl-C"])
def test_an_answer_that_cannot_be_kept_is_answered(verbs, tmp_path, monkeypatch, end):
    monkeypatch.setenv("EDGESYM_CACHE", str(tmp_path / "cache"))
    asked = ("estimate", "small.json", "--device", "pi5", "--json")
    fault, code = ENDS[end]
    for n in range(1, 20):
        monkeypatch.setenv("EDGESYM_CACHE", str(tmp_path / f"cache{n}"))
        with Faults(tmp_path, n, fault).installed(monkeypatch) as faults:
            ran = verbs(*asked)
        assert not beside(tmp_path)
        if code == 130 and faults.hit:
            one_line(ran, code)
        else:
            assert (ran.code, ran.err) == (0, "")
        kept = [path.read_bytes() for path in tmp_path.glob(f"cache{n}/v1/*.json")]
        assert verbs(*asked).out == (ran.out or verbs(*asked).out)
        assert len(kept) == (not faults.hit) or faults.steps[n - 1].startswith("mkdir")
        if not faults.hit:
            break
    assert n > 3


def test_rows_of_measurements_are_never_lost(tmp_path, monkeypatch):
    from edgesym.cli import measure
    from edgesym.measuring.row import COLUMNS

    class Found:
        class setup:  # noqa: N801 - an attribute
            class machine:  # noqa: N801 - an attribute
                name = "here"

    row = dict.fromkeys(COLUMNS, "1")
    monkeypatch.setattr("edgesym.measuring.row.rows_of", lambda *_: iter([row]))
    target = tmp_path / "rows.csv"
    measure._kept(Found, target)
    written = 1
    for n in range(1, 20):
        with Faults(tmp_path, n, ENDS["a full disk"][0]).installed(monkeypatch) as faults:
            try:
                measure._kept(Found, target)
                written += 1
            except OutputError as error:
                assert "No space left" in str(error)  # noqa: PT017 - which step fails is not known
        assert len(target.read_text().splitlines()) == 1 + written, faults.steps
        assert not beside(tmp_path)
        if not faults.hit:
            break
    assert n > 4


def test_fits_are_written_whole(tmp_path, monkeypatch):
    from edgesym.fits.fit import find_fit, fitted_classes, read_fit
    from edgesym.fitting.write import write_fits

    fits = {name: find_fit(name) for name in fitted_classes()[:2]}
    write_fits(fits, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for n in range(1, 20):
        with Faults(tmp_path, n, ENDS["Ctrl-C"][0]).installed(monkeypatch) as faults:
            try:
                write_fits(fits, tmp_path)
            except KeyboardInterrupt:
                assert faults.hit
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
        if not faults.hit:
            break
    assert [read_fit(path).device_class for path in sorted(tmp_path.iterdir())] == sorted(fits)


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": None, "XDG_CACHE_HOME": None},
        {"HOME": "/nowhere/at/all", "XDG_CACHE_HOME": None},
        {"HOME": "relative", "XDG_CACHE_HOME": "relative"},
        {"XDG_CACHE_HOME": "FILE"},
        {"EDGESYM_CACHE": "FILE"},
        {"EDGESYM_CACHE": "/proc/nowhere"},
        {"EDGESYM_CACHE": "/dev/full"},
        {"EDGESYM_CACHE": "x" * 5000},
        {"EDGESYM_CACHE": "~nobody-of-that-name/cache"},
    ],
    ids=str,
)
def test_without_a_place_for_the_cache_verbs_answer(edgesym, tmp_path, monkeypatch, environment):
    monkeypatch.delenv("EDGESYM_CACHE", raising=False)
    (tmp_path / "file").write_text("mine")
    for name, value in environment.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, str(tmp_path / "file") if value == "FILE" else value)
    ran = edgesym("estimate", "llama-3.2-1b", "--device", "pi5", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert (tmp_path / "file").read_text() == "mine"
    shown = edgesym("cache")
    assert shown.code in (0, 2)
    assert "Traceback" not in shown.err
    assert edgesym("cache", "--clear").code in (0, 2)
    assert (tmp_path / "file").read_text() == "mine"


def test_two_versions_share_a_cache(edgesym, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGESYM_CACHE", str(tmp_path / "cache"))
    asked = ("estimate", "llama-3.2-1b", "--device", "pi5", "--json")
    first = edgesym(*asked)
    monkeypatch.setattr("edgesym.cli.recalled.state_of_package", lambda: "f" * 64)
    second = edgesym(*asked)
    assert first.out == second.out
    assert len(list(tmp_path.glob("cache/v1/*.json"))) == 2
    (tmp_path / "cache" / "v2").mkdir()
    (tmp_path / "cache" / "v2" / "theirs").write_text("x")
    assert edgesym("cache", "--clear").code == 0
    assert not list(tmp_path.glob("cache/v1/*.json"))
    assert (tmp_path / "cache" / "v2" / "theirs").exists()


def test_an_entry_that_is_damaged_anywhere_is_made_anew(edgesym, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGESYM_CACHE", str(tmp_path / "cache"))
    asked = ("estimate", "llama-3.2-1b", "--device", "pi5", "--json")
    first = edgesym(*asked)
    (entry,) = tmp_path.glob("cache/v1/*.json")
    whole = entry.read_bytes()
    for place in range(3, len(whole), len(whole) // 5):
        entry.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        ran = edgesym(*asked)
        assert (ran.code, ran.out, ran.err) == (0, first.out, "")
        assert entry.read_bytes() == whole


def test_a_trace_may_be_gzipped_and_no_more_than_that(edgesym, tmp_path):
    whole = packaged("architectures/traced/data", "biogpt.traced.json.gz")
    (tmp_path / "it.traced.json.gz").write_bytes(whole)
    data = json.loads(unpacked(whole, "biogpt", "trace"))
    assert packed(data) == whole
    (tmp_path / "it.traced.json").write_text(json.dumps(data))
    one, other = (
        edgesym("derive", f"it.traced.json{ending}", "-q", "parameters") for ending in ("", ".gz")
    )
    assert (one.code, one.out) == (0, other.out)
    (tmp_path / "it.traced.json.gz").write_bytes(whole[: len(whole) // 2])
    ran = edgesym("derive", "it.traced.json.gz")
    one_line(ran, 2)
    assert "is cut off" in ran.err
    assert os.listdir(tmp_path)  # noqa: PTH208 - nothing was removed
    assert Path("it.traced.json").exists()


def test_a_sweep_replaces_nothing_but_rows(edgesym, tmp_path):
    (tmp_path / "small.json").write_text(json.dumps({**CONFIG, "torch_dtype": "bfloat16"}))
    mine = tmp_path / "mine.parquet"
    mine.mkdir()
    (mine / "thesis.tex").write_text("mine")
    os.mkfifo(tmp_path / "pipe.csv")
    for target, said in (
        ("mine.parquet", "is a folder of other files"),
        ("pipe.csv", "is no file"),
    ):
        ran = edgesym(*SWEEP, target, "--overwrite")
        one_line(ran, 2)
        assert said in ran.err
    assert (mine / "thesis.tex").read_text() == "mine"


def test_fits_of_no_folder_are_refused(edgesym, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    ran = edgesym("estimate", "llama-3.2-1b", "--device", "rtx-4090", "--fits", "pipe")
    one_line(ran, 2)
    assert "--fits pipe: is no folder" in ran.err
