"""Answers out of the cache on disk: the same as computed ones, whatever happens to the cache."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys

import pytest

from edgesym.cli import recalled as module
from edgesym.data import shipped_text

BOARD = shipped_text("devices/data", "raspberry-pi-5")
RUN = "from edgesym.cli.main import main; main()"
ASKED = ("estimate", "llama-3.2-1b", "--device", "raspberry-pi-5")
#: Which of the libraries that take long to import a process has imported.
HEAVY = {"sympy", "mpmath", "networkx", "numpy", "jinja2", "lark", "msgspec", "huggingface_hub"}
SEEN = f"json.dumps(sorted({HEAVY} & sys.modules.keys()))"
SEEING = f"import atexit, json, sys\natexit.register(lambda: sys.stderr.write({SEEN}))\n{RUN}"
MEDIA = ("text", "markdown", "latex", "html", "json", "csv")
QUESTIONS = [
    ASKED,
    ("estimate", "gemma-3-1b", "--device", "rtx-4090", "--weights", "q4_k_m", "--context", "8k"),
    ("estimate", "mixtral-8x7b", "--device", "apple-m2-max", "--batch", "4", "--prompt", "1k"),
    ("estimate", "llama-3.2-1b", "--device", "h100-sxm", "--runtime", "torch-cudagraph"),
    ("estimate", "qwen3-0.6b", "--device", "pi5", "--set", "memory_bandwidth=9+-1GB/s"),
    ("estimate", "llama-3.2-1b", "--device", "pi5", "--context", "1M", "--composition", "sum"),
    ("estimate", "llama-3.1-70b", "--device", "rtx-4090", "--runtime", "llama.cpp", "-ngl", "40"),
]


@pytest.fixture
def cached(edgesym, monkeypatch, tmp_path):
    """The command line with a cache of its own, whose folder it has as ``folder``."""
    folder = tmp_path / "kept"
    monkeypatch.setenv("EDGESYM_CACHE", str(folder))
    # other tests may have asked the hub in this process
    monkeypatch.delitem(sys.modules, "huggingface_hub", raising=False)
    edgesym.folder = folder
    return edgesym


def entries(folder):
    return sorted(folder.rglob("*.json"))


def computed_anew(monkeypatch):
    """Have whatever computes an estimate fail, so that an answer must come from the cache."""

    def fails(*_):
        raise AssertionError("computed anew")

    monkeypatch.setattr("edgesym.cli.asked.setup_of", fails)


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: "-".join(asked[1:4:2]))
def test_what_is_recalled_is_what_was_computed_byte_for_byte(cached, monkeypatch, asked):
    plain = {
        (medium, *more): cached(*asked, "--no-cache", "--format", medium, *more)
        for medium in MEDIA
        for more in ((), ("--brief",))
    }
    assert entries(cached.folder) == []
    first = cached(*asked)
    assert first == plain["text",]
    assert len(entries(cached.folder)) == 1
    computed_anew(monkeypatch)
    for (medium, *more), wanted in plain.items():
        assert cached(*asked, "--format", medium, *more) == wanted
    assert cached(*asked, columns=40).out != first.out


def child(*asked, folder, code=RUN, **options):
    """The command line in a process of its own."""
    environment = {**os.environ, "EDGESYM_CACHE": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", code, *asked],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


@pytest.mark.parametrize("medium", MEDIA)
def test_recalling_imports_neither_sympy_nor_networkx(cached, medium):
    cached(*ASKED)
    told = child(*ASKED, "--format", medium, folder=cached.folder, code=SEEING)
    assert json.loads(told.stderr) == []
    assert told.stdout == cached(*ASKED, "--format", medium).out


def test_warnings_are_told_again(cached):
    asked = (*ASKED, "--context", "1M")
    first, again = cached(*asked), cached(*asked)
    assert "Warning" in first.err
    assert first == again


def test_errors_are_not_kept(cached):
    asked = ("estimate", "llama-3.2-1b", "--device", "pi5", "--set", "hidden=0")
    first, again = cached(*asked), cached(*asked)
    assert first.code == 2
    assert first == again
    assert entries(cached.folder) == []


def test_a_file_that_changes_is_read_anew(cached):
    board = cached.folder.parent / "board.toml"
    board.write_text(BOARD)
    asked = ("estimate", "llama-3.2-1b", "--device", "board.toml", "--json")
    before = json.loads(cached(*asked).out)
    board.write_text(f"{BOARD}\n# another\n")
    cached(*asked)
    assert len(entries(cached.folder)) == 2
    board.write_text(BOARD)
    assert json.loads(cached(*asked).out) == before
    assert len(entries(cached.folder)) == 2


def test_a_file_that_changes_meanwhile_is_not_kept(cached, monkeypatch):
    board = cached.folder.parent / "board.toml"
    board.write_text(BOARD)
    real = module.listening

    def listening():
        board.write_text(f"{BOARD}\n# meanwhile\n")
        return real()

    monkeypatch.setattr(module, "listening", listening)
    assert cached("estimate", "llama-3.2-1b", "--device", "board.toml").code == 0
    assert entries(cached.folder) == []


def test_a_file_made_later_is_seen(cached):
    asked = ("estimate", "llama-3.2-1b", "--device", "pi5")
    cached(*asked)
    (cached.folder.parent / "llama-3.2-1b").write_text("{}")
    assert cached(*asked).code == 2


def test_another_state_of_the_package_is_another_question(cached, monkeypatch):
    before = cached(*ASKED)
    monkeypatch.setattr(module, "state_of_package", lambda: "other")
    assert cached(*ASKED) == before
    assert len(entries(cached.folder)) == 2
    monkeypatch.setattr(module, "state_of_package", lambda: "")
    assert cached(*ASKED) == before
    assert len(entries(cached.folder)) == 2
    monkeypatch.undo()


@pytest.mark.parametrize("content", [b"", b"{}", b"x" * 100, None])
def test_a_damaged_entry_is_computed_anew(cached, content):
    before = cached(*ASKED)
    (entry,) = entries(cached.folder)
    entry.write_bytes(entry.read_bytes()[:-100] if content is None else content)
    assert cached(*ASKED) == before
    assert cached(*ASKED) == before
    assert len(entries(cached.folder)) == 1


@pytest.mark.parametrize("content", [{}, [], {"document": 1, "warnings": []}, {"warnings": [1]}])
def test_an_entry_of_something_else_is_computed_anew(cached, monkeypatch, content):
    before = cached(*ASKED)
    monkeypatch.setattr("edgesym.store.store.content_of", lambda *_: content)
    assert cached(*ASKED) == before


def test_off_is_off(cached, monkeypatch):
    monkeypatch.setenv("EDGESYM_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cached.folder))
    assert cached(*ASKED).code == 0
    assert not cached.folder.exists()
    assert "no cache" in cached("cache").out
    assert json.loads(cached("cache", "--json").out)["place"] is None


def test_a_disk_that_takes_nothing_changes_nothing(cached):
    """No file may grow: every write fails as on a full disk."""
    cached.folder.mkdir()

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    done = child(*ASKED, folder=cached.folder, preexec_fn=full)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == cached(*ASKED, "--no-cache").out
    assert [path for path in cached.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null", "/dev/null/below"])
def test_a_place_that_cannot_be_written_to_changes_nothing(cached, monkeypatch, place):
    wanted = cached(*ASKED)
    monkeypatch.setenv("EDGESYM_CACHE", place)
    assert cached(*ASKED) == wanted
    assert cached("cache").code == 0
    assert cached("cache", "clear").code == 0


def test_twenty_at_once_say_the_same(cached):
    wanted = cached(*ASKED, "--no-cache").out
    code = (
        "import os, sys\n"
        "for _ in range(19):\n"
        "    if not os.fork():\n"
        "        break\n"
        "else:\n"
        "    sys.stdout.flush()\n"
        f"{RUN}"
    )
    done = child(*ASKED, folder=cached.folder, code=code)
    assert done.stderr == ""
    assert done.stdout == wanted * 20
    assert len(entries(cached.folder)) == 1


def test_the_verb_shows_and_clears(cached):
    assert json.loads(cached("cache", "--json").out)["entries"] == 0
    cached(*ASKED)
    cached("estimate", "qwen3-0.6b", "--device", "pi5")
    told = json.loads(cached("cache", "--json").out)
    assert told["place"] == str(cached.folder)
    assert told["entries"] == 2
    assert told["bytes"] == sum(path.stat().st_size for path in entries(cached.folder))
    assert [row["model"] for row in told["by_model"]] == ["llama-3.2-1b", "qwen3-0.6b"]
    text = cached("cache").out
    assert "qwen3-0.6b" in text
    assert str(cached.folder) in text.replace("\n", "").replace(" ", "")
    assert "2 entries removed" in cached("cache", "clear").out
    assert entries(cached.folder) == []
    cached(*ASKED)
    assert json.loads(cached("cache", "--clear", "--json").out)["removed"] == 1
    assert cached("cache", "show", "--clear").code == 2


def test_the_verb_says_what_is_outdated_or_not_its_own(cached, monkeypatch):
    cached(*ASKED)
    monkeypatch.setattr("edgesym.cli.cache.state_of_package", lambda: "later")
    assert "another state of edgesym" in cached("cache").out
    (cached.folder / "v1").chmod(0o777)
    assert "written to by others" in cached("cache").out
    assert cached(*ASKED).code == 0


def test_every_file_that_is_read_is_part_of_the_key(cached, monkeypatch):
    """What an estimate opens beside the package and Python is what its key looks at."""
    board = cached.folder.parent / "board.toml"
    board.write_text(BOARD)
    opened, seen = set(), set()

    def hook(event, arguments):
        if event == "open" and watching and isinstance(arguments[0], str):
            opened.add(os.path.realpath(arguments[0]))

    watching = True
    sys.addaudithook(hook)
    real = module.state_of_files
    monkeypatch.setattr(
        module,
        "state_of_files",
        lambda texts: [seen.add(name) or [name, s] for name, s in real(texts)],
    )
    folder = str(cached.folder.parent)
    cached("estimate", "llama-3.2-1b", "--device", "board.toml", "--set", "hidden=1024")
    watching = False
    own = {path for path in opened if path.startswith(folder) and "/kept/" not in path}
    assert own == {os.path.realpath(name) for name in seen} == {str(board)}


def test_what_a_hub_was_asked_for_is_not_kept(cached, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", sys)
    assert cached(*ASKED).code == 0
    assert entries(cached.folder) == []


@pytest.mark.parametrize(
    ("asked", "imported"),
    [((*ASKED, "--no-cache"), {"sympy", "mpmath"}), (("cache",), set()), (("--help",), set())],
)
def test_nothing_is_imported_that_is_not_needed(cached, asked, imported):
    told = child(*asked, folder=cached.folder, code=SEEING)
    assert set(json.loads(told.stderr)) == imported
