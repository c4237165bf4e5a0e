"""The cache on disk: found as it was kept, or not at all."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from errno import EACCES, ENOSPC, EROFS

import pytest

from edgesym.files.write import BESIDE
from edgesym.store.entry import LARGEST, About, about_in, content_of, written
from edgesym.store.place import chosen, refused
from edgesym.store.store import Store, find_store

KEY, OTHER = "a" * 64, "b" * 64
CONTENT = {"number": 1.5, "inf": float("inf"), "text": "\u00b5s \u2028 \x1b", "none": [None, True]}


def about(key=KEY, model="m"):
    return About(key, "estimate", model, "state")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def full(store):
    assert store.keep(about(), CONTENT)
    return store


def entry(store, key=KEY):
    return store.inside / f"{key}.json"


def test_what_is_kept_is_found_as_it_was(full):
    assert full.find(KEY) == CONTENT
    assert full.find(OTHER) is None


def test_nothing_is_found_where_nothing_is(store):
    assert store.find(KEY) is None
    assert store.entries() == []
    assert store.clear() == (0, 0)
    assert not store.folder.exists()


def test_a_damaged_entry_is_no_entry_and_is_removed(full):
    whole = entry(full).read_bytes()
    for place in range(0, len(whole), 7):
        broken = bytearray(whole)
        broken[place] ^= 1
        entry(full).write_bytes(broken)
        assert full.find(KEY) is None, place
        assert not entry(full).exists()
    for length in range(0, len(whole), 11):
        entry(full).write_bytes(whole[:length])
        assert full.find(KEY) is None, length
    entry(full).write_bytes(whole)
    assert full.find(KEY) == CONTENT


def test_a_number_changed_by_hand_is_noticed(full):
    text = entry(full).read_text()
    assert "1.5" in text
    entry(full).write_text(text.replace("1.5", "2.5"))
    assert full.find(KEY) is None


def test_an_entry_under_another_name_is_not_believed(full):
    entry(full).rename(entry(full, OTHER))
    assert full.find(OTHER) is None


def test_links_are_not_followed(full, tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    entry(full).rename(elsewhere)
    entry(full).symlink_to(elsewhere)
    assert full.find(KEY) is None
    assert elsewhere.exists()
    entry(full).unlink(missing_ok=True)
    entry(full).symlink_to(elsewhere)
    full.clear()
    assert elsewhere.exists()
    assert not entry(full).is_symlink()


def test_a_folder_that_is_a_link_is_not_used(full, tmp_path):
    full.inside.rename(tmp_path / "moved")
    full.inside.symlink_to(tmp_path / "moved")
    assert full.find(KEY) is None
    assert not full.keep(about(OTHER), CONTENT)
    assert full.clear() == (0, 0)
    assert len(list((tmp_path / "moved").iterdir())) == 1


def test_what_others_may_have_written_is_not_read(full, monkeypatch):
    full.inside.chmod(0o777)
    assert refused(full.inside) == "can be written to by others"
    assert full.find(KEY) is None
    assert not full.keep(about(OTHER), CONTENT)
    full.inside.chmod(0o700)
    assert full.find(KEY) == CONTENT
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert refused(full.inside) == "belongs to another user"
    assert full.find(KEY) is None


def test_the_folder_is_the_users_own(full):
    assert full.inside.stat().st_mode & 0o777 == 0o700
    assert entry(full).stat().st_mode & 0o777 == 0o600


def test_a_pipe_in_place_of_an_entry_is_not_waited_for(full):
    entry(full).unlink()
    os.mkfifo(entry(full))
    assert full.find(KEY) is None


@pytest.mark.parametrize("error", [EACCES, EROFS, ENOSPC])
def test_where_nothing_can_be_written_nothing_is_kept(store, monkeypatch, error):
    def fails(*_, **__):
        raise OSError(error, os.strerror(error))

    for step in ("open", "fdopen", "replace"):
        monkeypatch.setattr(os, step, fails)
        assert not store.keep(about(), CONTENT)
        monkeypatch.undo()
    assert list(store.inside.iterdir()) == []


def test_a_disk_that_is_full_midway_leaves_nothing(full, monkeypatch):
    real = os.fdopen

    class Stream:
        def __init__(self, *given):
            self.real = real(*given)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.real.close()

        def write(self, data):
            self.real.write(data[: len(data) // 2])
            self.real.flush()
            raise OSError(ENOSPC, os.strerror(ENOSPC))

    monkeypatch.setattr(os, "fdopen", Stream)
    assert not full.keep(about(OTHER), CONTENT)
    monkeypatch.undo()
    assert [path.name for path in full.inside.iterdir()] == [f"{KEY}.json"]
    assert full.find(KEY) == CONTENT


def test_a_file_in_place_of_the_folder_is_left_alone(tmp_path):
    (tmp_path / "cache").write_text("mine")
    store = Store(tmp_path / "cache")
    assert not store.keep(about(), CONTENT)
    assert store.find(KEY) is None
    assert store.entries() == []
    assert store.clear() == (0, 0)
    assert (tmp_path / "cache").read_text() == "mine"


def test_what_is_no_plain_data_is_not_kept(store):
    assert not store.keep(about(), {"object": object()})
    assert not store.keep(about(), "x" * LARGEST)
    assert store.find(KEY) is None


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    store = Store(tmp_path, most_entries=10)
    keys = [f"{number:064x}" for number in range(11)]
    for age, key in enumerate(keys[:10]):
        store.keep(about(key), CONTENT)
        past = time.time() - 100 + age
        os.utime(entry(store, key), (past, past))
    store.keep(about(keys[10]), CONTENT)
    left = {kept.path.stem for kept in store.entries()}
    assert left == set(keys[2:])


def test_using_an_entry_is_noted(full):
    past = time.time() - 10_000
    os.utime(entry(full), (past, past))
    full.find(KEY)
    assert time.time() - entry(full).stat().st_mtime < 100


def test_a_clock_that_went_back_holds_nothing_for_ever(full):
    left = full.inside / f"{BESIDE}1"
    left.write_text("half")
    future = time.time() + 10 * 86_400
    for path in (left, entry(full)):
        os.utime(path, (future, future))
    assert full.find(KEY) == CONTENT
    assert abs(time.time() - entry(full).stat().st_mtime) < 100
    full.keep(about(OTHER), CONTENT)
    assert not left.exists()


def test_bytes_are_bounded(tmp_path):
    store = Store(tmp_path, most_bytes=20_000)
    for number in range(40):
        store.keep(about(f"{number:064x}"), "x" * 1000)
        assert sum(path.stat().st_size for path in store.inside.iterdir()) <= 20_000
    assert len(store.entries()) > 10


def test_what_was_never_finished_is_removed_after_a_while(full):
    left = full.inside / f"{BESIDE}1"
    left.write_text("half")
    full.keep(about(OTHER), CONTENT)
    assert left.exists()
    os.utime(left, (1, 1))
    full.keep(about(OTHER), CONTENT)
    assert not left.exists()


def test_clearing_removes_entries_alone(full):
    (full.inside / "mine.txt").write_text("kept")
    size = entry(full).stat().st_size
    assert full.clear() == (1, size)
    assert [path.name for path in full.inside.iterdir()] == ["mine.txt"]


def test_entries_say_of_what_they_are(full):
    (kept,) = full.entries()
    assert kept.about == about()
    entry(full).write_bytes(b"x")
    (kept,) = full.entries()
    assert kept.about is None


@pytest.mark.parametrize("start", [b"", b"\n\n", b"x" * 64 + b"\n[1]\nrest", b"\xff" * 64])
def test_other_first_lines_say_nothing(start):
    assert about_in(start) is None


def test_an_entry_is_its_key_and_content():
    entry_ = written(about(), CONTENT)
    assert content_of(entry_, KEY) == CONTENT
    with pytest.raises(ValueError, match="key"):
        content_of(entry_, OTHER)
    with pytest.raises(ValueError, match="checksum"):
        content_of(entry_[1:], KEY)


def _use(folder, own):
    """Keep and find, entries of all and of one's own, among others who clear and evict."""
    store = Store(folder, most_entries=12)
    wrong = 0
    for turn in range(30):
        key = f"{turn % 5:064x}" if turn % 2 else f"{own:032x}{turn:032x}"
        content = {"key": key, "text": "x" * (100 + 500 * (turn % 5))}
        store.keep(about(key), content)
        found = store.find(key)
        wrong += found not in (None, content)
        if turn % 10 == own % 10:
            store.clear()
        store.entries()
    return wrong


