"""What an answer follows from besides what is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import edgesym
from edgesym.store import state as module
from edgesym.store.state import state_of_files, state_of_package


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_names_nothing_is_left_out(here):
    assert state_of_files(["llama-3.2-1b", "", "a" * 5000, "a\0b", "memory_bandwidth=2GB/s"]) == []


def test_a_file_is_told_by_its_content(here):
    (here / "board.toml").write_text("one")
    before = state_of_files(["board.toml"])
    assert before[0][0] == "board.toml"
    (here / "board.toml").write_text("two")
    assert state_of_files(["board.toml"]) != before
    (here / "board.toml").write_text("one")
    assert state_of_files(["board.toml"]) == before


def test_what_a_file_names_in_turn_is_seen(here):
    """A device's host, a runtime's base; a circle of them ends."""
    (here / "card.toml").write_text('host = "host.toml"\n')
    before = state_of_files(["card.toml"])
    (here / "host.toml").write_text("base = 'more.toml'\n")
    there = state_of_files(["card.toml"])
    (here / "more.toml").write_text('base = "card.toml"\n')
    circle = state_of_files(["card.toml"])
    (here / "more.toml").write_text("other")
    assert (
        len({str(found) for found in (before, there, circle, state_of_files(["card.toml"]))}) == 4
    )


@pytest.mark.parametrize("text", ["draft=draft.json,4", "draft.json:q4_0", "a,draft.json"])
def test_a_file_beside_a_sign_is_seen(here, text):
    (here / "draft.json").write_text("{}")
    assert state_of_files([text]) == state_of_files(["draft.json"]) != []


def test_a_folder_is_told_by_its_files(here):
    (here / "model").mkdir()
    (here / "model" / "config.json").write_text("one")
    before = state_of_files(["model"])
    (here / "model" / "config.json").write_text("two")
    changed = state_of_files(["model"])
    (here / "model" / "other.json").write_text("{}")
    assert len({str(before), str(changed), str(state_of_files(["model"]))}) == 3


def test_a_large_file_is_told_by_its_beginning_size_and_times(here, monkeypatch):
    monkeypatch.setattr(module, "_WHOLE", 10)
    (here / "w.gguf").write_bytes(b"x" * 20)
    status = (here / "w.gguf").stat()
    before = state_of_files(["w.gguf"])
    (here / "w.gguf").write_bytes(b"y" * 20)
    os.utime("w.gguf", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert state_of_files(["w.gguf"]) != before


def test_the_other_parts_of_a_model_are_seen(here):
    for part in (1, 2):
        (here / f"m-0000{part}-of-00002.gguf").write_bytes(b"x")
    before = state_of_files(["m-00001-of-00002.gguf"])
    (here / "m-00002-of-00002.gguf").write_bytes(b"xy")
    assert state_of_files(["m-00001-of-00002.gguf"]) != before


def test_a_pipe_is_not_read(here):
    os.mkfifo(here / "pipe")
    with pytest.raises(OSError, match="no file"):
        state_of_files(["pipe"])


def test_a_folder_of_too_many_files_is_not_looked_at(here, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 1)
    for name in "ab":
        (here / name).write_text("")
    with pytest.raises(OSError, match="more than 1"):
        state_of_files(["."])


def test_the_state_of_the_package_is_one_text():
    assert len(state_of_package()) == 64
    assert state_of_package() == state_of_package()


@pytest.mark.parametrize("changed", ["units.py", "devices/data/raspberry-pi-5.toml", "new.py"])
def test_any_change_of_the_package_changes_its_state(tmp_path, changed):
    copied = tmp_path / "edgesym"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(edgesym.__file__).parent, copied, ignore=ignored)
    before = _state_at(tmp_path)
    assert _state_at(tmp_path) == before
    file = copied / changed
    text = file.read_text() if file.exists() else ""
    if text:  # as long as before, and as old
        status = file.stat()
        file.write_text(text.replace("e", "a", 1))
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    else:
        file.write_text("")
    assert _state_at(tmp_path) != before


def _state_at(folder):
    run = "from edgesym.store.state import state_of_package; print(state_of_package())"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", run], env=environment, cwd=folder, capture_output=True, check=True
    )
    return done.stdout