def test_twenty_processes_find_what_was_kept_or_nothing(tmp_path):
    with ProcessPoolExecutor(20) as pool:
        wrong = list(pool.map(_use, [tmp_path] * 20, range(20)))
    assert wrong == [0] * 20
    names = [path.name for path in Store(tmp_path).inside.iterdir()]
    assert all(name.endswith(".json") for name in names)
    for path in Store(tmp_path).inside.iterdir():
        assert content_of(path.read_bytes(), path.stem)["key"] == path.stem


@pytest.mark.parametrize(
    ("environment", "system", "place"),
    [
        ({"XDG_CACHE_HOME": "/c"}, "linux", "/c/edgesym"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "linux", "/h/.cache/edgesym"),
        ({"HOME": "/h"}, "linux", "/h/.cache/edgesym"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Caches/edgesym"),
        ({"EDGESYM_CACHE": "/x/y", "XDG_CACHE_HOME": "/c"}, "linux", "/x/y"),
        ({"EDGESYM_CACHE": " ", "XDG_CACHE_HOME": "/c"}, "linux", "/c/edgesym"),
        ({"EDGESYM_CACHE": "OFF", "XDG_CACHE_HOME": "/c"}, "linux", None),
        ({"EDGESYM_CACHE": "0"}, "linux", None),
        ({}, "win32", None),
        ({"HOME": "not-absolute"}, "linux", None),
    ],
)
def test_where_the_cache_lies(environment, system, place, monkeypatch):
    monkeypatch.setenv("HOME", environment.get("HOME", "/h"))
    found = chosen(environment, system)
    assert (None if found is None else found.as_posix()) == place


def test_without_a_place_there_is_no_store(monkeypatch):
    monkeypatch.setenv("EDGESYM_CACHE", "off")
    assert find_store() is None


def test_an_entry_is_json_to_be_read(full):
    _, head, rest = entry(full).read_text().split("\n", 2)
    assert json.loads(head)["model"] == "m"
    assert json.loads(rest) == CONTENT
